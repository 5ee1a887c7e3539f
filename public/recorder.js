// Starts the recorder: runs the page's compiled WebAssembly module in this worker.

const CHANGED = 2; // `Kind::Changed` in `page-core`
const AUDIO = 6; // no `Kind`, for `store.js`

let startError; // the reason why the module can't start

addEventListener("message", boot, { once: true });

async function boot({ data: { glue, module, audio } }) {
  self.inturnKeepsAudio = audio;
  try {
    const { default: start } = await import(glue);
    await start({ module_or_path: module });
    loadStore();
  } catch (error) {
    // `reportError` causes an error event on the page's `Worker`; a rejected promise would not.
    startError = error;
    reportError(error);
  }
}

// Called by the module when a session begins. Without this request, our server counts the recording
// only for the lifetime of its token. `JSON.stringify` leaves out a model that is `undefined`
// because the service did not name it.
self.inturnBeginRecording = (id, model) => {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ model });
  fetch(`recordings/${id}/begin`, { method: "POST", headers, body }).catch(() => {});
};

// Called by the module when a recording is over, so that our server stops counting it. `keepalive`
// lets the request complete after the page has closed.
self.inturnEndRecording = (id) => {
  fetch(`recordings/${id}/end`, { method: "POST", keepalive: true }).catch(() => {});
};

// Called by the module to send a message to the page. A message with a `kind` is stored first, so
// that all words on the page survive the end of the browser. Of the others, `store.js` needs the
// length of the recording.
self.inturnSend = (bytes, kind) => {
  const message = bytes.slice();
  store?.(message, kind);
  postMessage(message);
};

// Called by the module with each chunk of the timeline.
self.inturnCaptured = (frame, firstSample) => store?.(frame.slice(), AUDIO, firstSample);

// A recording does not need the script that stores it, so it is loaded after the module. Records
// are kept until then.
const kept = [];
let store = (...record) => kept.push(record);

async function loadStore() {
  try {
    const { default: openStore } = await import("./store.js");
    store &&= openStore(base);
  } catch ({ name }) {
    store &&= (_, kind) => {
      if (!kind) return;
      store = null;
      postMessage({ unstored: name });
    };
  }
  for (const record of kept) store?.(...record);
}

// The message `ToRecorder::Leaving`: the page is left or has crashed. What the module sends after
// it must not end the file, because the recording was interrupted. Another message is an edit by a
// person, made by `inturn-web-documents`: it is stored and sent as if it were the module's. Or it
// says whether the audio of the next recordings is kept.
addEventListener("message", (event) => {
  const { data } = event;
  if (data[0] === 0) store = null;
  const { edit, keepsAudio } = data;
  if (!edit && keepsAudio == null) return;
  event.stopImmediatePropagation();
  if (edit) inturnSend(edit, CHANGED);
  else self.inturnKeepsAudio = keepsAudio;
});

// Errors thrown outside our scripts and the module are ignored: some extensions wrap workers in
// their own script. `preventDefault` keeps such an error from the page, where it would count as a
// crash.
const base = new URL(".", location.href).href;
// The top frame of the stack decides, as in `crash.js`.
const isOurs = ({ error, filename }) => {
  if (error && error === startError) return true; // Firefox reports no file name for it
  const stack = String(error?.stack).replaceAll("<?>:", "");
  const topFrameUrl = /([^\s()@]+):(\d+:\d+|wasm-function\S+)\)?$/m.exec(stack)?.[1];
  return (topFrameUrl ?? filename).startsWith(base);
};

// After a panic no code of the module may run. So the session is ended here: the service bills an
// open socket by the minute.
addEventListener("error", (event) => {
  if (!isOurs(event)) {
    console.warn("inturn: ignored an error of another script:", event.message);
    event.preventDefault();
    return;
  }
  const socket = self.inturnSocket;
  if (socket?.readyState === WebSocket.OPEN) socket.send('{"type":"Terminate"}');
  // Also cancels a socket that is still connecting.
  socket?.close();
});
addEventListener("unhandledrejection", ({ reason }) => {
  if (isOurs({ error: reason, filename: "" })) reportError(reason);
});
