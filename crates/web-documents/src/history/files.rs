//! The files of stored recordings, which `public/files.js` reads and writes.

use inturn_stored::StoredRecording;
use inturn_web_browser::BrowserError;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

/// The folder with the recordings of this page.
pub(crate) struct Files(Folder);

impl Files {
    /// Opens the folder. Fails if the browser has no such storage.
    pub(crate) async fn open() -> Result<Self, BrowserError> {
        Ok(Self(open().await?.unchecked_into()))
    }

    /// Returns `false` if the server does not allow to store transcripts.
    pub(crate) async fn is_allowed(&self) -> Result<bool, BrowserError> {
        Ok(self.0.is_allowed().await? != JsValue::FALSE)
    }

    /// Returns the names of all transcripts.
    pub(crate) async fn names(&self) -> Result<Vec<String>, BrowserError> {
        let names: Array = self.0.names().await?.unchecked_into();
        Ok(names.iter().filter_map(|it| it.as_string()).collect())
    }

    /// Reads a file.
    pub(crate) async fn read(&self, name: &str) -> Result<Vec<u8>, BrowserError> {
        let bytes: Uint8Array = self.0.read(name).await?.unchecked_into();
        Ok(bytes.to_vec())
    }

    /// Returns `true` if the file says that its recording ended. It reads only the end of it.
    pub(crate) async fn has_ended(&self, name: &str) -> Result<bool, BrowserError> {
        let end: Uint8Array = self.0.read_end(name).await?.unchecked_into();
        Ok(StoredRecording::ends(&end.to_vec()))
    }

    /// Returns whether a recorder has the file open, in any tab, and the length of the recording's
    /// audio in bytes: 0 if none was kept.
    pub(crate) async fn state(&self, name: &str) -> Result<(bool, u64), BrowserError> {
        let state: Array = self.0.state(name).await?.unchecked_into();
        let bytes = state.get(1).as_f64().unwrap_or_default();
        Ok((state.get(0) == JsValue::TRUE, bytes as u64))
    }

    /// Replaces a file, all at once, by what `change` returns for its content, unless that is
    /// `None`. No tab changes the file in between.
    pub(crate) async fn change(
        &self,
        name: &str,
        change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>> + 'static,
    ) -> Result<(), BrowserError> {
        self.0.change(name, &Closure::once(change)).await?;
        Ok(())
    }

    /// Replaces or creates files: `files` has for each an array of its name, and of a function like
    /// that of [`change`](Self::change). A new file is empty. If one can't be written, those that
    /// are new are removed. Returns `false` if all stayed as they were.
    pub(crate) async fn keep(&self, files: &Array) -> Result<bool, BrowserError> {
        Ok(self.0.keep(files).await? == JsValue::TRUE)
    }

    /// Deletes a recording's audio and its file. Fails if a recorder has it open.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), BrowserError> {
        self.0.delete(name).await?;
        Ok(())
    }

    /// Deletes the folder with all files.
    pub(crate) async fn delete_folder(self) -> Result<(), BrowserError> {
        self.0.delete_all().await?;
        Ok(())
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = inturnFiles)]
    async fn open() -> Result<JsValue, JsValue>;

    type Folder;

    #[wasm_bindgen(method, catch, js_name = isAllowed)]
    async fn is_allowed(this: &Folder) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn names(this: &Folder) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn read(this: &Folder, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = readEnd)]
    async fn read_end(this: &Folder, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn state(this: &Folder, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn change(
        this: &Folder,
        name: &str,
        change: &Closure<dyn FnMut(Vec<u8>) -> Option<Vec<u8>>>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn keep(this: &Folder, files: &Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn delete(this: &Folder, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deleteAll)]
    async fn delete_all(this: &Folder) -> Result<JsValue, JsValue>;
}
