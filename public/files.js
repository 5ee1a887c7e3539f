// The files of stored recordings, for the module `inturn-web-documents`, which knows their format.
// `store.js` writes them while they are made. `docs/storage.md` describes both.

const END_BYTES = 2048; // more than the record of the end, and of a title after it

// Opens the folder with the recordings of this page, which `store.js` creates. Rejects if the
// browser has no such storage.
globalThis.inturnFiles = async () => {
  const root = await navigator.storage.getDirectory();
  const name = encodeURIComponent(new URL(".", location.href).href);
  // `null` if nothing has been stored yet.
  const folder = await root.getDirectoryHandle(name).catch(() => null);
  const open = async (name) => (await folder.getFileHandle(name)).getFile();
  const bytes = async (blob) => new Uint8Array(await blob.arrayBuffer());
  // Safari before 26 has no such function.
  const createStream = async (name) => (await folder.getFileHandle(name)).createWritable();
  // Each file has a lock, which all tabs share: otherwise a change would be lost if another tab
  // reads the file before it, and writes after it. Reading fails while a file is replaced.
  const lock = (file, mode, act) => navigator.locks.request(`${name}/${file}`, { mode }, act);

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

    // Chromium lists its copies of files that are being replaced too: these have other names.
    async names() {
      const found = [];
      if (folder) for await (const it of folder.keys()) found.push(it);
      return found;
    },

    read: (name) => lock(name, "shared", async () => bytes(await open(name))),

    // Returns the last bytes of a file.
    readEnd: (name) =>
      lock(name, "shared", async () => bytes((await open(name)).slice(-END_BYTES))),

    // Returns `true` if a recorder has the file open, in any tab.
    async isLocked(name) {
      try {
        await (await createStream(name)).abort(); // nothing was written, so nothing is lost
        return false;
      } catch (error) {
        return error.name === "NoModificationAllowedError";
      }
    },

    // Replaces a file, all at once, by what `change` returns for its content, unless that is
    // nothing.
    change: (name, change) =>
      lock(name, "exclusive", async () => {
        const content = change(await bytes(await open(name)));
        if (!content) return;
        const stream = await createStream(name);
        await stream.write(content);
        await stream.close();
      }),

    // Fails if a recorder has the file open.
    delete: (name) => lock(name, "exclusive", () => folder?.removeEntry(name)),

    deleteAll: () => folder && root.removeEntry(name, { recursive: true }),
  };
};
