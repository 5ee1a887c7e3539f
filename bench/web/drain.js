// Receives the worklet's blocks like the recorder, and only counts them.
let blocks = 0;
let frames = 0;

addEventListener("message", ({ data, ports }) => {
  if (data === "count") postMessage({ blocks, frames });
  if (data === "reset") blocks = frames = 0;
  for (const port of ports) {
    port.onmessage = ({ data }) => {
      if (!data.planar) return;
      blocks++;
      frames += data.planar.length / data.channels;
    };
  }
});
