// Tells the server that the article is open, and the editor who else has it open: every 20 seconds.
// Nothing is locked. It also finds out when the session has ended, before a text is sent in vain.
"use strict";

const BEAT = 20_000; // milliseconds

function startPresence(place) {
  const form = place.closest("form");
  const { address, signedOut, unreachable } = place.dataset;
  const { csrfmiddlewaretoken: token, loaded_version: version } = form.elements;
  let wroteAt = null;
  let timer = 0;

  function show(sentences) {
    const shown = [...place.children].map((line) => line.textContent);
    if (shown.join("\n") === sentences.join("\n")) return; // nothing new to be read aloud
    place.replaceChildren(
      ...sentences.map((sentence) => {
        const line = document.createElement("p");
        line.textContent = sentence;
        return line;
      }),
    );
  }

  function say() {
    const body = new URLSearchParams({ version: version.value });
    if (wroteAt !== null) body.set("wrote", String(Math.round((Date.now() - wroteAt) / 1000)));
    return fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token.value } });
  }

  async function beat() {
    clearTimeout(timer);
    try {
      let answer = await say();
      if (answer.status === 403) {
        // Signed in again, in another window: the form's token is from before.
        answer = await fetch(address);
      }
      if (answer.status >= 500) throw new Error(answer.statusText);
      if (!answer.ok || answer.redirected) show([signedOut]);
      else {
        const news = await answer.json();
        token.value = news.token;
        show(news.sentences);
      }
    } catch {
      show([unreachable]);
    }
    clearTimeout(timer); // of another beat that was under way
    timer = setTimeout(beat, BEAT);
  }

  form.addEventListener("input", () => (wroteAt = Date.now()));
  window.addEventListener("focus", beat); // back, perhaps, from signing in in another window
  beat();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".presence").forEach(startPresence);
});
