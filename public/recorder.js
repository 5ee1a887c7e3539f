// Starts the recorder: runs the page's compiled WebAssembly module in this worker.

let startError; // the reason why the module can't start

addEventListener("message", boot, { once: true });

async function boot({ data: { glue, module } }) {
  try {
    const { default: start } = await import(glue);
    await start({ module_or_path: module });
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
// that all words on the page survive the end of the browser. The kinds are those of `Kind` in
// `page-core`.
self.inturnSend = (bytes, kind) => {
  if (kind === BEGAN) store = openStore(bytes.slice(2).join("-"));
  if (kind) store?.(bytes, kind);
  if (kind === ENDED) store = null;
  postMessage(bytes.slice());
};

const BEGAN = 1;
const DRAFT = 3;
const ENDED = 4;

let store; // adds a message to the file of the current recording

// The message `ToRecorder::Leaving`: the page is left or has crashed. What the module sends after
// it must not end the file, because the recording was interrupted.
addEventListener("message", ({ data }) => {
  if (data[0] === 0) store = null;
});

// Creates the file of a recording, and returns the function that adds messages to it.
// `docs/storage.md` describes the format, which the crate `stored` reads.
function openStore(name) {
  const frames = [Uint8Array.of(1)]; // not written yet: first the version of the format
  let file;
  let end = 0; // of what is written
  let nextDraft = 0;
  let hasEnded;
  let hasFailed;

  // A frame that could not be written is kept for the next attempt, which overwrites its remains.
  const write = () => {
    try {
      while (frames[0]) {
        if (file.write(frames[0], { at: end }) < frames[0].length) throw frames;
        end += frames.shift().length;
      }
    } catch (error) {
      fail(error);
    }
    if (hasEnded) file.close();
  };

  const fail = ({ name }) => {
    if (!hasFailed) postMessage({ unstored: name });
    hasFailed = true;
  };

  (async () => {
    let folder = await navigator.storage.getDirectory();
    // Servers at different prefixes of one origin have nothing in common.
    folder = await folder.getDirectoryHandle(encodeURIComponent(base), { create: true });
    const handle = await folder.getFileHandle(name, { create: true });
    file = await handle.createSyncAccessHandle();
    write();
  })().catch(fail);

  return (bytes, kind) => {
    if (hasFailed && !file) return;
    // Drafts are less than a byte per millisecond, so that the file of a long meeting stays small.
    const now = performance.now();
    if (kind === DRAFT) {
      if (now < nextDraft) return;
      nextDraft = now + 1000 + bytes.length;
    }
    // Length, checksum (FNV-1a), kind, and the content of the event. The kind overwrites the
    // numbers that `ToPage` and `Event` have in the message.
    const frame = new Uint8Array(bytes.length + 7);
    frame.set(bytes, 7);
    frame[8] = kind;
    const sum = frame.slice(8).reduce((sum, it) => Math.imul(sum ^ it, 0x1000193), 0x811c9dc5);
    new Uint32Array(frame.buffer, 0, 2).set([bytes.length - 1, sum]);
    frames.push(frame);
    hasEnded = kind === ENDED;
    if (file) write();
  };
}

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
