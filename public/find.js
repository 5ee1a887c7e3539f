// Find in the transcript: a button in the header, or "/", opens a bar. The module
// `inturn-web-documents` finds the places; this script shows them. `documents.js` loads it once the
// module is there.

const REFRESH_INTERVAL_MS = 500; // the transcript may change several times a second
const ALL = "found";
const CURRENT = "found-now";
const GLASS = "M16 16l5 5M10.5 18a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15";

const list = document.getElementById("transcript");
const scroller = document.getElementById("scroller");
// Browsers without the CSS Custom Highlight API show only the row of the current place.
const canHighlight = Boolean(globalThis.Highlight && CSS.highlights);

// `find` returns four numbers for each place: session and turn, and start and end in the text of
// that row. `reading` has the functions of `reading.js`.
export default (find, { hold, pointAt, scrollBy }) => {
  const opener = button("find-button", "Find", GLASS);
  opener.setAttribute("aria-expanded", "false");
  // The first of them that is there.
  document.querySelector("#history-button, #edit-button, #export-button").before(opener);

  const bar = document.createElement("form");
  bar.id = "find";
  bar.setAttribute("role", "search");
  bar.hidden = true;
  const field = document.createElement("input");
  field.id = "find-field";
  field.type = "search";
  field.autocomplete = "off";
  field.enterKeyHint = "search";
  field.setAttribute("aria-label", "Find in the transcript");
  const count = document.createElement("output");
  count.id = "find-count";
  const previous = button("find-previous", "Previous", "M5 15l7-7 7 7");
  const next = button("find-next", "Next", "M5 9l7 7 7-7");
  bar.append(field, count, previous, next);
  opener.parentElement.append(bar);

  let places = []; // sorted as on the page: { row, start, end }
  let current = -1;
  let returnTo; // where the focus was
  let refreshing;

  const isOpen = () => !bar.hidden;

  function open() {
    if (!isOpen()) {
      returnTo = document.activeElement;
      bar.hidden = false;
      opener.setAttribute("aria-expanded", "true");
      observer.observe(list, { subtree: true, childList: true });
      if (field.value) search();
    }
    field.focus();
    field.select();
  }

  function shut() {
    bar.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    observer.disconnect();
    clearTimeout(refreshing);
    refreshing = null;
    places = [];
    mark();
    hold("find", false);
    const isGone = !returnTo?.isConnected || returnTo === document.body;
    (isGone ? opener : returnTo).focus();
  }

  function lookUp() {
    const rows = new Map();
    for (const row of list.querySelectorAll("[data-turn]")) {
      rows.set(`${row.dataset.session} ${row.dataset.turn}`, row);
    }
    const found = find(field.value);
    places = [];
    for (let at = 0; at < found.length; at += 4) {
      const row = rows.get(`${found[at]} ${found[at + 1]}`);
      if (row) places.push({ row, start: found[at + 2], end: found[at + 3] });
    }
  }

  // Searches again. The current place stays; otherwise it is the first one that is visible or comes
  // after that, or else the last one.
  function lookUpAgain() {
    const old = places[current];
    lookUp();
    const { top } = scroller.getBoundingClientRect();
    const isBefore = ({ row, start }) => {
      if (!old) return boxOf(row).bottom <= top;
      return row === old.row ? start < old.start : isAbove(row, old.row);
    };
    current = Math.min(partition(places, isBefore), places.length - 1);
    return Boolean(old);
  }

  function search() {
    lookUpAgain();
    show();
  }

  // Rows have changed.
  function refresh() {
    refreshing = null;
    if (!lookUpAgain()) return show();
    showCount();
    mark();
  }

  function go(step) {
    if (!places.length) return;
    current = (current + step + places.length) % places.length;
    show();
  }

  function show() {
    showCount();
    hold("find", places.length > 0);
    if (places.length) reveal(places[current]);
    mark();
  }

  function showCount() {
    const isEmpty = !field.value.trim();
    count.textContent = places.length
      ? `${current + 1} of ${places.length}`
      : isEmpty ? "" : "Nothing found";
    previous.disabled = next.disabled = !places.length;
  }

  // Rows that were not drawn yet have only an estimated height, so it may take several steps.
  function reveal(place, steps = 6) {
    if (places[current] !== place) return;
    const range = rangeOf(place).getBoundingClientRect();
    const found = range.height ? range : boxOf(place.row);
    const { top, bottom, height } = scroller.getBoundingClientRect();
    const margin = Math.min(64, height / 4);
    if (found.top < top + margin || found.bottom > bottom - margin) {
      scrollBy(found.top - top - height / 2);
      mark();
    }
    if (steps) requestAnimationFrame(() => reveal(place, steps - 1));
  }

  function rangeOf({ row, start, end }) {
    const text = row.querySelector(".text");
    const range = new Range();
    range.setStart(...pointAt({ text, at: start }));
    range.setEnd(...pointAt({ text, at: end }));
    return range;
  }

  // Marks the places in visible rows, and the current one. Each live range costs time whenever the
  // transcript changes.
  function mark() {
    const place = places[current];
    if (!canHighlight) {
      list.querySelector(`.${CURRENT}`)?.classList.remove(CURRENT);
      place?.row.classList.add(CURRENT);
      return;
    }
    const { top, bottom } = scroller.getBoundingClientRect();
    const first = partition(places, ({ row }) => boxOf(row).bottom < top);
    const visible = places.slice(first);
    const end = partition(visible, ({ row }) => boxOf(row).top < bottom);
    const ranges = visible.slice(0, end).filter((it) => it !== place).map(rangeOf);
    CSS.highlights.set(ALL, new Highlight(...ranges));
    CSS.highlights.set(CURRENT, new Highlight(...(place ? [rangeOf(place)] : [])));
  }

  const observer = new MutationObserver(() => {
    refreshing ??= setTimeout(refresh, REFRESH_INTERVAL_MS);
  });
  opener.addEventListener("click", () => (isOpen() ? shut() : open()));
  previous.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  field.addEventListener("input", search);
  bar.addEventListener("submit", (event) => event.preventDefault());
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut();
    else if (event.key === "Enter" && event.target === field) go(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    if (key !== "/" || altKey || ctrlKey || metaKey) return;
    if (target.closest("input, textarea, select, [contenteditable], [popover]")) return;
    event.preventDefault();
    open();
  });
  scroller.addEventListener("scroll", () => isOpen() && requestAnimationFrame(mark), {
    passive: true,
  });
};

function button(id, label, path) {
  const element = document.createElement("button");
  element.id = id;
  element.type = "button";
  element.title = label;
  element.setAttribute("aria-label", label);
  element.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}" /></svg>`;
  return element;
}

// Where a row is. In WebKit, a row that is skipped because it is far away has no size; then it is
// where its stretch or chapter is.
function boxOf(row) {
  let box = row.getBoundingClientRect();
  while (!box.height && row !== list) {
    row = row.parentElement;
    box = row.getBoundingClientRect();
  }
  return box;
}

function isAbove(row, other) {
  return row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
}

// Returns how many elements at the start of a sorted array fulfil the condition.
function partition(sorted, isBefore) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isBefore(sorted[middle])) from = middle + 1;
    else to = middle;
  }
  return from;
}
