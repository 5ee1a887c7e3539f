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
