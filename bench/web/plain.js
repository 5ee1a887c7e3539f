// A page of the shape of the JavaScript original: nothing but a button that would start something.
const button = document.getElementById("record");
button.addEventListener("click", () => {
  document.getElementById("status").textContent = "Starting…";
});
document.getElementById("status").textContent = "Ready";
button.disabled = false;
