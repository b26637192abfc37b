// The dialog of each Markdown text that uploads a picture, or finds an earlier one, and inserts it.
"use strict";

// A picture stands alone in its paragraph: with the blank lines that are not there yet.
function pictureMarkup(textarea, cursor, number, caption) {
  const before = textarea.value.slice(0, cursor);
  const after = textarea.value.slice(cursor);
  const gap = (text, newlines) => (text.trim() ? "\n".repeat(Math.max(0, 2 - newlines[0].length)) : "");
  const inBrackets = caption.replace(/[\\[\]]/g, "\\$&");
  const markup = `![${inBrackets}](picture:${number})`;
  return gap(before, before.match(/\n*$/)) + markup + gap(after, after.match(/^\n*/));
}

// The answer of the server, or an Error with what to tell the editor.
async function askForPicture(address, options, words) {
  let answer;
  let found;
  try {
    answer = await fetch(address, options);
    found = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (answer?.status === 413) throw new Error(words.large); // said by a server before ours
    throw new Error(words.failed); // no connection, or a page to sign in
  }
  if (!answer.ok) throw new Error(found.error ?? words.failed);
  return found;
}

function startPictureDialog(textarea) {
  const widget = textarea.closest(".markdownx");
  const opener = widget.querySelector(".insert-picture");
  const dialog = widget.querySelector(".picture-template").content.querySelector("dialog");
  const form = dialog.querySelector("form");
  const words = dialog.querySelector(".words").dataset;
  const fileField = form.elements.file; // none for those who may not add pictures
  const search = dialog.querySelector("[type=search]");
  const list = dialog.querySelector(".found");
  const earlier = dialog.querySelector("details");
  const caption = dialog.querySelector(".caption");
  const insert = dialog.querySelector(".insert");
  const alert = dialog.querySelector("[role=alert]");
  const status = dialog.querySelector("[role=status]");
  const alts = [...dialog.querySelectorAll(".alt")];
  const alt = (language) => form.elements[`alt_${language}`];
  const ownAlt = alt(textarea.lang);
  const chosen = () => list.querySelector(":checked");
  let selection = [0, 0];
  let waiting = [];
  let searching = new AbortController();
  let uploading = new AbortController();
  let timer = 0;

  // The other languages' descriptions are asked for where the article has a text in them.
  function showAlts() {
    for (const part of alts) {
      const { language } = part.dataset;
      const other = document.querySelector(`textarea.markdownx-editor[lang="${language}"]`);
      part.hidden = language !== textarea.lang && !other?.value.trim();
    }
    alts.find((part) => part.dataset.language === textarea.lang).after(
      ...alts.filter((part) => part.dataset.language !== textarea.lang),
    );
  }

  function open(files = []) {
    selection = [textarea.selectionStart, textarea.selectionEnd];
    waiting = files;
    prepare();
    document.body.append(dialog);
    dialog.showModal();
    if (files.length) ownAlt.focus();
  }

  function prepare() {
    form.reset();
    const wasOpen = earlier.open;
    earlier.open = !fileField; // the list is all there is; opening it fills it
    list.replaceChildren();
    use(null);
    showAlts();
    say("");
    if (wasOpen && earlier.open) find();
    const [file] = fileField ? waiting : [];
    if (!file) return;
    const transfer = new DataTransfer();
    transfer.items.add(file);
    fileField.files = transfer.files;
    if (waiting.length > 1) say("", `${words.next} ${waiting.length}.`);
  }

  function say(trouble, news = "") {
    alert.textContent = trouble;
    status.textContent = news;
  }

  // What an earlier picture has been described as stays: other texts rely on it.
  function use(picture) {
    for (const { dataset } of alts) {
      const field = alt(dataset.language);
      const known = picture?.alt[dataset.language] ?? "";
      if (known || field.readOnly) field.value = known;
      field.readOnly = Boolean(known) || !fileField;
    }
    if (picture || form.elements.credit.readOnly) form.elements.credit.value = picture?.credit ?? "";
    form.elements.credit.readOnly = Boolean(picture) || !fileField;
  }

  async function find() {
    searching.abort();
    searching = new AbortController();
    const { signal } = searching;
    const address = `${dialog.dataset.find}?${new URLSearchParams({ q: search.value.trim() })}`;
    try {
      const { pictures } = await askForPicture(address, { signal }, words);
      if (signal.aborted) return;
      list.replaceChildren(...pictures.map(choice));
      say("", pictures.length ? `${words.found} ${pictures.length}.` : words.nothing);
    } catch (error) {
      if (error.name !== "AbortError") say(error.message);
    }
  }

  function choice(picture) {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    const image = document.createElement("img");
    Object.assign(radio, { type: "radio", name: "picture", value: picture.id });
    Object.assign(image, { src: picture.thumbnail, alt: "" });
    radio.addEventListener("change", () => {
      if (fileField) fileField.value = "";
      use(picture);
      say("");
    });
    const text = picture.alt[textarea.lang] || Object.values(picture.alt).find(Boolean);
    label.append(radio, image, text);
    return label;
  }

  async function send() {
    const picture = chosen()?.value;
    const file = fileField?.files[0];
    if (!picture && !file) return refuse(words.choose, fileField ?? search);
    if (!ownAlt.value.trim()) return refuse(words.describe, ownAlt);
    const body = new FormData(form);
    body.set("language", textarea.lang);
    const address = picture ? dialog.dataset.describe.replace("/0/", `/${picture}/`) : dialog.dataset.upload;
    const headers = { "X-CSRFToken": textarea.form.elements.csrfmiddlewaretoken.value };
    uploading = new AbortController();
    const { signal } = uploading;
    insert.disabled = true;
    say("", words.working);
    try {
      const answer = await askForPicture(address, { method: "POST", body, headers, signal }, words);
      if (!signal.aborted) done(answer.picture.id);
    } catch (error) {
      if (error.name !== "AbortError") refuse(error.message, fileField ?? search);
    } finally {
      insert.disabled = false;
    }
  }

  function refuse(trouble, field) {
    say(trouble);
    field.focus();
  }

  function done(number) {
    const text = caption.value.trim();
    const rest = waiting.slice(1);
    const put = () => {
      insertText(textarea, selection[1], selection[1], pictureMarkup(textarea, selection[1], number, text));
      if (rest.length) open(rest);
    };
    dialog.addEventListener("close", put, { once: true });
    dialog.close();
  }

  // In the page only while it is open: Ctrl+Z in the text would take back, unseen, what was typed in it.
  opener.hidden = false;
  opener.addEventListener("click", () => open());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!insert.disabled) send();
  });
  fileField?.addEventListener("change", () => {
    if (chosen()) chosen().checked = false;
    use(null);
    say("");
  });
  earlier.addEventListener("toggle", () => earlier.open && find());
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, 200);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // found while typing; not yet to be inserted
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    searching.abort();
    uploading.abort();
    dialog.remove();
    textarea.focus();
    textarea.setSelectionRange(...selection); // which browsers may lose behind a dialog
  });

  textarea.addEventListener("paste", (event) => {
    // Word and browsers copy a picture of a text with the text itself, which is what was meant.
    const files = [...event.clipboardData.files];
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    open(files);
  });
  // Left to itself, a browser would leave the page for the file that is dropped.
  textarea.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  textarea.addEventListener("drop", (event) => {
    const files = [...event.dataTransfer.files];
    if (!files.length) return;
    event.preventDefault();
    open(files);
  });
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("textarea.markdownx-editor").forEach(startPictureDialog);
});
