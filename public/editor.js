// Edits the rows of one transcript: draws what a person has edited over them, with controls for
// those near the visible part. The rows belong to the first module, or to the list of past
// transcripts.

const UNKNOWN = "…"; // a speaker whom the service does not know yet
const GONE = "The line that you were editing is gone. Your text: ";

const rowOf = (node) => node.closest(".turn");
const keyOf = ({ dataset: { session, turn } }) => `${session} ${turn}`;

function create(tag, className, textContent) {
  const type = tag === "button" ? { type: tag } : {};
  return Object.assign(document.createElement(tag), { className, textContent, ...type });
}

// Setting an equal text would be seen as a change of the row.
const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

// The text of a line, without line breaks. `innerText` would be empty where the browser skips it.
const textOf = (line) => line.textContent.replace(/\s+/g, " ").trim();

// Lets a person edit the rows of a transcript. `perform` passes an edit of a row to the module, and
// returns `false` if it has failed. `note` shows a sentence. `redraw` shows the text again when
// editing ends, if the rows have the corrected text themselves.
export default ({ list, scroller, button, perform, note, redraw }) => {
  const lines = new Map(); // those with corrections, by the key of their row
  const names = new Map(); // of speakers, by session and label
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  let near = new WeakSet(); // the stretches whose lines can be edited now
  let recordings = [];
  let isOn = false;
  let draft; // what a person is writing: its row's key, the element, the text before and now
  let naming; // the name that a person is writing: its row's key, whose it is, the elements

  const findRow = (key) => {
    const [session, turn] = key.split(" ");
    return list.querySelector(`[data-session="${session}"][data-turn="${turn}"]`);
  };

  // Rows far from the visible part stay as they are: there may be thousands.
  const sight = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) near.add(target);
        else if (!target.contains(document.activeElement)) near.delete(target);
        for (const row of target.children) draw(row);
      }
    },
    { root: scroller, rootMargin: "100% 0px" },
  );

  // Rows are added, changed by the service, and removed.
  const watch = new MutationObserver((records) => {
    const rows = new Set();
    for (const { target, addedNodes } of records) {
      const row = rowOf(target);
      if (row) rows.add(row);
      for (const node of row ? [] : addedNodes) {
        if (node.matches(".turn")) rows.add(node);
        else if (isOn && node.matches(".stretch")) sight.observe(node);
      }
    }
    rows.forEach(draw);
    if (draft && !draft.line.isConnected) restore();
    if (naming && !naming.element.isConnected) restoreNaming();
  });

  const follow = () => {
    watch.disconnect();
    if (!isOn && !lines.size) return;
    const attributeFilter = ["data-final", "data-speaker"];
    watch.observe(list, { subtree: true, childList: true, attributeFilter });
  };

  // Draws what a person has edited, and the controls.
  const draw = (row) => {
    const text = row.querySelector(".text");
    const { session, turn, final } = row.dataset;
    if (!turn || !text) return; // a gap, or a row that is being made
    const key = keyOf(row);
    const corrected = lines.get(key);
    const isNear = near.has(row.parentElement) || [draft?.key, naming?.key].includes(key);
    const canEdit = isOn && isNear && final === "true";
    // The list of past transcripts has the corrected text itself.
    const isOwn = canEdit || Boolean(corrected && !redraw);
    row.classList.toggle("own", isOwn);
    row.classList.toggle("corrected", Boolean(corrected));

    let line = text.querySelector(".line");
    if (line && (!isOwn || line.hasAttribute("role") !== canEdit)) {
      line.remove();
      line = null;
    }
    // The first module goes on to write there.
    let service = row.querySelector(".service");
    const words = row.querySelectorAll(".firm, .tentative");
    if (!isOwn && service) {
      text.prepend(...words);
      service.remove();
    } else if (isOwn && !service) {
      service = create("span", "service");
      service.hidden = true;
      service.append(...words);
      row.append(service);
    }
    if (isOwn) {
      if (!line) {
        line = create("span", "line");
        text.prepend(line);
        if (canEdit) makeEditable(line, `Line at ${row.querySelector(".time").textContent}`);
      }
      const shown = corrected?.text ?? words[0].textContent;
      if (draft?.line !== line) setText(line, shown);
    }
    text.title = corrected ? `Original: ${corrected.original}` : "";

    const { speaker } = text.dataset;
    const canName = canEdit && speaker && speaker !== UNKNOWN;
    let label = row.querySelector(".speaker");
    if (!canName) {
      label?.remove();
    } else if (!row.querySelector(".naming")) {
      if (!label) {
        label = create("button", "speaker");
        text.before(label);
      }
      const name = names.get(`${session} ${speaker}`)?.name ?? speaker;
      setText(label, name);
      label.setAttribute("aria-label", `${name}: change the name`);
    }

    let was = row.querySelector(".was");
    if (!canEdit || !corrected) {
      was?.remove();
    } else {
      if (!was) {
        was = create("p", "was");
        const undo = create("button", "undo", "Undo correction");
        const original = create("span", "original");
        original.id = `original-${list.id}-${session}-${turn}`;
        undo.setAttribute("aria-describedby", original.id);
        was.append(undo, original);
        text.after(was);
      }
      setText(was.lastChild, text.title);
    }
  };

  // The service has replaced a row in which a person is writing. The text goes to its new element.
  const restore = () => {
    const { key, text, before, caret = text.length } = draft;
    const row = findRow(key);
    if (row) draw(row);
    const line = row?.querySelector(".line");
    if (line) {
      draft.line = line;
      line.textContent = text;
      line.focus({ preventScroll: true });
      getSelection().collapse(line.firstChild ?? line, Math.min(caret, text.length));
    } else {
      draft = null;
      if (text !== before) note(GONE + text);
    }
  };

  const restoreNaming = () => {
    const { key, element, field, focused } = naming;
    const row = findRow(key);
    if (row) {
      const { selectionStart, selectionEnd } = field;
      row.querySelector(".text").before(element);
      draw(row);
      focused.focus({ preventScroll: true });
      if (focused === field) field.setSelectionRange(selectionStart, selectionEnd);
    } else {
      naming = null;
      if (field.value !== field.defaultValue) note(GONE + field.value);
    }
  };

  // Returns `true` if there was something to save.
  const save = () => {
    if (!draft?.line.isConnected || textOf(draft.line) === draft.before) return false;
    draft.before = draft.text = textOf(draft.line);
    if (perform("correct", rowOf(draft.line), draft.text)) note("Line corrected.", true);
    return true;
  };

  const leave = (line) => {
    save();
    draft = null;
    line.textContent = textOf(line);
    draw(rowOf(line));
  };

  const openNaming = (label) => {
    const row = rowOf(label);
    const { session } = row.dataset;
    const { speaker } = row.querySelector("[data-speaker]").dataset;
    const named = names.get(`${session} ${speaker}`);
    const element = create("span", "naming");
    const field = create("input");
    field.setAttribute("aria-label", `Name of ${speaker}`);
    field.placeholder = speaker;
    field.autocomplete = "off";
    field.defaultValue = named?.name ?? "";
    element.append(field);
    let only;
    if (recordings.some(([sessions]) => sessions.includes(Number(session)) && sessions[1])) {
      only = create("input");
      only.type = "checkbox";
      only.defaultChecked = named?.onlySession ?? false;
      const hint = create("label");
      hint.append(only, " Only in this part of the recording");
      element.append(hint);
    }
    if (naming) closeNaming(true, true);
    label.replaceWith(element);
    naming = { key: keyOf(row), session, speaker, element, field, only, focused: field };
    field.select();
    field.focus();
  };

  // Returns `true` if there was something to save.
  const closeNaming = (isSaved, isLeft) => {
    const { session, speaker, element, field, only } = naming;
    naming = null;
    const isOnly = Boolean(only?.checked);
    const isSame = field.value === field.defaultValue && isOnly === Boolean(only?.defaultChecked);
    const row = rowOf(element);
    element.remove();
    if (isSaved && !isSame) {
      // The service may have given the row another speaker meanwhile.
      const ofSpeaker = `[data-session="${session}"] > [data-speaker="${CSS.escape(speaker)}"]`;
      const line = list.querySelector(ofSpeaker);
      if (!line) note(GONE + field.value);
      else if (perform("rename", rowOf(line), field.value, isOnly)) note("Name changed.", true);
    }
    draw(row);
    if (!isLeft) row.querySelector(".speaker")?.focus();
    return isSaved && !isSame;
  };

  list.addEventListener("focusin", ({ target }) => {
    if (naming?.element.contains(target)) naming.focused = target;
    if (!target.matches(".line") || draft?.line === target) return;
    if (draft) leave(draft.line);
    const text = textOf(target);
    draft = { key: keyOf(rowOf(target)), line: target, before: text, text };
  });
  list.addEventListener("focusout", ({ target, relatedTarget }) => {
    // Later, because the focus also leaves a row that is about to be removed, and in Firefox the
    // element that gets the focus is not known yet.
    setTimeout(() => {
      if (!target.isConnected || document.activeElement === target) return;
      if (draft?.line === target) leave(target);
      const isNaming = naming?.element.contains(target);
      if (isNaming && !naming.element.contains(relatedTarget)) closeNaming(true, true);
    });
  });
  list.addEventListener("drop", (event) => {
    if (event.target.closest(".line")) event.preventDefault(); // it may have several lines
  });
  list.addEventListener("input", ({ target }) => {
    if (draft?.line !== target) return;
    draft.text = textOf(target);
    draft.caret = getSelection().focusOffset;
  });
  list.addEventListener("beforeinput", (event) => {
    const { target, inputType, data, dataTransfer } = event;
    if (!target.matches(".line")) return;
    const isBreak = inputType === "insertParagraph" || inputType === "insertLineBreak";
    const isPasted = inputType === "insertFromPaste";
    // Only words: no line breaks, and no formatting where `plaintext-only` is unknown.
    if (!isBreak && !isPasted && !inputType.startsWith("format")) return;
    event.preventDefault();
    let text = isBreak ? " " : "";
    if (isPasted) text = dataTransfer?.getData("text/plain") || data || "";
    if (text) document.execCommand("insertText", false, text.replace(/\s+/g, " "));
  });
  list.addEventListener("keydown", (event) => {
    const { target, key, shiftKey, isComposing } = event;
    if (isComposing) return; // Enter and Escape belong to the input method
    if (naming?.element.contains(target) && (key === "Enter" || key === "Escape")) {
      event.preventDefault();
      closeNaming(key === "Enter", false);
    } else if (draft?.line === target && key === "Enter" && !shiftKey) {
      event.preventDefault();
      save();
    } else if (draft?.line === target && key === "Escape" && textOf(target) !== draft.before) {
      event.preventDefault(); // a panel stays open
      target.textContent = draft.text = draft.before;
      getSelection().selectAllChildren(target);
      getSelection().collapseToEnd();
    }
  });
  list.addEventListener("click", ({ target }) => {
    if (target.matches(".speaker")) openNaming(target);
    if (!target.matches(".undo")) return;
    const row = rowOf(target);
    if (perform("undo", row)) note("Correction undone.", true);
    row.querySelector(".line")?.focus();
  });

  const turn = (on) => {
    if (draft) leave(draft.line);
    if (naming) closeNaming(true, true);
    isOn = on;
    button.setAttribute("aria-pressed", on);
    list.classList.toggle("editing", on);
    sight.disconnect();
    near = new WeakSet();
    follow();
    if (on) return list.querySelectorAll(".stretch").forEach((it) => sight.observe(it));
    list.querySelectorAll(".own").forEach(draw);
    redraw?.();
  };
  button.onclick = () => turn(!isOn);

  return {
    // Saves what a person is writing. Returns `true` if there was something to save.
    save() {
      const isNameSaved = naming && closeNaming(true, true);
      return save() || isNameSaved;
    },
    turn,
    forget() {
      if (isOn) turn(false);
      lines.clear();
    },
    showLine(key, text, original) {
      if (text === undefined && !lines.delete(key)) return;
      if (text !== undefined) lines.set(key, { text, original });
      follow();
      const row = findRow(key);
      if (row) draw(row);
    },
    showNames(shown) {
      recordings = shown;
      names.clear();
      let rules = "";
      for (const [session, speaker, name, onlySession] of shown.flatMap((it) => it[1])) {
        names.set(`${session} ${speaker}`, { name, onlySession });
        const label = `[data-session="${session}"] > [data-speaker="${CSS.escape(speaker)}"]`;
        rules += `#${list.id} ${label}::before { content: "${CSS.escape(name)}" }`;
      }
      sheet.replaceSync(rules);
      for (const label of list.querySelectorAll(".speaker")) draw(rowOf(label));
    },
  };
};

function makeEditable(line, name) {
  try {
    line.contentEditable = "plaintext-only";
  } catch {
    line.contentEditable = "true"; // Firefox before 136
  }
  line.setAttribute("role", "textbox");
  line.setAttribute("aria-label", name);
  line.enterKeyHint = "done";
}
