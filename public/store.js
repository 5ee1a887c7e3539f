// Stores recordings: each change is appended to a file in the origin-private file system.
// `docs/storage.md` describes the format, which the crate `stored` reads.

// These of `Kind` in `page-core` matter here, and the number of audio in `recorder.js`.
const BEGAN = 1;
const DRAFT = 3;
const ENDED = 4;
const AUDIO = 6;
const LEVEL = 10; // of `Event`: the second byte of a message without a kind

const CREATE = { create: true };
const FULL = "QuotaExceededError";
// If the storage is full of audio, that of the last four minutes makes room for the transcript: six
// hours take less.
const RELEASED_BYTES = 8_000_000;

// Returns the function that stores a message of this kind, or audio. `base` is the page's address.
export default (base) => {
  // Requested before the first recording, because a browser's first answer can take seconds.
  const root = (async () => navigator.storage.getDirectory())();
  root.catch(() => {}); // `createFile` reports it
  let add; // to the file of the current recording
  let audio; // the same for its audio, if the person wants to keep it
  let length; // of the recording so far, encoded: what follows the level in a reading
  return (message, kind, firstSample) => {
    if (kind === AUDIO) return audio?.(message, firstSample);
    if (!kind) {
      if (message[1] === LEVEL) length = message.slice(3);
      return;
    }
    if (kind === BEGAN) {
      length = null;
      const name = message.slice(2).join("-");
      add = createFile(root, base, name);
      audio = self.inturnKeepsAudio ? createAudio(root, base, name) : null;
    }
    // The record of the end has the length that the page shows, as `Some(length)`.
    add?.(kind === ENDED && length ? Uint8Array.of(0, 0, 1, ...length) : message, kind);
    if (kind === ENDED) {
      audio?.();
      add = audio = null;
    }
  };
};

// Opens the folder of this page. Servers at different prefixes of one origin share nothing.
const openFolder = async (root, base) =>
  (await root).getDirectoryHandle(encodeURIComponent(base), CREATE);

// Opens a file for writing. Until it is closed, it can be neither changed nor deleted.
const open = async (folder, name) =>
  (await folder.getFileHandle(name, CREATE)).createSyncAccessHandle();

// Creates the file of a recording, and returns the function that adds messages to it.
function createFile(root, base, name) {
  const frames = [Uint8Array.of(2)]; // not written yet: first the version of the format
  let file;
  let end = 0; // of what is written
  let nextDraft = 0;
  let hasEnded;
  let hasFailed;

  // A frame that could not be written is kept for the next attempt, which overwrites its remains.
  const write = () => {
    try {
      while (frames[0]) {
        if (file.write(frames[0], { at: end }) < frames[0].length) throw { name: FULL };
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
    const folder = await openFolder(root, base);
    file = await open(folder, name);
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

// Creates the file of a recording's audio: the samples of the timeline, for `keep-audio.js`.
// Returns the function that adds a chunk, or ends the file if it is called without one.
function createAudio(root, base, name) {
  let file;
  let end = 0;
  let isKept = true;

  const opened = (async () => {
    const folder = await openFolder(root, base);
    await folder.getFileHandle(name, CREATE); // audio without a transcript is deleted
    file = await open(folder, `${name}.pcm`);
    postMessage({ audio: "kept" });
  })();
  opened.catch(() => {}); // the first chunk reports it

  const close = (state) => {
    file?.close();
    file = null;
    isKept = false;
    postMessage({ audio: state });
  };

  return async (chunk, firstSample) => {
    try {
      await opened;
      if (!chunk) return close("over");
      if (!isKept) return;
      // What was not captured is zeros: the browser fills a gap before the new bytes with them.
      const at = 2 * firstSample;
      if (file.write(chunk, { at }) < chunk.length) throw { name: FULL };
      end = at + chunk.length;
    } catch ({ name }) {
      if (!isKept) return;
      file?.truncate(Math.max(0, end - RELEASED_BYTES));
      close(name === FULL ? "full" : "failed");
    }
  };
}
