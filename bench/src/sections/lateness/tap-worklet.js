// Beside the page's own worklet, on the same source: when each click came to the audio thread.
registerProcessor(
  "tap",
  class extends AudioWorkletProcessor {
    best = null; // the click under way: its loudest sample so far

    process([[samples]]) {
      // A worklet has no finer clock. Its milliseconds are cut off, not rounded.
      const now = Date.now();
      if (this.best !== null && currentFrame - this.best.frame > sampleRate / 500) {
        this.port.postMessage(this.best.now);
        this.best = null;
      }
      samples?.forEach((value, i) => {
        if (value >= 0.4 && (this.best === null || value > this.best.value)) {
          this.best = { frame: currentFrame + i, now, value };
        }
      });
      return true;
    }
  },
);
