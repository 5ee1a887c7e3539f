// A page with the structure of the JavaScript original: only a button that would start a recording.
const button = document.getElementById("record");
button.addEventListener("click", () => {
  document.getElementById("status").textContent = "Starting…";
});
document.getElementById("status").textContent = "Ready";
button.disabled = false;
