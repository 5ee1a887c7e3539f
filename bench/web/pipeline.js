// Runs the core's path from blocks to frames in a worker, like the recorder, and measures the time.

const OUTPUT_RATE = 16_000;

// The filter alone in plain JavaScript: the same number of coefficients, the same row for all
// samples.
function filter(input, row, output, rate) {
  for (let sample = 0; sample < output.length; sample++) {
    const start = Math.floor((sample * rate) / OUTPUT_RATE);
    let sum = 0;
    for (let tap = 0; tap < row.length; tap++) sum += input[start + tap] * row[tap];
    output[sample] = sum;
  }
}

onmessage = async ({ data: { module, rate, seconds, warmUp, peers } }) => {
  try {
    const { instance } = await WebAssembly.instantiateStreaming(fetch(module));
    const { exports } = instance;
    // About the same length as in `audio-processor.js`.
    const frames = Math.ceil(rate / 40 / 128) * 128;
    const noise = (length) => Float32Array.from({ length }, () => Math.random() - 0.5);
    const blocks = Array.from({ length: 40 }, () => noise(frames));
    const at = exports.begin(rate, frames);
    if (!at) throw new Error(`the core does not support ${rate} Hz`);

    const run = (seconds) => {
      const count = Math.ceil((seconds * rate) / frames);
      const began = performance.now();
      for (let index = 0; index < count; index++) {
        // If memory has grown, the old view is detached.
        new Float32Array(exports.memory.buffer, at, frames).set(blocks[index % blocks.length]);
        exports.take();
      }
      return (count * frames) / rate / ((performance.now() - began) / 1000);
    };
    const warmed = run(warmUp);
    const speed = run(seconds);

    // Each 100 ms of input must become a frame of 3,200 bytes.
    const due = Math.floor(Math.floor((seconds + warmUp) * 10) * 0.99);
    if (exports.frames() < due || exports.bytes() !== exports.frames() * 3200) {
      throw new Error(`${exports.frames()} frames of ${exports.bytes()} bytes, not ${due}`);
    }
    if (!peers) return postMessage({ speed, warmed });

    // Seconds of audio processed per second.
    const speedOf = (seconds, second) => {
      const began = performance.now();
      for (let index = 0; index < seconds; index++) second();
      return seconds / ((performance.now() - began) / 1000);
    };
    const taps = exports.taps(rate);
    const input = noise(rate + taps);
    const row = Float32Array.from({ length: taps }, () => 1 / taps);
    const output = new Float32Array(OUTPUT_RATE);
    const plain = () => filter(input, row, output, rate);
    const bare = () => exports.multiply(OUTPUT_RATE, taps);
    const speeds = [];
    for (const peer of [plain, bare]) {
      speedOf(4, peer);
      speeds.push(speedOf(8, peer));
    }
    postMessage({ speed, warmed, plain: speeds[0], bare: speeds[1] });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
