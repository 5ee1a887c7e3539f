// Benchmarks that run in a page.

globalThis.bench = (() => {
  const RATE = 48_000;
  const QUANTUM = 128;

  // Sends a message to a worker and waits for its answer.
  const ask = (worker, message, transfer = []) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        data?.error ? reject(new Error(data.error)) : resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message, transfer);
    });

  const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

  // Renders a graph with this processor offline. Returns microseconds per rendering quantum.
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
    drain.postMessage("port", [port2]);
    source.connect(node).connect(context.destination);
    source.start();
    // Both ends must have their ports before the first message.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await context.startRendering();
    return ((performance.now() - began) * 1000) / ((seconds * RATE) / QUANTUM);
  }

  // Measures the product's processor and an empty one alternately.
  async function worklet({ channels, seconds, runs }) {
    const drain = new Worker("drain.js");
    const shared = { channels, seconds, drain };
    const ours = { ...shared, script: "audio-processor.js", name: "audio-processor" };
    const empty = { ...shared, script: "empty-processor.js", name: "empty-processor" };
    const above = [];
    const floor = [];
    for (let run = 0; run < runs + 1; run++) {
      const without = await render(empty);
      const before = await ask(drain, "count");
      const with_ = await render(ours);
      let after;
      // Blocks may still be in transit. The last block is not posted if it is incomplete.
      do after = await ask(drain, "count");
      while (after.frames - before.frames < seconds * RATE - RATE / 10);
      // The first run includes compilation.
      if (run === 0) continue;
      above.push(with_ - without);
      floor.push(without);
    }
    const { blocks, frames } = await ask(drain, "count");
    drain.terminate();
    return { above, floor, messages_a_second: blocks / (frames / RATE) };
  }

  // Measures the speed of the core's path from blocks to frames, as a multiple of real time, with
  // the modules alternately. With `peers`, also measures the peers in the worker of the first
  // module, in every third run, to save time.
  async function pipeline({ modules, rate, seconds, warmUp, runs, peers }) {
    const speeds = modules.map(() => []);
    const plain = [];
    const bare = [];
    for (let run = 0; run < runs; run++) {
      for (const [index, module] of modules.entries()) {
        const worker = new Worker("pipeline.js");
        const withPeers = peers && index === 0 && run % 3 === 0;
        const wish = { module, rate, seconds, warmUp, peers: withPeers };
        const measured = await ask(worker, wish);
        worker.terminate();
        speeds[index].push(measured.speed);
        if (wish.peers) {
          plain.push(measured.plain);
          bare.push(measured.bare);
        }
      }
    }
    return {
      speeds: speeds.map(median),
      peers: peers ? { plain: median(plain), bare: median(bare) } : null,
    };
  }

  return { worklet, pipeline };
})();
