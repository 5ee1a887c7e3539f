// What any worklet costs before it does anything.
registerProcessor(
  "empty-processor",
  class extends AudioWorkletProcessor {
    process() {
      return true;
    }
  },
);
