
// Appended to `recorder.js`: advances the recorder's clock with the audio that it receives.
{
  const now = Performance.prototype.now;
  let ahead = 0; // milliseconds
  Performance.prototype.now = function () {
    return now.call(this) + ahead;
  };

  const channel = new BroadcastChannel("bench");
  let rate;
  let frames = 0;
  let blocks = 0;
  let due = Infinity; // seconds
  let glue;

  addEventListener("message", ({ data, ports }) => {
    glue ??= data.glue;
    ports[0]?.addEventListener("message", ({ data }) => {
      if (!data.planar) return;
      const { length } = data.planar;
      ahead += (length / rate) * 1000;
      frames += length;
      blocks++;
      if (blocks % 50 === 0) channel.postMessage({ taken: blocks });
      reportIfDue();
    });
  });

  const reportIfDue = () => {
    if (frames / rate < due) return;
    due = Infinity;
    channel.postMessage({ taken: blocks });
    // After the module has handled this last block.
    setTimeout(() => channel.postMessage({ fed: frames / rate }));
  };

  // When held, all `Turn` messages become partials of one open turn: the transcript stops growing,
  // and everything else continues.
  let isHeld = false;
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (type, listener, ...more) {
    if (type !== "message") return listen.call(this, type, listener, ...more);
    const held = (event) =>
      listener(isHeld ? new MessageEvent(type, { data: hold(event.data) }) : event);
    return listen.call(this, type, held, ...more);
  };
  const hold = (text) => {
    const message = JSON.parse(text);
    if (message.type !== "Turn") return text;
    // Final words let the recorder drop the audio that it keeps for replay.
    const words = message.words.map((word) => ({ ...word, word_is_final: true }));
    const open = { turn_order: 1e6, end_of_turn: false, turn_is_formatted: false };
    return JSON.stringify({ ...message, words, ...open });
  };

  channel.onmessage = async ({ data }) => {
    if (data.hold) isHeld = true;
    rate ??= data.feeding;
    if ("feedUntil" in data) {
      due = data.feedUntil;
      reportIfDue();
    }
    if (data.heap !== true) return;
    const exports = Object.values(await (await import(glue)).default());
    const memory = exports.find((it) => it instanceof WebAssembly.Memory);
    channel.postMessage({ heap: memory.buffer.byteLength });
  };
}
