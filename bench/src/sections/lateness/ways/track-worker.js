// Reads a microphone's track, and posts its blocks on the schedule of `audio-processor.js`.
onmessage = async ({ data: { readable, port, offsetFrames, stepFrames } }) => {
  const reader = readable.getReader();
  const boundariesIn = (frames) => Math.floor((frames - offsetFrames) / stepFrames);
  let blocks = [];
  let posted = 0;
  let total = 0;
  const flush = () => {
    const planar = new Float32Array(total - posted);
    let at = 0;
    for (const block of blocks) {
      planar.set(block, at);
      at += block.length;
    }
    port.postMessage({ planar, channels: 1 }, [planar.buffer]);
    blocks = [];
    posted = total;
  };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const block = new Float32Array(value.numberOfFrames);
    value.copyTo(block, { planeIndex: 0, format: "f32-planar" });
    value.close();
    blocks.push(block);
    total += block.length;
    if (boundariesIn(total) > boundariesIn(posted)) flush();
  }
  if (total > posted) flush();
  port.postMessage({});
};
