// The preview under each Markdown text: what readers would see, from the server that renders it for them.
"use strict";

function startPreview(textarea) {
  const frame = textarea.parentElement.querySelector("iframe");
  const status = textarea.parentElement.querySelector("[role=status]");
  const { markdownxUrlsPath: address, markdownxLatency: latency } = textarea.dataset;
  let timer = 0;
  let request = new AbortController();

  async function update() {
    request.abort(); // an answer to an older text must not overtake this one
    request = new AbortController();
    const body = new URLSearchParams({ text: textarea.value, language: textarea.lang });
    const headers = { "X-CSRFToken": textarea.form.elements.csrfmiddlewaretoken.value };
    try {
      const answer = await fetch(address, { method: "POST", body, headers, signal: request.signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const html = await answer.text();
      const scrolled = frame.contentWindow.scrollY;
      frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, scrolled), { once: true });
      frame.srcdoc = html;
      status.hidden = true;
    } catch (error) {
      if (error.name === "AbortError") return;
      status.textContent = textarea.dataset.previewFailed;
      status.hidden = false;
    }
  }

  textarea.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, Number(latency));
  });
  update();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("textarea.markdownx-editor").forEach(startPreview);
});
