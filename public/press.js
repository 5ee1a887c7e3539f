// Accepts a press on Record while the module is loading, and passes it on when the page is ready.
// On a slow network loading takes seconds, and the person should not have to press again.

(() => {
  const find = (id) => document.getElementById(id);
  const isLoading = () => find("status")?.dataset.state === "loading";
  let isPressed = false;

  // A capturing listener, so that it runs before the module's own: that may exist before the
  // recorder is ready.
  const onClick = (event) => {
    const button = find("record");
    if (!button?.contains(event.target) || !isLoading()) return;
    event.stopImmediatePropagation();
    if (event.detail > 1) return; // the second click of a double click
    isPressed = !isPressed;
    button.dataset.action = isPressed ? "stop" : "record";
    find("record-label").textContent = isPressed ? "Stop" : "Record";
    find("status").textContent = isPressed ? "Starting…" : "Loading…";
  };
  // A held Enter key counts once.
  const onKey = (event) => {
    const isHeld = event.repeat && event.key === "Enter";
    if (event.target.id === "record" && isHeld && isLoading()) event.preventDefault();
  };
  addEventListener("click", onClick, true);
  addEventListener("keydown", onKey, true);

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
    if (isPressed) button.click();
  });
  watch.observe(document, { subtree: true, childList: true, attributeFilter: ["data-state"] });
})();
