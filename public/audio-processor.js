// Posts what the microphone hears, as it is: no resampling, no conversion.
//
// Blocks of about 25 ms go straight to the recorder's thread by a port of their own: one message per
// rendering quantum would cost more than all the rest. Where they end is told by the core, which
// knows when the recorder can finish a chunk (`audio::BlockSchedule`). A block is one transferred
// Float32Array that holds the channels' frames one behind the other. Behind the last block comes an
// empty message.

class AudioProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions: schedule } = {}) {
    super();
    this.offset = schedule?.offsetFrames ?? 0; // blocks end here
    this.step = schedule?.stepFrames ?? sampleRate / 40; // and so many frames later, and so on
    this.out = null; // the recorder's port
    this.waiting = []; // blocks from before the port came
    this.planes = null; // the block being filled
    this.channels = 0;
    this.total = 0; // frames taken so far
    this.capacity = 0; // frames in the block once it is full
    this.frames = 0; // frames in it so far
    this.ended = false;
    this.port.onmessage = ({ data, ports }) => (data === "end" ? this.end() : this.open(ports[0]));
  }

  process([input], [output]) {
    // The output is left silent; it tells how long a quantum is even when nothing is connected. It
    // is 128 today, and may be another number some day.
    const frames = output[0].length;
    if (!this.ended) this.take(input, frames);
    // True for ever: a processor that returns false may be gone for good while its source rests.
    return true;
  }

  take(input, frames) {
    // Before the first sound nothing is owed; in mid-recording an empty input is silence that passed.
    const channels = input.length || this.channels;
    if (channels === 0) return;
    if (this.frames > 0 && (channels !== this.channels || this.frames + frames > this.capacity)) this.flush();
    if (this.frames === 0) {
      this.channels = channels;
      this.capacity = this.framesToNextEnd(frames);
      this.planes = new Float32Array(this.capacity * channels);
    }
    for (let channel = 0; channel < input.length; channel++) {
      this.planes.set(input[channel], channel * this.capacity + this.frames);
    }
    this.frames += frames;
    this.total += frames;
    if (this.frames === this.capacity) this.flush();
  }

  // Up to the end of the quantum in which the next boundary lies.
  framesToNextEnd(quantum) {
    const passed = Math.max(0, Math.floor((this.total - this.offset) / this.step) + 1);
    const next = this.offset + passed * this.step - this.total;
    return Math.max(1, Math.ceil(next / quantum)) * quantum;
  }

  // Posts the block as far as it is filled.
  flush() {
    if (this.frames > 0) {
      let planar = this.planes;
      if (this.frames < this.capacity) {
        planar = new Float32Array(this.frames * this.channels);
        for (let channel = 0; channel < this.channels; channel++) {
          const start = channel * this.capacity;
          planar.set(this.planes.subarray(start, start + this.frames), channel * this.frames);
        }
      }
      this.post({ planar, channels: this.channels }, [planar.buffer]);
    }
    this.planes = null;
    this.frames = 0;
  }

  open(port) {
    this.out = port;
    for (const [message, transfer] of this.waiting.splice(0)) port.postMessage(message, transfer);
  }

  end() {
    this.flush();
    this.ended = true;
    this.post({}, []);
    this.port.postMessage("ended");
  }

  post(message, transfer) {
    if (this.out) this.out.postMessage(message, transfer);
    else this.waiting.push([message, transfer]);
  }
}

registerProcessor("audio-processor", AudioProcessor);
