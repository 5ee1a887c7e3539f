// Loads `reading.js`, and the module `inturn-web-documents` with its scripts, which fills the
// Export menu: at once if the menu is open, otherwise when the page is idle and a recording has
// requested all that it needs. The start script in `index.html` imports this script, again if the
// menu is opened before that.

const CHECK_INTERVAL_MS = 1000;
const IDLE_TIMEOUT_MS = 5000; // a page that is never idle loads it then
const menu = document.getElementById("export-button");
const panel = document.getElementById("export");
const { search } = new URL(import.meta.url); // it belongs to this attempt

// After a crash, `crash.js` has replaced the element.
const findStatus = () => document.getElementById("status");

// For the style sheet. A rule with `body:has()` would restyle the whole transcript with each word.
function markBusy() {
  document.body.classList.toggle("busy", findStatus().dataset.state !== "idle");
}

function isBusy() {
  const { state } = findStatus().dataset;
  return state !== "idle" && state !== "listening";
}

// Adds the button "New", which the style sheet shows while no recording runs and there are words.
// The page starts afresh, and the words stay in the list of past transcripts. If they are not
// stored, the browser asks first, as whenever the page is left.
function offerNew() {
  const fresh = document.createElement("button");
  fresh.id = "new-transcript";
  fresh.type = "button";
  fresh.textContent = "New";
  fresh.title = fresh.ariaLabel = "New transcript";
  fresh.onclick = () => location.reload();
  document.getElementById("pause").after(fresh);
}

// Called by the module to put a stored recording on the page.
globalThis.inturnReplay = (data) => {
  inturnRecorder.dispatchEvent(new MessageEvent("message", { data }));
};

const idle = (act) => {
  if (globalThis.requestIdleCallback) requestIdleCallback(act, { timeout: IDLE_TIMEOUT_MS });
  else setTimeout(act);
};

// Both work without the module.
function loadReading() {
  globalThis.inturnReading ??= Promise.all([
    import(`./reading.js${search}`),
    import(`./times.js${search}`),
  ]).catch((error) => {
    console.error("inturn: the page can't keep your place in the transcript:", error);
    globalThis.inturnReading = null; // the next attempt tries again
  });
}

// Without it, the header would have two lines for a moment, and New would be shown without words.
async function styled() {
  const style = document.querySelector("link[href='documents.css']");
  if (!style.sheet) await new Promise((done) => (style.onload = style.onerror = done));
}

async function loadFind(find) {
  try {
    const { default: start } = await import(`./find.js${search}`);
    const [reading] = await globalThis.inturnReading;
    start(find, reading);
  } catch (error) {
    console.error("inturn: Find could not be loaded:", error);
  }
}

async function load() {
  if (globalThis.inturnDocuments) return; // loaded or loading, because the menu was opened
  globalThis.inturnDocuments = true;
  try {
    // `cargo xtask` writes the name with its hash into the page.
    const scripts = [menu.dataset.module, "edit.js", "keep-audio.js", "unicode.js", "files.js"];
    const imports = scripts.map((it) => import(`./${it}${search}`));
    const [module, edit, audio] = await Promise.all(imports);
    await module.default();
    edit.default(module);
    audio.default(module);
    menu.onclick = null;
    await styled();
    offerNew();
    loadFind(module.inturnFind);
  } catch (error) {
    console.error("inturn: the Export menu could not be loaded:", error);
    globalThis.inturnDocuments = false;
    panel.firstElementChild.textContent =
      "Export could not be loaded. Check your network, then open this menu again.";
  }
}

function loadLater() {
  if (isBusy()) setTimeout(loadLater, CHECK_INTERVAL_MS);
  else idle(load);
}

new MutationObserver(markBusy).observe(findStatus(), { attributeFilter: ["data-state"] });
markBusy();
loadReading();
let isOpen = false;
try {
  isOpen = panel.matches(":popover-open");
} catch {
  // A browser without popovers does not show the menu.
}
if (isOpen) load();
else loadLater();
