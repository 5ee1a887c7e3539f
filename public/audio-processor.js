// The audio worklet. It posts the microphone's samples without resampling or conversion.
//
// Blocks of about 25 ms go directly to the recorder's thread through a MessagePort. One message per
// rendering quantum would cost more than all the rest. `audio::BlockSchedule` in the core computes
// where blocks end, so that they end where the recorder can complete a chunk. A block is one
// transferred Float32Array: all samples of the first channel, then those of the next. An empty
// message follows the last block.
//
// Blocks are kept until the port arrives. `press.js` may open the microphone before this worklet is
// loaded, with a delay line that keeps the sound: the second input is the first one, late by
// `lateFrames`.

class AudioProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions } = {}) {
    super();
    // The schedule, which arrives with the port. Until then, any block length will do.
    this.offset = 0; // the first block ends at this frame
    this.step = sampleRate / 40; // frames between the ends of two blocks
    this.lateFrames = processorOptions?.lateFrames ?? 0; // still to read from the second input
    this.waiting = []; // quanta of the first input that follow them
    this.recorderPort = null;
    this.pending = []; // messages to post once the port has arrived
    this.planes = null; // the current block
    this.channels = 0;
    this.total = 0; // frames captured so far
    this.capacity = 0; // frames that fit into the current block
    this.frames = 0; // frames in the current block
    this.isEnding = false;
    this.ended = false;
    this.port.onmessage = ({ data, ports }) => {
      if (data === "end") this.end();
      else if (data === "discard") this.ended = true; // another processor takes over
      else this.open(ports[0], data);
    };
  }

  process([input, late], [output]) {
    // The output stays silent. Its length is that of a rendering quantum, even if no input is
    // connected. It is 128 frames today, but may change.
    const frames = output[0].length;
    if (!this.ended) {
      if (this.lateFrames > 0) this.catchUp(input, late, frames);
      else this.take(input, frames);
    }
    // Always true: the browser may remove a processor that returns false while its source is
    // inactive.
    return true;
  }

  // Takes what the first input had before this worklet was loaded, then what it had since. On a
  // busy machine it may be connected some quanta later than the second one, which has them too.
  catchUp(input, late, quantum) {
    const isConnected = input.length > 0 || this.waiting.length > 0 || this.isEnding;
    if (isConnected) this.waiting.push([input.map((channel) => channel.slice()), quantum]);
    const frames = isConnected ? Math.min(quantum, this.lateFrames) : quantum;
    this.take(
      late.map((channel) => channel.subarray(0, frames)),
      frames,
    );
    if (!isConnected) return;
    this.lateFrames -= frames;
    if (this.lateFrames > 0) return;
    for (const [channels, frames] of this.waiting.splice(0)) this.take(channels, frames);
    if (this.isEnding) this.end();
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

  open(port, { offsetFrames = this.offset, stepFrames = this.step }) {
    this.offset = offsetFrames;
    this.step = stepFrames;
    this.recorderPort = port;
    for (const [message, transfer] of this.pending.splice(0)) port.postMessage(message, transfer);
  }

  end() {
    this.isEnding = true;
    if (this.lateFrames > 0) return; // `catchUp` ends it
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
