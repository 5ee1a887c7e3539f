// Keeps the place of a reader while the transcript grows: the newest words are followed, or the
// visible lines stay where they are; what is selected stays selected. `documents.js` loads this
// script when the page is idle. Without it, the browser itself keeps the end visible, because the
// transcript is laid out from its end.

// Distance from the end up to which new words are followed. It is slightly more than a line, and
// less than a step of a mouse wheel or of an arrow key.
const NEAR_END_PX = 32;
const CHANGED = 2; // the second byte of a message that changes the transcript
const TURN = "article[data-turn]";

const scroller = document.getElementById("scroller");
const list = document.getElementById("transcript");
// Scroll anchoring keeps the visible lines in place, except at the end, and not in WebKit.
const hasAnchors = CSS.supports("overflow-anchor", "auto");

let top = 0; // the scroller's `scrollTop`: 0 at the newest words, negative above them
const holders = new Set(); // why the lines stay, even near the end: a selection, a search
const unseen = new Set(); // turns that began or ended since the newest words were last followed
let before; // what was on the page before the message that is being handled

const isNearEnd = () => top > -NEAR_END_PX;
const follows = () => isNearEnd() && !holders.size;

const jump = document.createElement("button");
jump.id = "jump";
jump.type = "button";
scroller.after(jump);

function showJump() {
  if (follows()) unseen.clear();
  jump.hidden = isNearEnd();
  const count = unseen.size ? ` (${unseen.size})` : "";
  if (!jump.hidden) jump.textContent = `Jump to newest${count}`;
}

function scrollTo(px) {
  if (px !== top) scroller.scrollTop = top = px;
}

// Scrolls, without the end of the transcript being reached on purpose.
export function scrollBy(px) {
  scroller.scrollTop += px;
  top = scroller.scrollTop;
  showJump();
}

// Makes the lines stay, or no longer.
export function hold(holder, isHeld) {
  if (isHeld) holders.add(holder);
  else holders.delete(holder);
  showJump();
}

function followAgain() {
  if (document.activeElement === jump) scroller.focus({ preventScroll: true });
  if (holders.has("selection")) getSelection().removeAllRanges();
  holders.clear();
  scrollTo(0);
  showJump();
}

function scrolled() {
  const wasNearEnd = isNearEnd();
  top = scroller.scrollTop;
  // A person who scrolls to the end follows again, even with a selection above.
  if (isNearEnd() && !wasNearEnd) holders.clear();
  showJump();
}

function selected() {
  const selection = getSelection();
  hold("selection", !selection.isCollapsed && selection.containsNode(list, true));
}

function pressed({ key, target, altKey, ctrlKey, metaKey, shiftKey }) {
  if (key !== "End" || altKey || ctrlKey || metaKey || shiftKey) return;
  if (!target.closest("input, textarea, select, [contenteditable], [popover]")) followAgain();
}

// An end of the selection: in which text of a turn it is, and after how many characters.
function placeOf(node, offset) {
  const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  const text = element?.closest("#transcript .text");
  if (!text) return null;
  const range = new Range();
  range.setStart(text, 0);
  range.setEnd(node, offset);
  return { text, whole: text.textContent, at: String(range).length };
}

const places = ({ anchorNode, anchorOffset, focusNode, focusOffset }) => [
  placeOf(anchorNode, anchorOffset),
  placeOf(focusNode, focusOffset),
];

// Selects the same words again after a change has replaced their text nodes.
function restoreSelection(old) {
  const selection = getSelection();
  const now = places(selection);
  const wanted = old.map((place) => place && movedPlace(place));
  const isLost = (place, index) =>
    place && (now[index]?.text !== place.text || now[index].at !== place.at);
  if (!wanted.some(isLost)) return;
  const [anchor, focus] = wanted.map((place) => place && pointAt(place));
  selection.setBaseAndExtent(
    ...(anchor ?? [selection.anchorNode, selection.anchorOffset]),
    ...(focus ?? [selection.focusNode, selection.focusOffset]),
  );
}

function movedPlace({ text, whole, at }) {
  if (!text.isConnected) return null;
  return { text, at: movedOffset(whole, text.textContent, at) };
}

// Returns the offset in the new text: in the same word, where the texts begin or end with the same
// words; otherwise after the same number of characters. Punctuation and case don't count.
function movedOffset(old, now, at) {
  if (now.startsWith(old.slice(0, at))) return at;
  const [from, to] = [words(old), words(now)];
  const isSame = (a, b) => a && b && a.bare === b.bare;
  let first = 0;
  while (isSame(from[first], to[first])) first++;
  let last = 0;
  while (last < from.length - first && isSame(from.at(-1 - last), to.at(-1 - last))) last++;
  const index = from.findLastIndex((word) => word.start <= at);
  const same = index < first ? index : index - from.length + to.length;
  const isKept = index >= 0 && (index < first || index >= from.length - last);
  if (!isKept) return Math.min(at, now.length);
  const [{ start, lead, length }, word] = [to[same], from[index]];
  const inside = lead + at - word.start - word.lead;
  return start + Math.max(0, Math.min(inside, length));
}

function words(text) {
  const found = [...text.matchAll(/\S+/g)];
  return found.map(({ 0: word, index }) => {
    const bare = word.toLowerCase().match(/[\p{L}\p{M}\p{N}]/gu)?.join("") ?? word;
    const lead = Math.max(0, word.search(/[\p{L}\p{N}]/u)); // punctuation before the letters
    return { bare, start: index, lead, length: word.length };
  });
}

// Returns the text node at an offset in a text, and the offset in it.
export function pointAt({ text, at }) {
  const nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let node = text;
  let left = at;
  while (nodes.nextNode()) {
    node = nodes.currentNode;
    if (left <= node.length) return [node, left];
    left -= node.length;
  }
  return [node, node.length ?? 0];
}

// Runs before the module handles a message.
function remember(data) {
  if (data?.[1] !== CHANGED) return;
  changed(observer.takeRecords());
  const stays = !follows() && !(hasAnchors && top);
  before = {
    places: places(getSelection()),
    height: stays ? scroller.scrollHeight : null,
  };
}

// Runs after the module has changed rows, before they are drawn.
function changed(records) {
  if (!records.length) return;
  for (const { target, addedNodes, removedNodes, oldValue } of records) {
    for (const node of addedNodes) if (node.matches?.(TURN)) unseen.add(node);
    for (const node of removedNodes) unseen.delete(node);
    if (oldValue === "false" && target.dataset.final === "true") unseen.add(target);
  }
  if (before) restoreSelection(before.places);
  if (before?.height != null) scrollTo(top - (scroller.scrollHeight - before.height));
  else if (follows()) scrollTo(0);
  before = null;
  showJump();
}

const observer = new MutationObserver(changed);
observer.observe(list, {
  subtree: true,
  childList: true,
  attributeFilter: ["data-final"],
  attributeOldValue: true,
});

// The start script passes each message to this function, before the module gets it. The other
// module puts its own in its place, which must run too.
let receive = globalThis.inturnReceive;
Object.defineProperty(globalThis, "inturnReceive", {
  get: () => (data) => {
    remember(data);
    receive(data);
  },
  set: (other) => (receive = other),
});
scroller.addEventListener("scroll", scrolled, { passive: true });
document.addEventListener("selectionchange", selected);
document.addEventListener("keydown", pressed);
jump.addEventListener("click", followAgain);
scrolled();
selected();
