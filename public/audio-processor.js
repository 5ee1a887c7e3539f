// The audio worklet. It posts the microphone's samples without resampling or conversion.
//
// Blocks of about 25 ms go directly to the recorder's thread through a MessagePort. One message per
// rendering quantum would cost more than all the rest. `audio::BlockSchedule` in the core computes
// where blocks end, so that they end where the recorder can complete a chunk. A block is one
// transferred Float32Array: all samples of the first channel, then those of the next. An empty
// message follows the last block.

class AudioProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions: schedule } = {}) {
    super();
    this.offset = schedule?.offsetFrames ?? 0; // the first block ends at this frame
    this.step = schedule?.stepFrames ?? sampleRate / 40; // frames between the ends of two blocks
    this.recorderPort = null;
    this.pending = []; // messages to post once the port has arrived
    this.planes = null; // the current block
    this.channels = 0;
    this.total = 0; // frames captured so far
    this.capacity = 0; // frames that fit into the current block
    this.frames = 0; // frames in the current block
    this.ended = false;
    this.port.onmessage = ({ data, ports }) => {
      if (data === "end") this.end();
      else if (data === "discard") this.ended = true; // another processor takes over
      else this.open(ports[0]);
    };
  }

  process([input], [output]) {
    // The output stays silent. Its length is that of a rendering quantum, even if no input is
    // connected. It is 128 frames today, but may change.
    const frames = output[0].length;
    if (!this.ended) this.take(input, frames);
    // Always true: the browser may remove a processor that returns false while its source is
    // inactive.
    return true;
  }

  take(input, frames) {
    // An empty input before the first samples is ignored. Later, it counts as silence.
    const channels = input.length || this.channels;
    if (channels === 0) return;
    const fits = channels === this.channels && this.frames + frames <= this.capacity;
    if (this.frames > 0 && !fits) this.flush();
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

  // Returns the number of frames up to the end of the quantum that contains the next boundary.
  framesToNextEnd(quantum) {
    const passed = Math.max(0, Math.floor((this.total - this.offset) / this.step) + 1);
    const next = this.offset + passed * this.step - this.total;
    return Math.max(1, Math.ceil(next / quantum)) * quantum;
  }

  // Posts the filled part of the current block.
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
    this.recorderPort = port;
    for (const [message, transfer] of this.pending.splice(0)) port.postMessage(message, transfer);
  }

  end() {
    this.flush();
    this.ended = true;
    this.post({}, []);
    this.port.postMessage("ended");
  }

  post(message, transfer) {
    if (this.recorderPort) this.recorderPort.postMessage(message, transfer);
    else this.pending.push([message, transfer]);
  }
}

registerProcessor("audio-processor", AudioProcessor);
