// Notes what the page shows, and when, by the page's clock. Keeps the microphone's track for
// comparison.
window.live = { clickedAt: null, statuses: [], words: [], blocks: [], rateHz: 0 };
(() => {
  const { live } = window;
  live.click = () => {
    live.clickedAt = performance.now();
    document.getElementById("record").click();
  };

  const open = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = async function (constraints) {
    const stream = await open.call(this, constraints);
    keep(stream.getAudioTracks()[0]);
    return stream;
  };
  async function keep(track) {
    for await (const { at, rateHz, samples } of trackBlocks(track)) {
      live.rateHz = rateHz;
      live.blocks.push({ at, samples });
    }
  }

  const isWanted = new URL(location.href).searchParams.has("early");
  new MutationObserver(() => {
    const now = performance.now();
    const status = document.getElementById("status")?.textContent ?? "";
    if (status !== live.statuses.at(-1)?.text) live.statuses.push({ at: now, text: status });
    const texts = [...document.querySelectorAll("#transcript .text")];
    const text = texts.map((it) => it.textContent).join(" ");
    const numbers = [...text.matchAll(/w(\d+)/gi)].map((it) => Number(it[1]));
    const number = Math.max(-1, ...numbers);
    if (number > (live.words.at(-1)?.number ?? -1)) live.words.push({ at: now, number });
    const canClick = document.getElementById("record")?.disabled === false;
    if (isWanted && canClick && live.clickedAt === null) live.click();
  }).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
})();
