// Keeping audio: the switch in the settings, what the page says about it, and the WAV files.
// `store.js` keeps it. Off by default, because voices are personal data, and 115 MB an hour.

const { search } = new URL(import.meta.url); // it belongs to this attempt
const { default: addSwitch } = await import(`./switch.js${search}`);

const SENTENCES = {
  full: `Storage is full, so no more audio is kept. The recording and its transcript continue.
    Delete old transcripts to make room.`,
  failed: "The audio could not be kept on this device. The recording and its transcript continue.",
};
const AFTER_DOWNLOAD_MS = 60_000; // the browser has opened the file by then

const find = (id) => document.getElementById(id);
let module; // `inturn-web-documents`

// Called when the module and `files.js` have started. Without storage, or if the server forbids it,
// nothing can be kept.
export default async (it) => {
  module = it;
  const files = await inturnFiles().catch(() => {});
  if (!(await files?.isAllowed())) return;
  const toggle = addSwitch({
    id: "keep-audio",
    key: "keepAudio",
    label: "Keep the audio",
    hint: `On this device only, from your next recording on: 115 MB an hour. Export and Past
      transcripts offer it as a WAV file.`,
    changed: () => inturnRecorder.postMessage({ keepsAudio: toggle.checked }),
  });
};

find("times").insertAdjacentHTML("beforeend", '<p id="audio-kept" hidden>Audio is kept</p>');
document
  .querySelector(".news")
  .insertAdjacentHTML("beforeend", '<p id="audio-note" role="status"></p>');

// Called by the module with the recordings of the page, or of a past transcript: the name of each
// one's transcript here, the sentence that its audio was downloaded, and the name of the WAV file.
// Adds a button for each that has audio.
const offers = {};
globalThis.inturnOfferAudio = async (place, recordings) => {
  const offer = (offers[place] = [place, recordings]); // a later one replaces it
  const buttons = [];
  const files = await inturnFiles().catch(() => {});
  let number = 0;
  for (const [name, downloaded, wav] of files ? recordings : []) {
    number += 1;
    const [isGrowing, bytes] = await files.state(name);
    if (!bytes) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.disabled = isGrowing; // browsers fail to copy it meanwhile
    button.textContent = recordings.length > 1 ? `Audio ${number} (WAV)` : "Audio (WAV)";
    if (isGrowing) button.textContent += " after Stop";
    button.title = wav;
    button.dataset.audio = "";
    button.onclick = () => download(files, place, name, downloaded, wav);
    buttons.push(button);
  }
  if (offers[place] !== offer) return;
  const formats = find(`${place}-formats`);
  for (const old of formats.querySelectorAll("[data-audio]")) old.remove();
  formats.append(...buttons);
};

async function download(files, place, name, downloaded, wav) {
  const status = find(`${place}-status`);
  try {
    const file = await files.audio(name);
    const header = module.inturnWavHeader(file.size);
    // The file is not read into memory.
    const url = URL.createObjectURL(new Blob([header, file], { type: "audio/wav" }));
    Object.assign(document.createElement("a"), { href: url, download: wav }).click();
    setTimeout(() => URL.revokeObjectURL(url), AFTER_DOWNLOAD_MS);
    status.textContent = downloaded;
  } catch (error) {
    console.error("inturn: the audio could not be downloaded:", error);
    status.textContent = "The audio could not be downloaded. Reload the page, then try again.";
  }
}

// Says that audio is kept, and once for each recording that it is no longer.
function show() {
  const state = globalThis.inturnAudio;
  find("audio-kept").hidden = state !== "kept";
  if (state !== "over") find("audio-note").textContent = SENTENCES[state] ?? "";
  else for (const offer of Object.values(offers)) inturnOfferAudio(...offer);
}
addEventListener("inturn:audio", show);
show();
