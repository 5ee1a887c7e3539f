
// Appended to `recorder.js`: stores messages as the module does, and measures how long the calls
// take. `first` messages come without pauses, so that the file has the length of a long recording.
addEventListener("message", async ({ data: { began, turn, first, paced } }) => {
  if (!began) return;
  const [BEGAN, CHANGED, ENDED] = [1, 2, 4];
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const message = Uint8Array.from(turn);
  const time = (kind) => {
    const started = performance.now();
    self.inturnSend(message, kind);
    return performance.now() - started;
  };
  self.inturnSend(Uint8Array.from(began), BEGAN);
  await pause(500); // until the file is open
  for (let count = 0; count < first; count++) time(CHANGED);
  const times = { stored: [], posted: [] };
  for (let count = 0; count < paced; count++) {
    await pause(5);
    times.stored.push(time(CHANGED));
    await pause(5);
    times.posted.push(time(0));
  }
  self.inturnSend(Uint8Array.of(0, 0), ENDED);
  postMessage({ times });
});
