// Makes the page capture in the way that the query describes, as JSON: the options of its audio
// contexts, and `direct` for capture without a context.
(() => {
  const way = new URL(location.href).searchParams.get("way");
  if (way === null) return;
  const { direct, ...options } = JSON.parse(way);
  const Context = AudioContext;
  window.AudioContext = class extends Context {
    constructor() {
      super(options);
      window.context = this;
    }
  };
  if (!direct) return;

  // A worker reads the track and posts the blocks. The page's worklet keeps what it captures,
  // because it never gets the recorder's port.
  const { createMediaStreamSource } = Context.prototype;
  let track;
  Context.prototype.createMediaStreamSource = function (stream) {
    [track] = stream.getAudioTracks();
    return createMediaStreamSource.call(this, stream);
  };
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function (message, ...more) {
    if (message?.offsetFrames === undefined) return postMessage.call(this, message, ...more);
    const [[port]] = more;
    const { readable } = new MediaStreamTrackProcessor({ track });
    window.trackWorker = new Worker("track-worker.js");
    window.trackWorker.postMessage({ ...message, readable, port }, [readable, port]);
  };
})();
