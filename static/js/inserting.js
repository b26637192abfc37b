// Changing what an editor has written, so that Ctrl+Z takes it back.
"use strict";

// Put the text in the place of what stands between start and end; the cursor comes after it.
function insertText(textarea, start, end, text) {
  textarea.focus();
  textarea.setSelectionRange(start, end);
  // Deprecated, and still the only insertion that Ctrl+Z takes back: setRangeText() is unknown to the
  // undo history and spoils what is in it. All browsers have it; one without gets the text all the same.
  const isNothing = start === end && !text;
  if (isNothing || (text ? document.execCommand("insertText", false, text) : document.execCommand("delete"))) return;
  textarea.setRangeText(text, start, end, "end");
  textarea.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
}
