// Forms that are sent with a passkey: the browser makes one ("create") or uses one ("get").
// What may be used is in the page, or asked for at the address in data-options-from.
// webauthnJSON is allauth's: it turns the browser's bytes into JSON and back.

async function optionsOf(form) {
  const { options, optionsFrom } = form.dataset;
  if (options) return JSON.parse(document.getElementById(options).textContent);
  const answer = await fetch(optionsFrom, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return (await answer.json()).request_options;
}

async function credential(form) {
  const options = await optionsOf(form);
  if (form.dataset.passkey === "get") return window.webauthnJSON.get(options);
  const alone = form.elements.passwordless.checked;
  const wanted = options.publicKey.authenticatorSelection;
  wanted.residentKey = alone ? "required" : "discouraged";
  wanted.requireResidentKey = alone;
  if (alone) wanted.userVerification = "required";
  return window.webauthnJSON.create(options);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const trouble = form.querySelector(".passkey-trouble");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await credential(form));
      form.submit();
    } catch (error) {
      const { failed, unsupported } = trouble.dataset;
      const isKnown = window.PublicKeyCredential && error.name !== "SecurityError";
      trouble.textContent = isKnown ? failed : unsupported;
      trouble.hidden = false;
    }
  });
}
