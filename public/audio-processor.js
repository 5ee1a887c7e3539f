// Posts what the microphone hears, as it is: no resampling, no conversion.
//
// Blocks of about 20 ms go straight to the recorder's thread by a port of their own: one message per
// rendering quantum would cost more than all the rest. A block is one transferred Float32Array that
// holds the channels' frames one behind the other. Behind the last block comes an empty message.

const BLOCKS_PER_SECOND = 50;

class AudioProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.out = null; // the recorder's port
    this.waiting = []; // blocks from before the port came
    this.planes = null; // the block being filled
    this.channels = 0;
    this.quantum = 0; // frames in a rendering quantum: 128 today, another number some day
    this.capacity = 0; // frames in a full block
    this.frames = 0; // frames in this one so far
    this.ended = false;
    this.port.onmessage = ({ data, ports }) => (data === "end" ? this.end() : this.open(ports[0]));
  }

  process([input], [output]) {
    // The output is left silent; it tells how long a quantum is even when nothing is connected.
    const frames = output[0].length;
    if (!this.ended) this.take(input, frames);
    // True for ever: a processor that returns false may be gone for good while its source rests.
    return true;
  }

  take(input, frames) {
    // Before the first sound nothing is owed; in mid-recording an empty input is silence that passed.
    const channels = input.length || this.channels;
    if (channels === 0) return;
    if (channels !== this.channels || frames !== this.quantum) {
      this.flush();
      this.channels = channels;
      this.quantum = frames;
      this.capacity = Math.ceil(sampleRate / BLOCKS_PER_SECOND / frames) * frames;
    }
    this.planes ??= new Float32Array(this.capacity * channels);
    for (let channel = 0; channel < input.length; channel++) {
      this.planes.set(input[channel], channel * this.capacity + this.frames);
    }
    this.frames += frames;
    if (this.frames === this.capacity) this.flush();
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
