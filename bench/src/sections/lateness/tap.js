// Reads the microphone's track in addition to the page. Each block has the time at which the
// browser received it, by a monotonic clock, no matter when this thread reads the block.
window.tap = { clicks: [], rendered: [], clickedAt: null, paints: [] };
(() => {
  const tap = window.tap;
  const THRESHOLD = 0.4;
  const open = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = async function (constraints) {
    const stream = await open.call(this, constraints);
    tap.clicks = [];
    tap.rendered = [];
    listen(stream.getAudioTracks()[0]);
    return stream;
  };

  // A worklet, connected right before the page's, reports when the audio thread received each
  // click.
  const { addModule } = AudioWorklet.prototype;
  AudioWorklet.prototype.addModule = async function (url) {
    await addModule.call(this, url);
    await addModule.call(this, "tap-worklet.js");
  };
  const { createMediaStreamSource } = AudioContext.prototype;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    const source = createMediaStreamSource.call(this, stream);
    const node = new AudioWorkletNode(this, "tap");
    node.port.onmessage = ({ data }) => tap.rendered.push(data);
    source.connect(node).connect(this.destination);
    return source;
  };

  async function listen(track) {
    let best = null; // the current click: its loudest sample so far
    for await (const { at: had, rateHz, samples } of trackBlocks(track)) {
      for (let i = 0; i < samples.length; i++) {
        // `at` is the sample's position on the track's timeline, `had` when the browser received
        // it.
        const at = had + (i * 1000) / rateHz;
        if (best !== null && at - best.at > 2) {
          tap.clicks.push({ at: best.at, had: best.had });
          best = null;
        }
        if (samples[i] >= THRESHOLD && (best === null || samples[i] > best.value)) {
          best = { at, had, value: samples[i] };
        }
      }
    }
  }

  addEventListener("click", ({ timeStamp }) => (tap.clickedAt ??= timeStamp), true);

  // Records when changed turns were painted. A message that is posted in a frame's last callback
  // arrives after the frame's style, layout and paint.
  let changed = null;
  const watch = new MutationObserver((records) => {
    if (changed === null) {
      changed = new Map();
      requestAnimationFrame(() => {
        const rows = [...changed.values()];
        changed = null;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          const at = performance.now();
          for (const row of rows) tap.paints.push({ at, ...row });
        };
        port2.postMessage(null);
      });
    }
    for (const { target, addedNodes } of records) {
      for (const node of [target, ...addedNodes]) {
        const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
        const row = element?.closest?.("[data-turn]");
        if (!row) continue;
        const { session, turn } = row.dataset;
        changed.set(`${session}/${turn}`, {
          turn: Number(turn),
          text: row.querySelector(".text")?.textContent ?? "",
        });
      }
    }
  });
  addEventListener("DOMContentLoaded", () =>
    watch.observe(document, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    }),
  );
})();
