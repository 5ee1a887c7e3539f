// Replaces the worklet: posts blocks to its port as fast as the recorder processes them.

const channel = new BroadcastChannel("bench");
// Limit for blocks in transit: about ten seconds of audio.
const WINDOW = 400;

let port;
let rate;
let sound;
let sent = 0;
let taken = 0;
let due = 0;
let position = 0;

addEventListener("message", async ({ data, ports }) => {
  [port] = ports;
  rate = data.rate;
  sound = new Float32Array(await (await fetch(data.sound)).arrayBuffer());
  channel.postMessage({ feeding: rate });
});

channel.onmessage = ({ data }) => {
  if ("taken" in data) taken = data.taken;
  // Seconds since the beginning.
  if ("feedUntil" in data) due = Math.ceil((data.feedUntil * rate) / frames());
  if (data.end) port.postMessage({});
  push();
};

// About the same length as in `audio-processor.js`.
function frames() {
  return Math.ceil(rate / 40 / 128) * 128;
}

function push() {
  while (sent < due && sent - taken < WINDOW) {
    const planar = new Float32Array(frames());
    for (let at = 0; at < planar.length; at++) {
      planar[at] = sound[position++];
      if (position === sound.length) position = 0;
    }
    port.postMessage({ planar, channels: 1 }, [planar.buffer]);
    sent++;
  }
}
