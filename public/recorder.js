// Starts the recorder: the very WebAssembly module the page runs, in a thread of its own.

let unstarted; // why it can't start

addEventListener("message", boot, { once: true });

async function boot({ data: { glue, module } }) {
  try {
    const { default: start } = await import(glue);
    await start({ module_or_path: module });
  } catch (error) {
    // Reaches the page as this worker's error event, which a rejected promise would not.
    unstarted = error;
    reportError(error);
  }
}

// The module calls this with the first message of a session: until then our server counts the recording no
// longer than its token lives. A model that the service does not name is `undefined`, and left out.
self.inturnBeginRecording = (id, model) => {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ model });
  fetch(`recordings/${id}/begin`, { method: "POST", headers, body }).catch(() => {});
};

// The module calls this when our server need not count a recording any more. `keepalive` lets the
// request outlive the page.
self.inturnEndRecording = (id) => {
  fetch(`recordings/${id}/end`, { method: "POST", keepalive: true }).catch(() => {});
};

// What is thrown outside our scripts and the module is not ours: some extensions wrap workers in a
// script of their own. Prevented, it does not reach the page, where it would count as a crash.
const base = new URL(".", location.href).href;
// The uppermost frame decides, as in `crash.js`.
const isOurs = ({ error, filename }) => {
  if (error && error === unstarted) return true; // Firefox tells no file of this
  const stack = String(error?.stack).replaceAll("<?>:", "");
  return (/([^\s()@]+):(\d+:\d+|wasm-function\S+)\)?$/m.exec(stack)?.[1] ?? filename).startsWith(base);
};

// After a panic nothing of the module may run. The session must not stay open for all that: an open
// socket is paid for by the minute.
addEventListener("error", (event) => {
  if (!isOurs(event)) {
    console.warn("inturn: not ours:", event.message);
    event.preventDefault();
    return;
  }
  const socket = self.inturnSocket;
  if (socket?.readyState === WebSocket.OPEN) socket.send('{"type":"Terminate"}');
  // One that is still connecting is given up.
  socket?.close();
});
addEventListener("unhandledrejection", ({ reason }) => {
  if (isOurs({ error: reason, filename: "" })) reportError(reason);
});
