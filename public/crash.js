// Shows what went wrong when the program that draws the page is what went wrong: this browser can't
// run it, it could not be loaded, or it panicked, here or in the recorder. Plain JavaScript, because
// nothing else is left.

(() => {
  const base = new URL(".", document.currentScript.src).href;
  const title = document.title; // as it is while nothing is recorded
  let crashed = false;

  // A function with one vector instruction, `i8x16.splat`: the module is full of them.
  const vectors = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
  ];
  const canRun = () => globalThis.WebAssembly?.validate(new Uint8Array(vectors)) ?? false;

  // Copies the words, a line for each turn; where the browser refuses that, they are selected.
  function offerCopy(transcript) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const turns = [...transcript.querySelectorAll(".text")].map((it) => it.textContent.trim());
      try {
        await navigator.clipboard.writeText(turns.join("\n"));
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(transcript);
      }
    });
    document.getElementById("problem").append(button);
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
    status.dataset.state = "crashed";
    const problem = document.getElementById("problem");
    if (canRun()) {
      status.textContent = "Stopped. The microphone is off.";
      problem.dataset.kind = "crashed";
      problem.textContent =
        "Something went wrong and recording stopped. Copy your text, then reload the page.";
    } else {
      status.textContent = "Not started";
      problem.dataset.kind = "browser";
      problem.textContent =
        "Inturn cannot run in this browser. Use Chrome or Edge 103, Firefox 114, Safari 16.4 or later.";
    }
    problem.hidden = false;
    document.getElementById("settings-button").disabled = true;
    document.getElementById("settings").remove(); // its switches would call the module
    const button = document.getElementById("record");
    button.disabled = true;
    document.getElementById("level").style.transform = "scaleX(0)";
    const transcript = document.getElementById("transcript");
    if (transcript.hasChildNodes()) offerCopy(transcript);
  }

  // Browser extensions fail in here too; their faults are not ours.
  const isOurs = (error, file) =>
    (globalThis.WebAssembly && error instanceof WebAssembly.RuntimeError) ||
    (file ?? error?.stack ?? "").includes(base);

  addEventListener("error", ({ error, filename, message }) => {
    if (isOurs(error, filename)) crash(message);
  });
  addEventListener("unhandledrejection", ({ reason }) => {
    if (isOurs(reason)) crash(String(reason));
  });
  addEventListener("inturn:crash", ({ detail }) => crash(`recorder: ${detail}`));
})();
