// Stores recordings: each change is appended to a file in the origin-private file system.
// `docs/storage.md` describes the format, which the crate `stored` reads.

// These of `Kind` in `page-core` matter here.
const BEGAN = 1;
const DRAFT = 3;
const ENDED = 4;

// Returns the function that stores a message of this kind. `base` is the page's address.
export default (base) => {
  // Requested before the first recording, because a browser's first answer can take seconds.
  const root = (async () => navigator.storage.getDirectory())();
  root.catch(() => {}); // `createFile` reports it
  let add; // to the file of the current recording
  return (message, kind) => {
    if (kind === BEGAN) add = createFile(root, base, message.slice(2).join("-"));
    add?.(message, kind);
    if (kind === ENDED) add = null;
  };
};

// Creates the file of a recording, and returns the function that adds messages to it.
function createFile(root, base, name) {
  const frames = [Uint8Array.of(1)]; // not written yet: first the version of the format
  let file;
  let end = 0; // of what is written
  let nextDraft = 0;
  let hasEnded;
  let hasFailed;

  // A frame that could not be written is kept for the next attempt, which overwrites its remains.
  const write = () => {
    try {
      while (frames[0]) {
        if (file.write(frames[0], { at: end }) < frames[0].length) throw frames;
        end += frames.shift().length;
      }
    } catch (error) {
      fail(error);
    }
    if (hasEnded) file.close();
  };

  const fail = ({ name }) => {
    if (!hasFailed) postMessage({ unstored: name });
    hasFailed = true;
  };

  (async () => {
    // Servers at different prefixes of one origin have nothing in common.
    const ours = encodeURIComponent(base);
    const folder = await (await root).getDirectoryHandle(ours, { create: true });
    const handle = await folder.getFileHandle(name, { create: true });
    file = await handle.createSyncAccessHandle();
    write();
  })().catch(fail);

  return (message, kind) => {
    if (hasFailed && !file) return;
    // Drafts are less than a byte per millisecond, so that the file of a long meeting stays small.
    const now = performance.now();
    if (kind === DRAFT) {
      if (now < nextDraft) return;
      nextDraft = now + 1000 + message.length;
    }
    // Length, checksum (FNV-1a), kind, and the content of the event. The kind overwrites the
    // numbers that `ToPage` and `Event` have in the message.
    const frame = new Uint8Array(message.length + 7);
    frame.set(message, 7);
    frame[8] = kind;
    const sum = frame.slice(8).reduce((sum, it) => Math.imul(sum ^ it, 0x1000193), 0x811c9dc5);
    new Uint32Array(frame.buffer, 0, 2).set([message.length - 1, sum]);
    frames.push(frame);
    hasEnded = kind === ENDED;
    if (file) write();
  };
}
