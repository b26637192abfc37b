// The toolbar over each Markdown text. What it does stands in the text, and one Ctrl+Z takes it back.
"use strict";

// An edit is { start, end, text, select }: what is replaced, by what, and what is selected afterwards.

const LINE_START = /^(\s*(?:[-*+]|\d+[.)]|#{1,6}|>)\s+)?/;
const WORD = /[\p{L}\p{N}’'-]/u;

// Bold or italic, on or off. A mark is a run of stars: "**" or "*", "***" is both.
function toggleMark(value, start, end, mark) {
  const has = (stars) => (mark === "**" ? stars >= 2 : stars === 1 || stars === 3);
  const starsBefore = (position) => /\**$/.exec(value.slice(0, position))[0].length;
  const starsAfter = (position) => /^\**/.exec(value.slice(position))[0].length;

  if (start === end) {
    const line = value.slice(value.lastIndexOf("\n", start - 1) + 1, start);
    const isOpen = line.split(mark).length % 2 === 0;
    if (isOpen && starsAfter(end) === mark.length && !starsBefore(start)) {
      const after = end + mark.length; // typed to its end: go on behind it
      return { start: after, end: after, text: "", select: [after, after] };
    }
    if (WORD.test(value[start - 1] ?? "") && WORD.test(value[end] ?? "")) {
      while (WORD.test(value[start - 1] ?? "")) start--;
      while (WORD.test(value[end] ?? "")) end++;
    }
  }
  // Blanks stay outside: "** word **" is not bold.
  while (start < end && /\s/.test(value[start])) start++;
  while (start < end && /\s/.test(value[end - 1])) end--;
  if (has(Math.min(starsBefore(start), starsAfter(end)))) {
    const from = start - mark.length;
    const text = value.slice(start, end);
    return { start: from, end: end + mark.length, text, select: [from, from + text.length] };
  }
  const lines = value.slice(start, end).split("\n").map((line) => {
    const prefix = LINE_START.exec(line)[0];
    return { prefix, words: line.slice(prefix.length) };
  });
  const isMarked = ({ words }) => {
    const [opening, closing] = [/^\**/, /\**$/].map((stars) => stars.exec(words)[0].length);
    return words.length > 2 * mark.length && has(Math.min(opening, closing));
  };
  const written = lines.filter(({ words }) => words.trim());
  const isOn = written.length > 0 && written.every(isMarked);
  const text = lines
    .map(({ prefix, words }) => {
      if (isOn && words.trim()) return prefix + words.slice(mark.length, -mark.length);
      return words.trim() || lines.length === 1 ? `${prefix}${mark}${words}${mark}` : prefix + words;
    })
    .join("\n");
  // One line marked: its words stay selected, to be typed over or marked again.
  const inner = lines.length === 1 && !isOn ? lines[0].prefix.length + mark.length : 0;
  const select = inner ? [start + inner, start + text.length - mark.length] : [start, start + text.length];
  return { start, end, text, select };
}

// All lines that the selection touches, each made anew by a function of it and its index.
function changeLines(value, start, end, change) {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const next = value.indexOf("\n", end > start && value[end - 1] === "\n" ? end - 1 : end);
  const to = next < 0 ? value.length : next;
  const old = value.slice(from, to);
  const text = old.split("\n").map(change).join("\n");
  const cursor = Math.max(from, end + text.length - old.length);
  return { start: from, end: to, text, select: start === end ? [cursor, cursor] : [from, from + text.length] };
}

// Text, heading, smaller heading, text. The title of the article is the first heading of all.
function nextHeading(value, start, end) {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const level = /^(#*)\s/.exec(value.slice(from))?.[1].length ?? 0;
  const marks = level < 2 ? "## " : level === 2 ? "### " : "";
  return changeLines(value, start, end, (line) =>
    line.trim() || start === end ? marks + line.replace(/^#+\s+/, "") : line,
  );
}

function toggleList(value, start, end) {
  const item = /^\s*[-*+]\s+/;
  const edit = changeLines(value, start, end, (line) => line);
  const lines = edit.text.split("\n").filter((line) => line.trim());
  const isOn = lines.length > 0 && lines.every((line) => item.test(line));
  const change = isOn ? (line) => line.replace(item, "") : (line) => (item.test(line) ? line : `- ${line}`);
  const changed = changeLines(value, start, end, (line) => (line.trim() || !lines.length ? change(line) : line));
  // A list begins after an empty line, or it is none.
  const before = value.slice(0, changed.start).split("\n").at(-2) ?? "";
  if (isOn || !before.trim() || item.test(before)) return changed;
  return { ...changed, text: `\n${changed.text}`, select: changed.select.map((position) => position + 1) };
}

function insertTable(value, end, heading, cell) {
  const before = value.slice(0, end);
  const after = value.slice(end);
  const above = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const below = after.startsWith("\n\n") ? "" : !after || after.startsWith("\n") ? "\n" : "\n\n";
  const row = (words) => `| ${words} | ${words} |`;
  const text = [above + row(heading), row("---"), row(cell), row(cell) + below].join("\n");
  const first = end + above.length + 2;
  return { start: end, end, text, select: [first, first + heading.length] };
}

// The link that the selection stands in: { start, end, text, address }, or nothing.
function linkAt(value, start, end) {
  for (const { 0: source, 1: text, 2: address, index } of value.matchAll(/(?<!!)\[([^\]\n]*)\]\(<?([^)>\n]*)>?\)/g)) {
    if (index <= start && end <= index + source.length) return { start: index, end: index + source.length, text, address };
  }
  return null;
}

function linkEdit(start, end, text, address) {
  const target = /[\s()]/.test(address) ? `<${address}>` : address;
  const source = `[${text.replace(/[[\]]/g, "\\$&")}](${target})`;
  return { start, end, text: source, select: [start + source.length, start + source.length] };
}

// "www.sundhed.dk" and "name@example.dk" as an address that leads there.
function fullAddress(typed) {
  if (/^([a-z][a-z0-9+.-]*:|\/|#)/i.test(typed)) return typed;
  return /^[^\s/]+@[^\s/]+$/.test(typed) ? `mailto:${typed}` : `https://${typed}`;
}

function applyEdit(textarea, { start, end, text, select }) {
  if (text !== textarea.value.slice(start, end)) insertText(textarea, start, end, text);
  textarea.focus();
  textarea.setSelectionRange(...select);
}

// A dialog that ends in an edit, or in nothing.
class TextDialog {
  constructor(textarea, dialog) {
    this.textarea = textarea;
    this.dialog = dialog;
    this.edit = null;
    // In the page only while it is open: in the form, Enter would save.
    dialog.remove();
    dialog.querySelector(".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      applyEdit(textarea, this.edit ?? { start: 0, end: 0, text: "", select: this.selection });
    });
  }

  open() {
    this.selection = [this.textarea.selectionStart, this.textarea.selectionEnd];
    this.edit = null;
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  close(edit) {
    this.edit = edit;
    this.dialog.close();
  }
}

function startLinkDialog(textarea, dialog) {
  const frame = new TextDialog(textarea, dialog);
  const address = dialog.querySelector(".address");
  const words = dialog.querySelector(".text");
  let place = null;

  function insert() {
    const typed = address.value.trim();
    if (!typed) {
      address.focus();
      return;
    }
    const target = fullAddress(typed);
    frame.close(linkEdit(place.start, place.end, words.value.trim() || target, target));
  }

  dialog.querySelector(".insert").addEventListener("click", insert);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && event.target.matches("input")) {
      event.preventDefault();
      insert();
    }
  });
  return () => {
    frame.open();
    const [start, end] = frame.selection;
    place = linkAt(textarea.value, start, end) ?? { start, end, text: textarea.value.slice(start, end), address: "" };
    address.value = place.address;
    words.value = place.text.replace(/\s+/g, " ");
  };
}

function startArticleDialog(textarea, dialog) {
  const frame = new TextDialog(textarea, dialog);
  const field = dialog.querySelector("input");
  const list = dialog.querySelector(".found");
  const status = dialog.querySelector("[role=status]");
  let timer = 0;
  let request = new AbortController();

  async function search() {
    request.abort(); // an answer to older words must not overtake this one
    request = new AbortController();
    const asked = new URLSearchParams({ q: field.value, language: textarea.lang });
    try {
      const answer = await fetch(`${dialog.dataset.address}?${asked}`, { signal: request.signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const { articles } = await answer.json();
      list.replaceChildren(...articles.map(choice));
      status.textContent = articles.length ? `${status.dataset.found} ${articles.length}.` : status.dataset.nothing;
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = status.dataset.failed;
    }
  }

  function choice({ title, address }) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => {
      const [start, end] = frame.selection;
      const words = textarea.value.slice(start, end).trim();
      frame.close(linkEdit(start, end, words || title, address));
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });
  dialog.addEventListener("keydown", (event) => {
    const stops = [field, ...list.querySelectorAll("button")];
    const at = stops.indexOf(event.target);
    if (at < 0 || event.isComposing) return;
    if (event.key === "ArrowDown") stops[Math.min(at + 1, stops.length - 1)].focus();
    else if (event.key === "ArrowUp") stops[Math.max(at - 1, 0)].focus();
    else if (event.key === "Enter" && at === 0) {
      if (stops.length === 2) stops[1].click(); // the only one needs no choosing
    } else return;
    event.preventDefault();
  });
  return () => {
    frame.open();
    field.value = "";
    list.replaceChildren();
    status.textContent = "";
    search();
  };
}

// One stop of the Tab key; arrows lead from button to button.
function startRoving(toolbar) {
  const buttons = () => [...toolbar.querySelectorAll("button")].filter((button) => button.offsetParent);
  const makeStop = (stop) => {
    for (const button of toolbar.querySelectorAll("button")) button.tabIndex = button === stop ? 0 : -1;
  };
  makeStop(toolbar.querySelector("button"));
  toolbar.addEventListener("focusin", (event) => makeStop(event.target));
  toolbar.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length).focus();
  });
}

function startToolbar(textarea) {
  const widget = textarea.closest(".markdownx");
  const toolbar = widget.querySelector(".toolbar");
  const { heading, cell } = toolbar.querySelector("[data-deed=table]")?.dataset ?? {};
  const change = (edit) => () => applyEdit(textarea, edit(textarea.value, textarea.selectionStart, textarea.selectionEnd));
  const deeds = {
    bold: change((...selection) => toggleMark(...selection, "**")),
    italic: change((...selection) => toggleMark(...selection, "*")),
    heading: change(nextHeading),
    list: change(toggleList),
    table: change((value, _start, end) => insertTable(value, end, heading, cell)),
    link: startLinkDialog(textarea, widget.querySelector(".link-dialog")),
    article: startArticleDialog(textarea, widget.querySelector(".article-dialog")),
  };
  const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

  toolbar.hidden = false;
  startRoving(toolbar);
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    deeds[button?.dataset.deed]?.();
    if (button?.matches(".beside")) {
      const isBeside = widget.classList.toggle("is-beside");
      button.ariaPressed = String(isBeside);
    }
  });
  textarea.addEventListener("keydown", (event) => {
    const isCommand = isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    if (!isCommand || event.altKey || event.shiftKey) return; // AltGr is Ctrl and Alt
    const deed = { b: deeds.bold, i: deeds.italic, k: deeds.link }[event.key.toLowerCase()];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".markdownx > textarea").forEach(startToolbar);
});
