// Shows when words were said, instead of how far into the recording, if the person chooses so in
// the settings. The choice is stored on the device, and also applies to exported text, see
// `choices.rs` in `inturn-web-documents`.

const { search } = new URL(import.meta.url); // it belongs to this attempt
const { default: addSwitch } = await import(`./switch.js${search}`);

const list = document.getElementById("transcript");
const toggle = addSwitch({
  id: "times-of-day",
  key: "timesOfDay",
  label: "Times of the day",
  hint: `Shows when words were said, on the page and in exported text, instead of the time since the
    start of the recording.`,
  changed: showAll,
});

function showAll() {
  for (const time of list.getElementsByClassName("time")) show(time);
}

// Shows a time as the person wants it. The module writes times of the recording.
function show(time) {
  const ms = Number(time.dataset.ms);
  const text = toggle.checked ? timeOfDay(time, ms) : sinceStart(ms);
  if (time.textContent !== text) time.textContent = text;
}

// As in exports, `14:06:05`, with the offset from UTC at the start of the recording.
function timeOfDay(time, ms) {
  let chapter = time.closest(".chapter");
  let heading = null;
  while (chapter && !heading) {
    heading = chapter.querySelector(":scope > .recording");
    chapter = chapter.previousElementSibling;
  }
  const started = Number(heading?.dataset.started);
  const offsetMs = new Date(started).getTimezoneOffset() * 60_000;
  return new Date(started - offsetMs + ms).toISOString().slice(11, 19);
}

// As the module writes it: `m:ss`, or `h:mm:ss` from an hour on.
function sinceStart(ms) {
  const text = new Date(ms).toISOString();
  const hours = Math.floor(ms / 3_600_000);
  if (hours) return hours + text.slice(13, 19);
  return Number(text.slice(14, 16)) + text.slice(16, 19);
}

const observer = new MutationObserver((records) => {
  if (!toggle.checked) return;
  for (const { target, addedNodes } of records) {
    if (target.className === "time") show(target);
    for (const node of addedNodes) {
      const time = node.querySelector?.(".time");
      if (time) show(time);
    }
  }
});
observer.observe(list, { subtree: true, childList: true });
if (toggle.checked) showAll();
