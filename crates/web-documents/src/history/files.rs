//! The files of stored recordings, in the origin-private file system.

use inturn_stored::StoredRecording;
use inturn_web_browser::{BrowserError, dom::window};
use js_sys::{IteratorNext, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemRemoveOptions,
    FileSystemWritableFileStream, Url,
};

/// The folder with the recordings of this page, which `store.js` creates.
pub(crate) struct Files {
    root: FileSystemDirectoryHandle,
    name: String,
    /// `None` if nothing has been stored yet.
    folder: Option<FileSystemDirectoryHandle>,
}

impl Files {
    /// Opens the folder. Fails if the browser has no such storage.
    pub(crate) async fn open() -> Result<Self, BrowserError> {
        let root: FileSystemDirectoryHandle = JsFuture::from(root()?).await?.unchecked_into();
        let page = Url::new_with_base(".", &window().location().href()?)?.href();
        let name = String::from(js_sys::encode_uri_component(&page));
        let folder = JsFuture::from(root.get_directory_handle(&name)).await;
        let folder = folder.ok().map(JsValue::unchecked_into);
        Ok(Self { root, name, folder })
    }

    /// Returns the names of all files.
    pub(crate) async fn names(&self) -> Result<Vec<String>, BrowserError> {
        let mut names = Vec::new();
        let Some(folder) = &self.folder else {
            return Ok(names);
        };
        let keys = folder.keys();
        loop {
            let next = JsFuture::from(keys.next()?).await?;
            let next: IteratorNext = next.unchecked_into();
            if next.done() {
                return Ok(names);
            }
            names.extend(next.value().as_string());
        }
    }

    /// Reads a file.
    pub(crate) async fn read(&self, name: &str) -> Result<Vec<u8>, BrowserError> {
        let handle = self.handle(name).await?;
        let file: File = JsFuture::from(handle.get_file()).await?.unchecked_into();
        bytes(file.array_buffer()).await
    }

    /// Returns `true` if the file says that its recording ended. It reads only the end of it.
    pub(crate) async fn has_ended(&self, name: &str) -> Result<bool, BrowserError> {
        let handle = self.handle(name).await?;
        let file: File = JsFuture::from(handle.get_file()).await?.unchecked_into();
        let end = file.slice_with_f64((file.size() - END_BYTES).max(0.0))?;
        let end = bytes(end.array_buffer()).await?;
        Ok(StoredRecording::ends(&end))
    }

    /// Returns `true` if a recorder has the file open, in any tab.
    pub(crate) async fn is_locked(&self, name: &str) -> bool {
        match self.writable(name).await {
            Ok(stream) => {
                // Nothing was written, so nothing can be lost.
                let _ = JsFuture::from(stream.abort()).await;
                false
            }
            Err(error) => error.name() == "NoModificationAllowedError",
        }
    }

    /// Replaces a file, all at once.
    pub(crate) async fn write(&self, name: &str, content: &[u8]) -> Result<(), BrowserError> {
        let stream = self.writable(name).await?;
        let content = Uint8Array::from(content);
        JsFuture::from(stream.write_with_js_u8_array(&content)?).await?;
        JsFuture::from(stream.close()).await?;
        Ok(())
    }

    /// Deletes a file. Fails if a recorder has it open.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), BrowserError> {
        if let Some(folder) = &self.folder {
            JsFuture::from(folder.remove_entry(name)).await?;
        }
        Ok(())
    }

    /// Deletes the folder with all files.
    pub(crate) async fn delete_folder(self) -> Result<(), BrowserError> {
        if self.folder.is_some() {
            let options = FileSystemRemoveOptions::new();
            options.set_recursive(true);
            let removed = self.root.remove_entry_with_options(&self.name, &options);
            JsFuture::from(removed).await?;
        }
        Ok(())
    }

    async fn handle(&self, name: &str) -> Result<FileSystemFileHandle, BrowserError> {
        let folder = self.folder.as_ref().ok_or(JsValue::NULL)?;
        let handle = JsFuture::from(folder.get_file_handle(name)).await?;
        Ok(handle.unchecked_into())
    }

    async fn writable(&self, name: &str) -> Result<FileSystemWritableFileStream, BrowserError> {
        let handle: Writable = self.handle(name).await?.unchecked_into();
        let stream = JsFuture::from(handle.create_writable()?).await?;
        Ok(stream.unchecked_into())
    }
}

async fn bytes(buffer: Promise) -> Result<Vec<u8>, BrowserError> {
    let buffer = JsFuture::from(buffer).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

// Unlike those of web-sys, these return an exception if the browser has no such function.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = getDirectory)]
    fn root() -> Result<Promise, JsValue>;

    /// A file handle. Safari before 26 has no such function.
    type Writable;

    #[wasm_bindgen(method, catch, js_name = createWritable)]
    fn create_writable(this: &Writable) -> Result<Promise, JsValue>;
}

/// More than the record of the end, and of a title after it.
const END_BYTES: f64 = 2_048.0;
