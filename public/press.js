// Takes a press on Record while the program is still loading, and passes it on once that is ready. On a
// slow network the program takes seconds; a press in that time must neither be lost nor be made again.

(() => {
  const find = (id) => document.getElementById(id);
  const isLoading = () => find("status")?.dataset.state === "loading";
  let isPressed = false;

  // Before the program's own listener, which may be there before the recorder is.
  const onClick = (event) => {
    const button = find("record");
    if (!button?.contains(event.target) || !isLoading()) return;
    event.stopImmediatePropagation();
    if (event.detail > 1) return; // the further clicks of a double click
    isPressed = !isPressed;
    button.dataset.action = isPressed ? "stop" : "record";
    find("record-label").textContent = isPressed ? "Stop" : "Record";
    find("status").textContent = isPressed ? "Starting…" : "Loading…";
  };
  // A key that is held down presses once.
  const onKey = (event) => {
    if (event.target.id === "record" && event.repeat && event.key === "Enter" && isLoading()) event.preventDefault();
  };
  addEventListener("click", onClick, true);
  addEventListener("keydown", onKey, true);

  // This script is in the head, so that it waits for no style: the button may come later.
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
