// Posts each rendering quantum.
class Original extends AudioWorkletProcessor {
  process([input]) {
    if (input.length > 0) {
      const samples = new Int16Array(input[0].length);
      input[0].forEach((sample, i) => (samples[i] = Math.max(-1, Math.min(1, sample)) * 32767));
      this.port.postMessage(samples, [samples.buffer]);
    }
    return true;
  }
}
registerProcessor("original", Original);
