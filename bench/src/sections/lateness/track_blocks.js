// Yields the blocks of a microphone's track: the samples of the first channel, and the time at
// which the browser received them, by a monotonic clock.
window.trackBlocks = async function* (track) {
  const processor = new MediaStreamTrackProcessor({ track, maxBufferSize: 1000 });
  const reader = processor.readable.getReader();
  for (;;) {
    const { value: block, done } = await reader.read();
    if (done) return;
    // A closed block has no rate any more.
    const { timestamp, numberOfFrames, sampleRate: rateHz } = block;
    const samples = new Float32Array(numberOfFrames);
    block.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    block.close();
    yield { at: timestamp / 1000, rateHz, samples };
  }
};
