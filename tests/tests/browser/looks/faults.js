// Looks for faults of the page's layout. Returns sentences, and what is compared between states.
(() => {
  const faults = [];
  const name = (it) => (it.id ? `#${it.id}` : `${it.localName}.${it.getAttribute("class")}`);
  const style = (it) => getComputedStyle(it);
  const ancestors = (it) => {
    const found = [];
    for (let at = it.parentElement; at; at = at.parentElement) found.push(at);
    return found;
  };
  const isForScreenReaders = (it) => [it, ...ancestors(it)].some((at) => {
    return style(at).clipPath === "inset(50%)";
  });
  // The browser has not laid out what it skips because it is not visible.
  const options = { visibilityProperty: true, contentVisibilityAuto: true };
  const isShown = (it) => it.checkVisibility(options) && it.getClientRects().length > 0
    && !isForScreenReaders(it);

  const hasText = (it) => [...it.childNodes].some((at) => at.nodeType === 3 && at.data.trim());
  const block = (it) => (style(it).display.startsWith("inline") && !it.matches("button, a")
    ? block(it.parentElement) : it);
  const all = [...document.body.querySelectorAll("*")].filter(isShown);
  const blocks = [...new Set(all.filter(hasText).map(block))];
  const controls = all.filter((it) => it.matches("button, a, input, .meter, svg"));
  const panel = document.querySelector("[popover]:popover-open");
  const isInPanel = (it) => panel?.contains(it) ?? false;

  // The area of the text itself, without padding.
  const textBox = (it) => {
    const range = document.createRange();
    range.selectNodeContents(it);
    return range.getBoundingClientRect();
  };
  const clipped = (it, box) => {
    let { left, top, right, bottom } = box;
    for (const at of ancestors(it)) {
      const { overflowX, overflowY } = style(at);
      if (overflowX === "visible" && overflowY === "visible") continue;
      const edge = at.getBoundingClientRect();
      [left, top] = [Math.max(left, edge.left), Math.max(top, edge.top)];
      [right, bottom] = [Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
    }
    return { left, top, right, bottom };
  };

  // Only the page's lists scroll, and only vertically.
  for (const it of [document.documentElement, document.body, ...all]) {
    const scrolls = ["auto", "scroll"].includes(style(it).overflowY);
    if (it.scrollWidth > it.clientWidth + 1 && (scrolls || it === document.documentElement)) {
      faults.push(`${name(it)} scrolls horizontally`);
    }
  }
  const { scrollHeight } = document.documentElement;
  if (scrollHeight > innerHeight) faults.push("the whole page scrolls");

  // No text is cut off.
  for (const it of blocks) {
    const box = textBox(it);
    const outside = (edge) => box.left < edge.left - 1 || box.right > edge.right + 1;
    const above = (edge) => box.top < edge.top - 1 || box.bottom > edge.bottom + 1;
    const view = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    const chain = [it, ...ancestors(it)].filter((at) => at !== document.documentElement);
    const scrolls = chain.some((at) => ["auto", "scroll"].includes(style(at).overflowY));
    if (outside(view) || (!scrolls && above(view))) faults.push(`${name(it)} is off the page`);
    for (const at of chain) {
      const edge = at.getBoundingClientRect();
      const clips = style(at).overflowX !== "visible" || at.matches("button, a");
      if (clips && outside(edge)) faults.push(`${name(at)} cuts off ${name(it)}`);
      if (at.matches("button") && above(edge)) faults.push(`${name(at)} is too low for its text`);
    }
  }

  // Nothing overlaps.
  const boxes = [...blocks.map((it) => [it, textBox(it)]),
    ...controls.map((it) => [it, it.getBoundingClientRect()])]
    .map(([it, box]) => [it, clipped(it, box)])
    .filter(([, box]) => box.right - box.left > 1 && box.bottom - box.top > 1);
  boxes.forEach(([a, one], place) => boxes.slice(place + 1).forEach(([b, other]) => {
    if (a.contains(b) || b.contains(a)) return;
    if (a.id === "jump" || b.id === "jump") return; // it is above the words on purpose
    const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    const isBelowPanel = isInPanel(a) !== isInPanel(b)
      && [a, b].some((it) => it.closest("main, header"));
    if (across > 1 && down > 1 && !isBelowPanel) faults.push(`${name(a)} overlaps ${name(b)}`);
  }));

  // A finger needs 44 px. A label belongs to its control.
  const size = (it) => {
    const boxes = [it, ...(it.labels ?? [])].map((at) => at.getBoundingClientRect());
    return ["width", "height"].map((side) => Math.max(...boxes.map((box) => box[side])));
  };
  const touched = "button, a, input, select, [contenteditable]";
  for (const it of matchMedia("(pointer: coarse)").matches ? all : []) {
    if (it.matches(touched) && size(it).some((side) => side < 43.9)) {
      faults.push(`${name(it)} is too small for a finger: ${size(it)}`);
    }
  }

  // Times stand on the base line of the words next to them, or of a speaker's label above these.
  const baseLine = (it) => {
    const probe = document.createElement("span");
    probe.style.display = "inline-block";
    it.prepend(probe);
    const { bottom } = probe.getBoundingClientRect();
    probe.remove();
    return bottom;
  };
  for (const turn of document.querySelectorAll(".turn")) {
    const [time, text] = [".time", ".text"].map((it) => turn.querySelector(it));
    if (!isShown(time) || text.dataset.speaker) continue;
    if (textBox(time).right > text.getBoundingClientRect().left) continue;
    const off = Math.abs(baseLine(time) - baseLine(text.querySelector(".line") ?? text));
    if (off > 0.6) faults.push(`${time.textContent} is ${off} px off the base line`);
  }

  // The longest line, in characters.
  let longest = 0;
  for (const { firstChild } of document.querySelectorAll(".turn:not(.own) .firm, .line")) {
    const range = document.createRange();
    let [line, from] = [undefined, 0];
    for (const { index, 0: word } of (firstChild?.data ?? "").matchAll(/[!-~]+/g)) {
      range.setStart(firstChild, index);
      range.setEnd(firstChild, index + 1);
      const { top } = range.getBoundingClientRect();
      if (top !== line) [line, from] = [top, index];
      longest = Math.max(longest, index + word.length - from);
    }
  }

  const place = (id) => {
    const { left, top, width, height } = document.getElementById(id).getBoundingClientRect();
    return [left, top, width, height].map(Math.round);
  };
  return {
    faults: [...new Set(faults)],
    longest,
    record: place("record"),
    settings: place("settings-button"),
  };
})()
