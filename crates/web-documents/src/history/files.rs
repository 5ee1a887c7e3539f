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

    /// Returns the names of all files.
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

    /// Returns `true` if a recorder has the file open, in any tab.
    pub(crate) async fn is_locked(&self, name: &str) -> Result<bool, BrowserError> {
        Ok(self.0.is_locked(name).await? == JsValue::TRUE)
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

    /// Deletes a file. Fails if a recorder has it open.
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

    #[wasm_bindgen(method, catch, js_name = isLocked)]
    async fn is_locked(this: &Folder, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn change(
        this: &Folder,
        name: &str,
        change: &Closure<dyn FnMut(Vec<u8>) -> Option<Vec<u8>>>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn delete(this: &Folder, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deleteAll)]
    async fn delete_all(this: &Folder) -> Result<JsValue, JsValue>;
}
