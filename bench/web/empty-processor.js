// A processor that does nothing: the minimal cost of a worklet.
registerProcessor(
  "empty-processor",
  class extends AudioWorkletProcessor {
    process() {
      return true;
    }
  },
);
