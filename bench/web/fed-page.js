// Runs before the page's scripts: passes the worklet's port to `feed.js` instead.

(() => {
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (message, transfer) {
    if (!(message instanceof MessagePort)) return post.call(this, message, transfer);
    globalThis.benchFeed = new Worker("feed.js");
    const { sampleRate } = globalThis.benchContext;
    globalThis.benchFeed.postMessage({ rate: sampleRate, sound: "speech.f32" }, [message]);
  };
  const Context = globalThis.AudioContext;
  globalThis.AudioContext = class extends Context {
    constructor(...options) {
      super(...options);
      globalThis.benchContext = this;
    }
  };

  const channel = new BroadcastChannel("bench");
  const answer = (key, question) =>
    new Promise((resolve) => {
      channel.addEventListener("message", function heard({ data }) {
        if (!(key in data)) return;
        channel.removeEventListener("message", heard);
        resolve(data[key]);
      });
      if (question) channel.postMessage(question);
    });

  const memory = async () => {
    // The build shortens the names of the module's exports.
    const exports = Object.values(await globalThis.wasmBindings.default());
    return exports.find((it) => it instanceof WebAssembly.Memory).buffer.byteLength;
  };

  globalThis.bench = {
    feeding: answer("feeding"),
    // Resolves when the recorder has received all of it.
    feed: (seconds) => answer("fed", { feedUntil: seconds }),
    hold: () => channel.postMessage({ hold: true }),
    end: () => channel.postMessage({ end: true }),
    heaps: async () => ({
      recorder: await answer("heap", { heap: true }),
      page: await memory(),
      turns: document.querySelectorAll("#transcript [data-turn]").length,
    }),
  };
})();
