// What the bench has a page do.

globalThis.bench = (() => {
  const RATE = 48_000;
  const QUANTUM = 128;

  // One answer of a worker to one message.
  const ask = (worker, message, transfer = []) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data?.error ? reject(new Error(data.error)) : resolve(data));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message, transfer);
    });

  const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

  // Microseconds a rendering quantum of a graph with this processor, as fast as it can be rendered.
  async function render({ script, name, channels, seconds, drain }) {
    const context = new OfflineAudioContext(channels, seconds * RATE, RATE);
    await context.audioWorklet.addModule(script);
    const sound = new AudioBuffer({ numberOfChannels: channels, length: RATE, sampleRate: RATE });
    for (let channel = 0; channel < channels; channel++) {
      sound.getChannelData(channel).forEach((_, at, data) => (data[at] = Math.random() - 0.5));
    }
    const source = new AudioBufferSourceNode(context, { buffer: sound, loop: true });
    const node = new AudioWorkletNode(context, name, { numberOfInputs: 1, numberOfOutputs: 1 });
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage(port1, [port1]);
    drain.postMessage("here it is", [port2]);
    source.connect(node).connect(context.destination);
    source.start();
    // Have both ends found their ports before anything is posted.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await context.startRendering();
    return ((performance.now() - began) * 1000) / ((seconds * RATE) / QUANTUM);
  }

  // The product's processor and an empty one in turns.
  async function worklet({ channels, seconds, runs }) {
    const drain = new Worker("drain.js");
    const ours = { script: "audio-processor.js", name: "audio-processor", channels, seconds, drain };
    const empty = { ...ours, script: "empty-processor.js", name: "empty-processor" };
    const above = [];
    const floor = [];
    for (let run = 0; run < runs + 1; run++) {
      const without = await render(empty);
      const before = await ask(drain, "count");
      const with_ = await render(ours);
      let after;
      // They may still be on their way. A block that is not full when the rendering ends is not posted.
      do after = await ask(drain, "count");
      while (after.frames - before.frames < seconds * RATE - RATE / 10);
      // The first run compiles.
      if (run === 0) continue;
      above.push(with_ - without);
      floor.push(without);
    }
    const { blocks, frames } = await ask(drain, "count");
    drain.terminate();
    return { above, floor, messages_a_second: blocks / (frames / RATE) };
  }

  // How many times faster than real time the core makes frames of blocks, each module in turn.
  // With `peers`, also those that run in the worker of the first module, every third time, to save time.
  async function pipeline({ modules, rate, seconds, warmUp, runs, peers }) {
    const speeds = modules.map(() => []);
    const plain = [];
    const bare = [];
    for (let run = 0; run < runs; run++) {
      for (const [index, module] of modules.entries()) {
        const worker = new Worker("pipeline.js");
        const wish = { module, rate, seconds, warmUp, peers: peers && index === 0 && run % 3 === 0 };
        const measured = await ask(worker, wish);
        worker.terminate();
        speeds[index].push(measured.speed);
        if (wish.peers) {
          plain.push(measured.plain);
          bare.push(measured.bare);
        }
      }
    }
    return { speeds: speeds.map(median), peers: peers ? { plain: median(plain), bare: median(bare) } : null };
  }

  return { worklet, pipeline };
})();
