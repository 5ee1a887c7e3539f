// Shows failures of the module itself: the browser can't run it, a part of it could not be loaded,
// or it panicked, on the page or in the recorder. It is plain JavaScript, because the module can't
// run then.

(() => {
  const base = new URL(".", document.currentScript.src).href;
  const title = document.title; // the idle title
  let crashed = false; // also true while the page reloads itself
  let hasUnsavedWords = false;
  const transcript = () => document.getElementById("transcript");

  // If the page's URL contains a user name and a password, browsers refuse every request relative
  // to it. The browser has stored both by this time, so the page reloads without them and shows
  // nothing.
  const address = new URL(document.baseURI); // `location` omits both in Chromium
  if (address.username || address.password) {
    address.username = address.password = "";
    crashed = true;
    location.replace(address);
  }

  // A module with one vector instruction, `i8x16.splat`. Our module uses many of them.
  const vectors = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26,
    11,
  ];
  const canRun = () => globalThis.WebAssembly?.validate(new Uint8Array(vectors)) ?? false;

  // Adds a button that copies the words, one line for each turn. If the browser refuses to copy,
  // the words are selected.
  function offerCopy() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const turns = [...transcript().querySelectorAll(".text")].map((it) => it.textContent.trim());
      try {
        await navigator.clipboard.writeText(turns.join("\n"));
        button.textContent = "Copied";
        hasUnsavedWords = false;
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

    // A crashed page must not keep the microphone on or a session open.
    for (const track of globalThis.inturnMicrophone?.getTracks() ?? []) track.stop();
    globalThis.inturnRecorder?.postMessage(Uint8Array.of(0)); // `ToRecorder::Leaving`
    globalThis.inturnReleaseLock?.(); // lets another tab record

    // Code of the module that still runs writes to the old elements, so it can't overwrite the
    // message.
    const footer = document.querySelector("footer");
    footer.replaceWith(footer.cloneNode(true));
    document.title = title;
    const status = document.getElementById("status");
    const isStarted = status.dataset.state !== "loading";
    const hasWords = transcript().hasChildNodes();
    status.dataset.state = "crashed";
    document.body.classList.add("busy"); // hides New and Continue, see `documents.css`
    status.textContent = isStarted ? "Stopped. The microphone is off." : "Not started";
    if (!canRun()) {
      showProblem(
        "browser",
        "Inturn cannot run in this browser. " +
          "Use Chrome or Edge 103, Firefox 114, Safari 16.4 or later.",
      );
    } else if (!isStarted) {
      showProblem(
        "page-unloaded",
        "This page could not be loaded completely. Check your network, then reload.",
        true,
      );
    } else if (hasWords) {
      showProblem(
        "crashed",
        "Something went wrong and recording stopped. Copy your text, then reload the page.",
        true,
      );
    } else {
      showProblem("crashed", "Something went wrong. Reload the page.", true);
    }
    document.getElementById("settings-button").disabled = true;
    document.getElementById("settings").remove(); // the switches would call the module
    const button = document.getElementById("record");
    button.disabled = true;
    document.getElementById("level").style.transform = "scaleX(0)";
    document.getElementById("idle").hidden = true;
    document.getElementById("pause").hidden = true;
    if (hasWords) offerCopy();

    // Replaces the module's confirmation, which may be about a recording that is over.
    hasUnsavedWords = hasWords;
    const confirmLeaving = (event) => {
      event.stopImmediatePropagation();
      if (!hasUnsavedWords) return;
      event.preventDefault();
      event.returnValue = true; // for older browsers
    };
    addEventListener("beforeunload", confirmLeaving, true);
  }

  function showProblem(kind, sentence, offersReload) {
    const problem = document.getElementById("problem");
    problem.dataset.kind = kind;
    problem.textContent = sentence;
    if (offersReload) {
      const link = document.createElement("a");
      problem.append(Object.assign(link, { href: "", textContent: "Reload" }));
    }
    problem.hidden = false;
  }

  // Errors of extensions, of scripts that a proxy adds and of the console arrive here too. The
  // browser also reports errors such as `ResizeObserver loop` with the page's own URL. None of them
  // stops a recording: only an error thrown in the module or in one of our scripts counts.
  const names =
    /^(crash|recorder|audio-processor|(inturn-web-client|style|tokens)-[\w-]+)\.(js|wasm|css)$/;
  const isOurs = (url) => url?.startsWith(base) && names.test(url.slice(base.length));

  // Returns the URL of the top frame of a stack, in the format of any engine. WebKit has none for
  // the frames of a module. An error with another script's frame on top may still have passed
  // through our module; then the next call into the module fails.
  const topFrameUrl = (error) => {
    const stack = String(error?.stack).replaceAll("<?>:", "");
    return /([^\s()@]+):(\d+:\d+|wasm-function\S+)\)?$/m.exec(stack)?.[1];
  };

  addEventListener("error", ({ error, filename, message }) => {
    if (isOurs(topFrameUrl(error) ?? filename)) crash(message);
  });
  addEventListener("unhandledrejection", ({ reason }) => {
    if (isOurs(topFrameUrl(reason))) crash(String(reason));
  });
  // After a script failed to load, WebKit does not request it again, not even at a reload. Fetching
  // it once with `cache: "reload"` fixes that.
  addEventListener("click", async (event) => {
    if (!event.target.matches("#problem [href='']")) return;
    event.preventDefault();
    const files = [...document.querySelectorAll("link[rel$=preload]")].map((link) => link.href);
    const options = () => ({ cache: "reload", signal: AbortSignal.timeout(3000) });
    const refetch = (file) => fetch(file, options()).then((it) => it.blob());
    await Promise.allSettled([...files, "recorder.js"].map(refetch));
    location.reload();
  });
  // Dispatched by the start script and for the recorder's worker. If a script could not be loaded,
  // the event has no message.
  addEventListener("inturn:crash", ({ detail }) => {
    crash(detail?.message ?? "a script could not be loaded");
  });
  // The page works without its style sheets, but it does not look so. These events don't bubble, so
  // the listener is a capturing one.
  const onError = ({ target }) => {
    if (target.rel !== "stylesheet" || !isOurs(target.href)) return;
    // A style sheet may fail before the elements exist.
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", showUnstyled);
    else showUnstyled();
  };
  function showUnstyled() {
    const problem = document.getElementById("problem");
    if (!problem.hidden) return;
    problem.dataset.kind = "page-unloaded";
    // `prepend` keeps the links, because the module looks them up. A link without text is
    // invisible.
    problem.prepend("Part of this page could not be loaded. Check your network, then reload.");
    problem.hidden = false;
  }
  addEventListener("error", onError, true);
})();
