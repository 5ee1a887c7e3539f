// Accepts a press on Record while the module is loading. At the end are functions that the module
// calls: they take a fraction of the bytes here.
//
// The press: On a slow network loading takes seconds,
// and the person should neither wait nor press again: the microphone opens in the click. When the
// module is ready, the press is passed on, and `early.rs` takes the microphone over.

(() => {
  const MAX_SECS = 60; // then the microphone is released; it is 12 MB of sound at 48 kHz
  const CONFIG_TIMEOUT_MS = 1000; // speech is lost while the server's defaults are awaited

  const find = (id) => document.getElementById(id);
  const isLoading = () => find("status")?.dataset.state === "loading";
  let isPressed = false;

  function press() {
    isPressed = true;
    show("Starting…");
    if (!isSecureContext) return; // the module shows this problem
    try {
      globalThis.inturnEarly = new EarlyMicrophone();
    } catch {
      // The module tries again, and shows the reason.
    }
  }

  function cancel(status) {
    isPressed = false;
    globalThis.inturnEarly?.release();
    show(status);
  }

  function show(status) {
    if (!isLoading()) return; // the module may wait for the worklet, and shows its own status
    find("record").dataset.action = isPressed ? "stop" : "record";
    find("record-label").textContent = isPressed ? "Stop" : "Record";
    find("status").textContent = status;
  }

  class EarlyMicrophone {
    constructor() {
      this.context = new AudioContext();
      this.worklet = this.context.audioWorklet.addModule("audio-processor.js");
      this.opened = this.open();
      // The module handles failures, if it gets that far.
      for (const it of [this.context.resume(), this.worklet, this.opened]) it.catch(() => {});
    }

    // Resolves to `true` when the worklet has the sound, and to `false` if there is another way to
    // open the microphone. Rejects if the microphone is refused, or was released meanwhile.
    async open() {
      const audio = await constraints();
      this.requireWanted();
      this.stream = await navigator.mediaDevices.getUserMedia({ audio });
      try {
        this.requireWanted();
        await this.connect();
        return true;
      } catch (error) {
        const wasReleased = this.isReleased;
        this.release();
        if (wasReleased) throw error;
        return false;
      }
    }

    async connect() {
      const { context, stream } = this;
      globalThis.inturnMicrophone = stream; // for `crash.js`
      // A press that a script or an extension made may not start the context; a microphone may.
      context.resume().catch(() => {});
      this.limit = setTimeout(() => {
        cancel("Loading takes too long. The microphone is off.");
      }, MAX_SECS * 1000);
      this.source = context.createMediaStreamSource(stream);
      // Keeps the sound until the worklet is loaded. It is rendered only if it is connected.
      const delay = new DelayNode(context, { maxDelayTime: MAX_SECS });
      const mute = new GainNode(context, { gain: 0 });
      this.source.connect(delay).connect(mute).connect(context.destination);
      const openedAt = context.currentTime;
      await this.worklet;
      this.requireWanted();
      show("Loading… you can start talking.");
      // A quarter of a second is a whole number of frames at the usual rates. Between two frames
      // the delay would interpolate. The audio thread is ahead of `currentTime` and renders on
      // until the worklet begins, for 0.2 s on a busy machine. Silence comes first if it is faster.
      const lateSecs = Math.ceil((context.currentTime - openedAt + 0.5) * 4) / 4;
      delay.delayTime.value = lateSecs;
      this.node = new AudioWorkletNode(context, "audio-processor", {
        numberOfInputs: 2,
        processorOptions: { lateFrames: Math.round(lateSecs * context.sampleRate) },
      });
      this.source.connect(this.node);
      delay.connect(this.node, 0, 1);
      // Last, because the worklet begins to read both inputs now.
      this.node.connect(context.destination);
      mute.disconnect();
    }

    requireWanted() {
      if (this.isReleased) throw new Error("released");
    }

    // The module owns everything from now on.
    adopt() {
      this.isAdopted = true;
      clearTimeout(this.limit);
    }

    // Does nothing once the module owns everything.
    release() {
      if (this.isAdopted) return;
      this.isReleased = true;
      clearTimeout(this.limit);
      for (const track of this.stream?.getTracks() ?? []) track.stop();
      if (globalThis.inturnMicrophone === this.stream) delete globalThis.inturnMicrophone;
      if (globalThis.inturnEarly === this) delete globalThis.inturnEarly;
      // WebKit may crash if a context is closed that still renders, see `audio_graph.rs`.
      const { context } = this;
      context.suspend().catch(() => {});
      setTimeout(() => context.close().catch(() => {}), 1000);
    }
  }

  // Returns what `stream.rs` requests: the person's choices, else the server's defaults.
  async function constraints() {
    let defaults;
    try {
      const signal = AbortSignal.timeout(CONFIG_TIMEOUT_MS);
      const response = await fetch("config", { redirect: "manual", signal });
      const body = await response.text();
      // Saves the module a round trip.
      globalThis.inturnConfig = { status: response.status, body };
      defaults = JSON.parse(body).capture;
    } catch {
      // Without a configuration, the module uses the same defaults.
    }
    const isOn = (name, byServer) => {
      const stored = inturnChoice(name);
      return stored === "on" || (stored !== "off" && byServer !== false);
    };
    return {
      echoCancellation: isOn("echoCancellation", defaults?.echo_cancellation),
      noiseSuppression: isOn("noiseSuppression", defaults?.noise_suppression),
      autoGainControl: isOn("autoGainControl", defaults?.auto_gain_control),
    };
  }

  // A capturing listener, so that it runs before the module's own: that may exist before the
  // recorder is ready.
  const onClick = (event) => {
    const button = find("record");
    if (!button?.contains(event.target) || !isLoading()) return;
    event.stopImmediatePropagation();
    if (event.detail > 1) return; // the second click of a double click
    if (isPressed) cancel("Loading…");
    else press();
  };
  // A held Enter key counts once.
  const onKey = (event) => {
    const isHeld = event.repeat && event.key === "Enter";
    if (event.target.id === "record" && isHeld && isLoading()) event.preventDefault();
  };
  const onLeave = () => {
    if (isPressed) cancel("Loading…");
  };
  addEventListener("click", onClick, true);
  addEventListener("keydown", onKey, true);
  addEventListener("pagehide", onLeave);

  // This script is in the head, before the style sheets, so that it does not wait for them. The
  // button may not exist yet.
  const watch = new MutationObserver(() => {
    const button = find("record");
    if (!find("status")) return;
    if (isLoading()) {
      button.disabled = false;
      return;
    }
    watch.disconnect();
    removeEventListener("click", onClick, true);
    removeEventListener("keydown", onKey, true);
    removeEventListener("pagehide", onLeave);
    if (isPressed) button.click();
    // Nothing to release if the module has taken it. After a crash the button is disabled.
    globalThis.inturnEarly?.release();
  });
  watch.observe(document, { subtree: true, childList: true, attributeFilter: ["data-state"] });
})();

// Returns a choice that is stored on the device.
globalThis.inturnChoice = (name) => {
  try {
    return localStorage.getItem(`inturn.${name}`);
  } catch {
    return null; // the browser blocks storage
  }
};

// Shows the start of a recording, in the person's time zone.
globalThis.inturnDate = (heading, unixMs) => {
  const format = { dateStyle: "full", timeStyle: "short" };
  heading.textContent = new Date(unixMs).toLocaleString("en-GB", format);
  heading.dataset.started = unixMs; // for `times.js`
};

// Keeps the screen on, or no longer: a phone whose screen turns off suspends the page and its
// microphone. The browser releases the lock when the page is hidden, so the module calls this again
// when it is shown. Without the API, and if the lock is refused to save power, nothing happens.
globalThis.inturnKeepScreenOn = (isWanted) => {
  screenLock?.then((lock) => lock.release()).catch(() => {});
  screenLock = isWanted ? navigator.wakeLock?.request("screen") : null;
  screenLock?.catch(() => {});
};
let screenLock; // the request for the lock
