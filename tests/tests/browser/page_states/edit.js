// Corrects a line and names a speaker, as a person does. Editing goes on if `isKept`.
const found = async (selector) => {
  for (;;) {
    const it = document.querySelector(selector);
    if (it) return it;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
(await found("#edit-button:enabled")).click();
const line = await found('[data-turn="1"] .line[role]');
// The window of a test does not always have the focus, without which `focus` causes no event.
line.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
line.textContent = line.textContent.replace("timetable", "new timetable");
line.dispatchEvent(new InputEvent("input", { bubbles: true }));
const press = (target, key) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
press(line, "Enter");
line.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
await found(".undo");
(await found('[data-turn="0"] .speaker')).click();
const field = await found(".naming input");
field.value = "Anna Lindqvist";
press(field, "Enter");
if (isKept) (await found('[data-turn="3"] .speaker')).click();
else document.getElementById("edit-button").click();
window.isEdited = true;
