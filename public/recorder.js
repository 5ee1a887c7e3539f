// Starts the recorder: the very WebAssembly module the page runs, in a thread of its own.

addEventListener("message", boot, { once: true });

async function boot({ data: { glue, module } }) {
  try {
    const { default: start } = await import(glue);
    await start({ module_or_path: module });
  } catch (error) {
    // Reaches the page as this worker's error event, which a rejected promise would not.
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

// After a panic nothing of the module may run. The session must not stay open for all that: an open
// socket is paid for by the minute.
addEventListener("error", () => {
  const socket = self.inturnSocket;
  if (socket?.readyState === WebSocket.OPEN) socket.send('{"type":"Terminate"}');
  // One that is still connecting is given up.
  socket?.close();
});
addEventListener("unhandledrejection", ({ reason }) => reportError(reason));
