// A page with the usual structure, for comparison: a 16 kHz context, a message for each rendering
// quantum, and buffer and socket on the page's thread.
const button = document.getElementById("record");
const CHUNK_SAMPLES = 1600;
let recording = null;

button.disabled = false;
button.onclick = async () => {
  if (recording) {
    await recording.stop();
    recording = null;
    document.title = "idle";
  } else {
    recording = await record();
  }
};

async function record() {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const { token, websocket_url: url } = await (await fetch("token")).json();
  const context = new AudioContext({ sampleRate: 16000 });
  await context.audioWorklet.addModule("original-worklet.js");
  const socket = new WebSocket(`${url}${url.includes("?") ? "&" : "?"}token=${token}`);
  let waiting = new Int16Array(0);
  const node = new AudioWorkletNode(context, "original");
  node.port.onmessage = ({ data }) => {
    const joined = new Int16Array(waiting.length + data.length);
    joined.set(waiting);
    joined.set(data, waiting.length);
    waiting = joined;
    while (waiting.length >= CHUNK_SAMPLES) {
      if (socket.readyState === WebSocket.OPEN) socket.send(waiting.slice(0, CHUNK_SAMPLES));
      waiting = waiting.slice(CHUNK_SAMPLES);
    }
  };
  socket.onmessage = ({ data }) => {
    if (JSON.parse(data).type === "Begin") {
      document.title = "listening";
      context.createMediaStreamSource(stream).connect(node).connect(context.destination);
    }
  };
  return {
    async stop() {
      for (const track of stream.getTracks()) track.stop();
      await context.close();
      const closed = new Promise((resolve) => (socket.onclose = resolve));
      socket.send(JSON.stringify({ type: "Terminate" }));
      await closed;
    },
  };
}
