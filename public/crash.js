// Shows what went wrong when the program that draws the page is what went wrong: this browser can't
// run it, a part of it could not be loaded, or it panicked, here or in the recorder. Plain JavaScript,
// because nothing else is left.

(() => {
  const base = new URL(".", document.currentScript.src).href;
  const title = document.title; // as it is while nothing is recorded
  let crashed = false; // or leaving
  let areLost = false; // the words, if the page is left now
  const transcript = () => document.getElementById("transcript");

  // An address with a name and a password in it: browsers refuse every request that is relative to
  // one. They know both now, so the page is loaded anew without them, and nothing is shown or logged.
  const address = new URL(document.baseURI); // `location` hides both in Chromium
  if (address.username || address.password) {
    address.username = address.password = "";
    crashed = true;
    location.replace(address);
  }

  // A function with one vector instruction, `i8x16.splat`: the module is full of them.
  const vectors = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
  ];
  const canRun = () => globalThis.WebAssembly?.validate(new Uint8Array(vectors)) ?? false;

  // Copies the words, a line for each turn; where the browser refuses that, they are selected.
  function offerCopy() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const turns = [...transcript().querySelectorAll(".text")].map((it) => it.textContent.trim());
      try {
        await navigator.clipboard.writeText(turns.join("\n"));
        button.textContent = "Copied";
        areLost = false;
      } catch {
        getSelection().selectAllChildren(transcript());
      }
    });
    document.getElementById("problem").lastChild.before(button);
  }

  function crash(cause) {
    if (crashed) return;
    crashed = true;
    console.error("inturn: crashed:", cause);

    // The microphone must not stay on behind a page that has stopped, nor a session open.
    for (const track of globalThis.inturnMicrophone?.getTracks() ?? []) track.stop();
    globalThis.inturnRecorder?.postMessage(Uint8Array.of(0)); // `ToRecorder::Leaving`

    // Whatever is left of the module writes to the elements it knows, and so not over this.
    const footer = document.querySelector("footer");
    footer.replaceWith(footer.cloneNode(true));
    document.title = title;
    const status = document.getElementById("status");
    const isStarted = status.dataset.state !== "loading";
    const hasWords = transcript().hasChildNodes();
    status.dataset.state = "crashed";
    status.textContent = isStarted ? "Stopped. The microphone is off." : "Not started";
    if (!canRun()) {
      tell("browser", "Inturn cannot run in this browser. Use Chrome or Edge 103, Firefox 114, Safari 16.4 or later.");
    } else if (!isStarted) {
      tell("page-unloaded", "This page could not be loaded completely. Check your network, then reload.", true);
    } else if (hasWords) {
      tell("crashed", "Something went wrong and recording stopped. Copy your text, then reload the page.", true);
    } else {
      tell("crashed", "Something went wrong. Reload the page.", true);
    }
    document.getElementById("settings-button").disabled = true;
    document.getElementById("settings").remove(); // its switches would call the module
    const button = document.getElementById("record");
    button.disabled = true;
    document.getElementById("level").style.transform = "scaleX(0)";
    if (hasWords) offerCopy();

    // In place of the module's question, which may be about a recording that is over.
    areLost = hasWords;
    const ask = (event) => {
      event.stopImmediatePropagation();
      if (!areLost) return;
      event.preventDefault();
      event.returnValue = true; // for older browsers
    };
    addEventListener("beforeunload", ask, true);
  }

  function tell(kind, sentence, offersReload) {
    const problem = document.getElementById("problem");
    problem.dataset.kind = kind;
    problem.textContent = sentence;
    if (offersReload) problem.append(Object.assign(document.createElement("a"), { href: "", textContent: "Reload" }));
    problem.hidden = false;
  }

  // Scripts of extensions, proxies and consoles fail in here too, and the browser itself reports
  // things such as a `ResizeObserver loop` under the page's own address. None of that stops a
  // recording: a failure is ours if it was thrown in the module or in one of our scripts.
  const isOurs = (url) =>
    url?.startsWith(base) &&
    /^(crash|recorder|audio-processor|(inturn-web-client|style|tokens)-[\w-]+)\.(js|wasm|css)$/.test(url.slice(base.length));

  // The address of the uppermost frame of a stack, in the form of any engine; WebKit has none for
  // frames of a module. What has another's frame on top may still have passed through our module:
  // then the next call into that fails.
  const top = (error) =>
    /([^\s()@]+):(\d+:\d+|wasm-function\S+)\)?$/m.exec(String(error?.stack).replaceAll("<?>:", ""))?.[1];

  addEventListener("error", ({ error, filename, message }) => {
    if (isOurs(top(error) ?? filename)) crash(message);
  });
  addEventListener("unhandledrejection", ({ reason }) => {
    if (isOurs(top(reason))) crash(String(reason));
  });
  // WebKit does not ask again for a script that it could not load, not even when the page is reloaded,
  // unless it was fetched anew in between.
  addEventListener("click", async (event) => {
    if (!event.target.matches("#problem [href='']")) return;
    event.preventDefault();
    const files = [...document.querySelectorAll("link[rel$=preload]")].map((link) => link.href);
    const anew = () => ({ cache: "reload", signal: AbortSignal.timeout(3000) });
    const fetched = [...files, "recorder.js"].map((file) => fetch(file, anew()).then((it) => it.blob()));
    await Promise.allSettled(fetched);
    location.reload();
  });
  // Of the start, and of the recorder, whose script may have failed to load: that has no message.
  addEventListener("inturn:crash", ({ detail }) => crash(detail?.message ?? "a script could not be loaded"));
  // The page works without its style, but nobody can tell. Such an event does not bubble.
  const onError = ({ target }) => {
    if (target.rel !== "stylesheet" || !isOurs(target.href)) return;
    // It may fail before there is a document to show that in.
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", showUnstyled);
    else showUnstyled();
  };
  function showUnstyled() {
    const problem = document.getElementById("problem");
    if (!problem.hidden) return;
    problem.dataset.kind = "page-unloaded";
    // The module looks for the links that stand in there: without a text or an address, one is not seen.
    problem.prepend("Part of this page could not be loaded. Check your network, then reload.");
    problem.hidden = false;
  }
  addEventListener("error", onError, true);
})();
