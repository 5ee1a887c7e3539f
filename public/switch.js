// Adds a switch to the settings: a choice that is off by default, and stored on the device. Returns
// its checkbox. `changed` is called when the person changes it.
export default ({ id, key, label, hint, changed }) => {
  const row = document.createElement("div");
  row.className = "switch";
  row.innerHTML = `<input id="${id}" type="checkbox" role="switch" autocomplete="off"
      aria-describedby="${id}-hint" />
    <label for="${id}">${label}</label>
    <p id="${id}-hint">${hint}</p>`;
  document.querySelector(".settings-footer").before(row);
  const toggle = row.querySelector("input");
  toggle.checked = globalThis.inturnChoice?.(key) === "on"; // `press.js` may be missing
  const choose = (isOn) => {
    toggle.checked = isOn;
    try {
      if (isOn) localStorage.setItem(`inturn.${key}`, "on");
      else localStorage.removeItem(`inturn.${key}`);
    } catch {
      // The choice lasts as long as the page.
    }
    changed();
  };
  toggle.addEventListener("change", () => choose(toggle.checked));
  document.getElementById("settings-reset").addEventListener("click", () => choose(false));
  return toggle;
};
