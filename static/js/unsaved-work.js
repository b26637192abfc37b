// A copy of what an editor writes, kept in the browser until the server has saved it, and offered back
// after a crash or a session that ended. Leaving with unsaved changes asks.
"use strict";

const KEPT_UNDER = "clinic.unsaved";

function fieldsOf(form) {
  const leftOut = ["hidden", "submit", "button", "file", "fieldset", "password"];
  return [...form.elements].filter((field) => field.name && !field.disabled && !leftOut.includes(field.type));
}

// The form as { name: [[value, label], …] }; a label where the value alone says nothing to a reader.
function snapshot(form) {
  const kept = {};
  for (const field of fieldsOf(form)) {
    const values = (kept[field.name] ??= []);
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked) values.push([field.value, field.labels[0]?.textContent.trim() ?? field.value]);
    } else if (field.matches("select")) {
      for (const { value, textContent } of field.selectedOptions) values.push([value, textContent.trim()]);
    } else values.push([field.value]);
  }
  return kept;
}

const valuesOf = (entries) => JSON.stringify((entries ?? []).map(([value]) => value));
const readable = (entries) => entries.map(([value, label]) => label ?? value).join(", ");
const differing = (one, other) =>
  Object.keys(one).filter((name) => name in other && valuesOf(one[name]) !== valuesOf(other[name]));

function fillForm(form, kept) {
  for (const field of fieldsOf(form)) {
    const entries = kept[field.name];
    if (!entries) continue;
    const values = entries.map(([value]) => value);
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (field.matches("select")) {
      for (const [value, label] of entries) {
        // A field that searches has only the options it was opened with.
        if (![...field.options].some((option) => option.value === value)) field.add(new Option(label, value));
      }
      for (const option of field.options) option.selected = values.includes(option.value);
    } else [field.value] = values;
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

// As its labels name it: "Danish: Text".
function labelOf(form, name) {
  const field = form.querySelector(`[name="${CSS.escape(name)}"]`);
  const language = field.closest("fieldset.language")?.querySelector("h2")?.textContent.trim();
  const label = field.closest(".form-row")?.querySelector("label, legend")?.textContent.trim().replace(/:$/, "") ?? name;
  return language ? `${language}: ${label}` : label;
}

function startUnsavedWork(bar) {
  const form = bar.closest("form");
  const { user, article } = bar.dataset;
  const { copy, loaded_version: version } = form.elements;
  const trouble = form.querySelector(".unsaved-work-trouble");
  const prefix = `${KEPT_UNDER}.${user}.`;
  const offer = bar.querySelector("[data-offer]");
  const difference = bar.querySelector(".changes");
  const differenceButton = bar.querySelector(".show-difference");
  const hasErrors = "hasErrors" in bar.dataset; // what is shown was sent, and not saved
  const loaded = snapshot(form);
  let timer = 0;
  let isSubmitting = false;
  let offered = null;

  copy.value ||= `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const ownKey = `${prefix}${article}.${copy.value}`;

  const isChanged = () => hasErrors || differing(loaded, snapshot(form)).length > 0;

  function keep() {
    clearTimeout(timer);
    try {
      if (isChanged()) {
        const kept = { at: Date.now(), version: version.value, fields: snapshot(form) };
        localStorage.setItem(ownKey, JSON.stringify(kept));
      } else localStorage.removeItem(ownKey);
      trouble.hidden = true;
    } catch {
      trouble.textContent = bar.dataset.full;
      trouble.hidden = false;
    }
  }

  function keepSoon() {
    isSubmitting = false;
    clearTimeout(timer);
    timer = setTimeout(keep, 500);
  }

  function forgetSaved() {
    const saved = bar.dataset.saved.split(" ").filter(Boolean);
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix) && saved.includes(key.split(".").at(-1))) localStorage.removeItem(key);
    }
  }

  function read(key) {
    try {
      return { key, ...JSON.parse(localStorage.getItem(key)) };
    } catch {
      return { key, fields: {} };
    }
  }

  // The newest copy that has something else than the form.
  function offerNext() {
    const now = snapshot(form);
    const copies = Object.keys(localStorage)
      .filter((key) => key.startsWith(`${prefix}${article}.`) && key !== ownKey)
      .map(read)
      .sort((one, other) => other.at - one.at);
    for (const { key } of copies.filter(({ fields }) => !differing(fields, now).length)) {
      localStorage.removeItem(key);
    }
    offered = copies.find(({ fields }) => differing(fields, now).length) ?? null;
    bar.hidden = !offered;
    difference.hidden = true;
    differenceButton.ariaExpanded = "false";
    if (offered) offer.textContent = offer.dataset.offer.replace("{time}", moment(offered.at));
  }

  // Hour and minute; the day, too, when it was another one.
  function moment(at) {
    const isToday = new Date(at).toDateString() === new Date().toDateString();
    const day = isToday ? {} : { day: "numeric", month: "long" };
    return new Date(at).toLocaleString(document.documentElement.lang, { ...day, hour: "2-digit", minute: "2-digit", hour12: false });
  }

  function restore() {
    const [first] = differing(offered.fields, snapshot(form));
    fillForm(form, offered.fields);
    // What was saved since then is joined with it when it is saved.
    version.value = offered.version;
    localStorage.removeItem(offered.key);
    keep();
    offerNext();
    form.querySelector(`[name="${CSS.escape(first)}"]`).focus();
  }

  function discard() {
    localStorage.removeItem(offered.key);
    offerNext();
    if (bar.hidden) fieldsOf(form)[0].focus();
  }

  async function showDifference() {
    difference.hidden = !difference.hidden;
    differenceButton.ariaExpanded = String(!difference.hidden);
    if (difference.hidden) return;
    const now = snapshot(form);
    const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    for (const name of differing(offered.fields, now)) {
      body.append("label", labelOf(form, name));
      body.append("old", readable(now[name]));
      body.append("new", readable(offered.fields[name]));
    }
    try {
      const answer = await fetch(bar.dataset.differences, { method: "POST", body });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      difference.innerHTML = await answer.text(); // escaped by the server
    } catch {
      difference.textContent = bar.dataset.failed;
    }
  }

  form.addEventListener("input", keepSoon);
  form.addEventListener("change", keepSoon);
  // Fields that search tell only jQuery that they changed.
  window.django?.jQuery?.(form).on("change", keepSoon);
  form.addEventListener("submit", () => {
    keep();
    isSubmitting = true;
  });
  document.addEventListener("visibilitychange", keep);
  window.addEventListener("pagehide", keep);
  window.addEventListener("beforeunload", (event) => {
    if (isSubmitting || !isChanged()) return;
    keep();
    event.preventDefault();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && isSubmitting) location.reload(); // back to a form that has been saved
  });
  bar.querySelector(".restore").addEventListener("click", restore);
  bar.querySelector(".discard").addEventListener("click", discard);
  differenceButton.addEventListener("click", showDifference);

  forgetSaved();
  offerNext();
  if (hasErrors) keep();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".unsaved-work").forEach(startUnsavedWork);
});
