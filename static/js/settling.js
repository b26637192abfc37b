// Where two editors wrote the same passage, both versions stand in the text between marks, as
// articles/merging.py wrote them. For each passage, buttons that keep one version, or both.
"use strict";

const PASSAGE = /⟦(\d+): [^⟧\n]*⟧([^⟦]*)⟦\1: ([^⟧\n]*)⟧([^⟦]*)⟦\1: [^⟧\n]*⟧/g;

function startSettling(textarea) {
  const list = textarea.closest(".markdownx").querySelector(".to-settle");
  const words = list.dataset;
  let shown = "";

  const passages = () => [...textarea.value.matchAll(PASSAGE)];

  function update() {
    const found = passages();
    const numbers = found.map(([, number]) => number).join();
    if (numbers === shown) return;
    shown = numbers;
    list.hidden = !found.length;
    list.replaceChildren(...found.map(row));
  }

  function row([, number, , name]) {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.id = `${textarea.id}-passage-${number}`;
    label.textContent = words.passage.replace("{number}", number);
    const choices = [
      [words.mine, (mine) => mine],
      [words.theirs.replace("{name}", name), (_mine, theirs) => theirs],
      [words.both, (mine, theirs) => mine + (/\s$/.test(mine) || /^\s/.test(theirs) ? "" : " ") + theirs],
    ];
    item.append(label, ...choices.map(([text, keep]) => choice(number, label.id, text, keep)));
    return item;
  }

  function choice(number, labelId, text, keep) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-describedby", labelId);
    button.addEventListener("click", () => {
      const { 0: source, 2: mine, 4: theirs, index } = passages().find(([, each]) => each === number);
      const kept = keep(mine, theirs);
      insertText(textarea, index, index + source.length, kept);
      textarea.setSelectionRange(index, index + kept.length);
    });
    return button;
  }

  textarea.addEventListener("input", update);
  update();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".markdownx > textarea").forEach(startSettling);
});
