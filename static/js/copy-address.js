/* Copies the address beside the button. Without this script the address can be marked and copied. */

for (const button of document.querySelectorAll("button.copy")) {
  const address = button.parentElement.querySelector("input[readonly]");
  button.hidden = !navigator.clipboard; // which a page that did not come by https has not
  button.addEventListener("click", async () => {
    address.select();
    await navigator.clipboard.writeText(address.value);
    button.textContent = button.dataset.copied;
  });
}
