// Runs next to the page's worklet, on the same source. Reports when each click reached the audio
// thread.
registerProcessor(
  "tap",
  class extends AudioWorkletProcessor {
    best = null; // the current click: its loudest sample so far

    process([[samples]]) {
      // A worklet has no finer clock. Milliseconds are truncated, not rounded.
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
