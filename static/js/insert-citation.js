// The dialog of each Markdown text that finds a work and inserts its citation.
"use strict";

// As references/citations.py reads a group, in one paragraph: [@pmid:1; @doi:10.1000/x], [@1].
const CITATION_GROUP = /(?<!\\)\[[ \t]*@\s*(?:pmid\s*:|doi\s*:|\d)[^[\]]*\]/gi;
const BLANK_LINE = /\n[ \t]*\n/;

function groupAt(text, cursor) {
  for (const { 0: source, index } of text.matchAll(CITATION_GROUP)) {
    const end = index + source.length;
    if (index < cursor && cursor <= end && !BLANK_LINE.test(source)) return { source, end };
  }
  return null;
}

function isIn(group, key) {
  const bare = (written) => written.toLowerCase().replace(/[\s@[\]]|pmid:/g, "");
  return group.source.replace(/\s+/g, "").split(";").some((written) => bare(written) === bare(key));
}

// Into the text that has the focus: at the cursor, or into the group that is there.
function insertCitation(textarea, cursor, key) {
  const group = groupAt(textarea.value, cursor);
  if (group && isIn(group, key)) {
    textarea.setSelectionRange(group.end, group.end);
    return;
  }
  const [position, text] = group ? [group.end - 1, `; ${key}`] : [cursor, `[${key}]`];
  insertText(textarea, position, position, text);
  const after = position + text.length + (group ? 1 : 0);
  textarea.setSelectionRange(after, after);
}

// One place to search, with its group of the list. Answers that came too late are dropped.
class CitationSource {
  constructor(group, address, changed) {
    this.group = group;
    this.heading = group.querySelector("[id]");
    this.address = address;
    this.changed = changed;
    this.timer = 0;
    this.request = new AbortController();
    this.isSearching = false;
    this.trouble = "";
  }

  get options() {
    return [...this.group.querySelectorAll("[role=option]")];
  }

  stop() {
    clearTimeout(this.timer);
    this.request.abort();
    this.isSearching = false;
  }

  clear() {
    this.stop();
    this.show([]);
  }

  search(query) {
    this.stop();
    this.isSearching = true;
    this.trouble = "";
    this.timer = setTimeout(() => this.ask(query), Number(this.group.dataset.delay));
  }

  async ask(query) {
    const request = (this.request = new AbortController());
    const place = this.group.dataset.place;
    const address = `${this.address}?${new URLSearchParams({ q: query, in: place })}`;
    let works = [];
    let trouble = "";
    try {
      const answer = await fetch(address, { signal: request.signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const found = await answer.json();
      works = found[place];
      trouble = place === "pubmed" ? found.pubmed_trouble : "";
    } catch {
      trouble = this.group.dataset.failed;
    }
    if (request.signal.aborted) return;
    this.isSearching = false;
    this.show(works, trouble);
  }

  show(works, trouble = "") {
    this.trouble = trouble;
    this.group.replaceChildren(this.heading, ...works.map((work, index) => this.option(work, index)));
    this.group.hidden = works.length === 0;
    this.changed();
  }

  option(work, index) {
    const option = document.createElement("div");
    option.id = `${this.heading.id}-${index}`;
    option.role = "option";
    option.ariaSelected = "false";
    option.dataset.key = work.key;
    const standing = work.standing === "good" ? [] : [["standing", work.standing_label]];
    for (const [name, text] of [["citation", work.citation], ["key", work.key], ...standing]) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      option.append(part, " ");
    }
    option.dataset.standing = work.standing;
    return option;
  }
}

function startCitationDialog(textarea) {
  const widget = textarea.closest(".markdownx");
  const opener = widget.querySelector(".insert-citation");
  const dialog = widget.querySelector(".citation-dialog");
  const field = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const status = dialog.querySelector("[role=status]");
  const words = status.dataset;
  const sources = [...dialog.querySelectorAll("[role=group]")].map(
    (group) => new CitationSource(group, dialog.dataset.address, update),
  );
  const options = () => sources.flatMap((source) => source.options);
  const current = () => list.querySelector("[aria-selected=true]");
  const isSearching = () => sources.some((source) => source.isSearching);
  const query = () => field.value.trim();
  let selection = [0, 0];

  function update() {
    const count = options().length;
    list.hidden = count === 0;
    field.ariaExpanded = String(count > 0);
    if (!current()) field.removeAttribute("aria-activedescendant");
    status.textContent = said(count);
  }

  function said(count) {
    if (!query()) return "";
    if (query().length < field.minLength) return words.short;
    const troubles = new Set(sources.map((source) => source.trouble).filter(Boolean));
    const sentences = count ? [`${words.found} ${count}.`] : [];
    if (isSearching()) sentences.push(words.searching);
    else if (!count && !troubles.size) sentences.push(words.nothing);
    return [...sentences, ...troubles].join(" ");
  }

  function select(option) {
    if (current()) current().ariaSelected = "false";
    option.ariaSelected = "true";
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const all = options();
    if (!all.length) return;
    const index = all.indexOf(current());
    select(all.at(index < 0 && step < 0 ? -1 : (index + step) % all.length));
  }

  // What was selected is what is cited: the citation comes after it.
  function choose(option) {
    const key = option.dataset.key;
    dialog.addEventListener("close", () => insertCitation(textarea, selection[1], key), { once: true });
    dialog.close();
  }

  function open() {
    selection = [textarea.selectionStart, textarea.selectionEnd];
    field.value = "";
    sources.forEach((source) => source.clear());
    document.body.append(dialog);
    dialog.showModal();
  }

  // In the page only while it is open: in the form, Enter would save, and Ctrl+Z in the text would take
  // back, unseen, what was typed into the field.
  dialog.remove();
  opener.hidden = false;
  opener.addEventListener("click", open);
  textarea.addEventListener("keydown", (event) => {
    // The key by its place: with Option, a Mac's P types another letter.
    if (event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey && event.code === "KeyP") {
      event.preventDefault();
      open();
    }
  });

  field.addEventListener("input", () => {
    if (current()) current().ariaSelected = "false";
    for (const source of sources) {
      if (query().length < field.minLength) source.clear();
      else source.search(query());
    }
    update();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") {
      // A single answer, as to a PubMed ID, needs no choosing.
      const only = !isSearching() && options().length === 1 ? options()[0] : null;
      const option = current() ?? only;
      if (option) choose(option);
    } else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // focus stays in the field
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    sources.forEach((source) => source.stop());
    dialog.remove();
    textarea.focus();
    textarea.setSelectionRange(...selection); // which browsers may lose behind a dialog
  });
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("textarea.markdownx-editor").forEach(startCitationDialog);
});
