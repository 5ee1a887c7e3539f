// Editing: a person corrects lines and names speakers, on the page and in a past transcript. The
// module `inturn-web-documents` decides what an edit changes and where it is stored: it calls
// `inturnEdits`, and this script calls its functions `correct`, `undo` and `rename`.

import createEditor from "./editor.js";

const NOT_CHANGED = "This could not be changed. Reload the page, then try again.";

const find = (id) => document.getElementById(id);

let documents; // the module
const editors = []; // of the page, and of a past transcript
let unstored = 0; // the number of edits that are being stored, or could not be stored

// Called when the module has started.
export default (module) => (documents = module);

globalThis.inturnEdits = {
  // Adds the button of the page, and enables it if there are words.
  enable(hasWords) {
    let button = find("edit-button");
    if (!button) {
      find("export-button").insertAdjacentHTML("beforebegin", BUTTON);
      button = find("edit-button");
      addEditor({ list: find("transcript"), scroller: find("scroller"), button });
    }
    button.disabled = !hasWords;
    if (!hasWords) editors[0].turn(false);
  },

  // Makes the button of past transcripts work.
  addPast() {
    const list = find("history-text");
    // Shows the text again when editing ends.
    const redraw = () => find("history-find").dispatchEvent(new Event("input"));
    addEditor({ list, scroller: list, button: find("history-edit"), redraw });
  },

  // Shows a corrected line; without a text, that of the service.
  showLine(place, session, turn, text, original) {
    editors[place].showLine(`${session} ${turn}`, text, original);
  },

  // Shows the names of speakers. For each recording: its sessions, and its names.
  showNames: (place, recordings) => editors[place].showNames(recordings),

  // Another past transcript is shown.
  forget: (place) => editors[place].forget(),

  // Sends a change to the recorder, which stores it. Returns `false` if there is none.
  send(edit) {
    const isRunning = globalThis.inturnRecorder && find("status").dataset.state !== "crashed";
    if (isRunning) inturnRecorder.postMessage({ edit });
    return Boolean(isRunning);
  },

  // Counts edits that the page stores: each before and after it is stored.
  countUnstored: (change) => void (unstored += change),

  note,
};

// Shows a sentence. One that is only spoken is for screen readers.
function note(text, isSpoken) {
  if (!find("edit-note")) document.querySelector(".news").insertAdjacentHTML("beforeend", NOTE);
  const it = find("edit-note");
  it.className = isSpoken ? "spoken" : "";
  it.textContent = text;
}

function addEditor(options) {
  const isPast = editors.length === 1;
  const perform = (edit, { dataset: { session, turn } }, ...values) => {
    note("");
    try {
      if (documents[edit](isPast, Number(session), Number(turn), ...values)) return true;
    } catch (error) {
      console.error("inturn: an edit has failed:", error);
    }
    note(NOT_CHANGED);
    return false;
  };
  editors.push(createEditor({ ...options, perform, note }));
}

// The browser asks before it drops what is not stored yet.
addEventListener("beforeunload", (event) => {
  const saved = editors.filter((editor) => editor.save());
  if (!saved.length && !unstored) return;
  event.preventDefault();
  event.returnValue = true; // for older browsers
});

const NOTE = '<p id="edit-note" role="status"></p>';

const BUTTON = `
  <button id="edit-button" type="button" aria-pressed="false" aria-label="Edit" title="Edit">
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 20l1-5L16 4l4 4L9 19zM13 7l4 4" /></svg>
  </button>`;
