// The files of stored recordings, for the module `inturn-web-documents`, which knows their format.
// `store.js` writes them while they are made. `docs/storage.md` describes both.

const AUDIO = ".pcm"; // added to the name by `store.js`
const COPY = ".crswap"; // ends the name of Chromium's copy of a file that is being replaced
const CREATE = { create: true };
const END_BYTES = 2048; // more than the record of the end, and of a title after it

// Opens the folder with the recordings of this page, which `store.js` creates. Rejects if the
// browser has no such storage.
globalThis.inturnFiles = async () => {
  const root = await navigator.storage.getDirectory();
  const name = encodeURIComponent(new URL(".", location.href).href);
  // `null` if nothing has been stored yet.
  let folder = await root.getDirectoryHandle(name).catch(() => null);
  const find = async (name) => folder.getFileHandle(name);
  const open = async (name) => (await find(name)).getFile();
  const isAudio = (name) => name.endsWith(AUDIO);
  const audio = async (name) => open(name + AUDIO).catch(() => {});
  const remove = async (name) => folder?.removeEntry(name);
  const bytes = async (blob) => new Uint8Array(await blob.arrayBuffer());
  // Safari before 26 has no such function.
  const createStream = async (name) => (await find(name)).createWritable();
  const replace = async (name, content) => {
    const stream = await createStream(name);
    await stream.write(content);
    await stream.close();
  };
  // Each file has a lock, which all tabs share: otherwise a change would be lost if another tab
  // reads the file before it, and writes after it. Reading fails while a file is replaced.
  const request = (file, options, act) => navigator.locks.request(`${name}/${file}`, options, act);
  const lock = (file, mode, act) => request(file, { mode }, act);

  return {
    // Returns `false` if the server does not allow to store transcripts. The first module has asked
    // it, so the answer is in the browser's cache. Without an answer, nothing is deleted.
    async isAllowed() {
      try {
        const config = await fetch("config", { cache: "force-cache" });
        return (await config.json()).store_transcripts !== false;
      } catch {
        return true;
      }
    },

    // Returns the names of transcripts. Audio whose transcript is gone is deleted. So are copies
    // that Chromium has left because it was killed, which it lists too.
    async names() {
      const found = [];
      if (folder) for await (const it of folder.keys()) found.push(it);
      for (const it of found.filter((it) => it.endsWith(COPY))) {
        const removeIf = (isUnused) => isUnused && remove(it);
        await request(it.split(".")[0], { ifAvailable: true }, removeIf).catch(() => {});
      }
      for (const name of found.filter(isAudio)) {
        const { name: error } = await find(name.slice(0, -AUDIO.length)).catch((it) => it);
        // Fails if a recorder has it open.
        if (error === "NotFoundError") await remove(name).catch(() => {});
      }
      return found.filter((name) => !name.includes("."));
    },

    // Returns the file with the audio of a recording; `undefined` if none was kept.
    audio,

    read: (name) => lock(name, "shared", async () => bytes(await open(name))),

    // Returns the last bytes of a file.
    readEnd: (name) =>
      lock(name, "shared", async () => bytes((await open(name)).slice(-END_BYTES))),

    // Returns whether a recorder has the file open, in any tab, and the length of the audio.
    state: (name) =>
      lock(name, "shared", async () => {
        let isLocked = false;
        try {
          await (await createStream(name)).abort(); // nothing was written, so nothing is lost
        } catch (error) {
          isLocked = error.name === "NoModificationAllowedError";
        }
        return [isLocked, (await audio(name))?.size ?? 0];
      }),

    // Replaces a file, all at once, by what `change` returns for its content, unless that is
    // nothing.
    change: (name, change) =>
      lock(name, "exclusive", async () => {
        const content = change(await bytes(await open(name)));
        if (content) await replace(name, content);
      }),

    // Replaces or creates files: each by what its function returns for the content, which is empty
    // if the file is new, unless that is nothing. A file that a recorder has open stays as it is.
    // If one can't be written, those that are new are removed. Returns `false` if all stayed.
    async keep(files) {
      const created = [];
      let isChanged = false;
      folder ??= await root.getDirectoryHandle(name, CREATE);
      const keepOne = async (file, change) => {
        const handle = await folder.getFileHandle(file, CREATE);
        const old = await bytes(await handle.getFile());
        if (!old.length) created.push(file);
        const content = change(old);
        if (!content) return;
        try {
          await replace(file, content);
          isChanged = true;
        } catch (error) {
          if (error.name !== "NoModificationAllowedError") throw error;
        }
      };
      try {
        for (const [file, change] of files) {
          await lock(file, "exclusive", () => keepOne(file, change));
        }
      } catch (error) {
        for (const file of created) {
          await lock(file, "exclusive", () => remove(file)).catch(() => {});
        }
        throw error;
      }
      return isChanged;
    },

    // Fails if a recorder has the file open.
    delete: (name) =>
      lock(name, "exclusive", async () => {
        await remove(name);
        await remove(name + AUDIO).catch(() => {}); // few have one
      }),

    deleteAll: () => folder && root.removeEntry(name, { recursive: true }),
  };
};
