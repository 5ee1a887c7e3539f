//! Files for the person, made on the page.

use inturn_web_browser::{BrowserError, dom::document};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// A file that the browser saves. Dropping it frees its memory, so it must live until the browser
/// has read it.
pub(crate) struct Download {
    url: String,
}

impl Download {
    /// Creates a file.
    pub(crate) fn new(content: &str, media_type: &str) -> Result<Self, BrowserError> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let content = Array::of1(&content.into());
        let blob = Blob::new_with_str_sequence_and_options(&content, &options)?;
        let url = Url::create_object_url_with_blob(&blob)?;
        Ok(Self { url })
    }

    /// Returns a link that saves the file under this name when it is clicked.
    pub(crate) fn link(&self, name: &str) -> Result<HtmlAnchorElement, BrowserError> {
        let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
        link.set_href(&self.url);
        link.set_download(name);
        Ok(link)
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // Cannot fail for an address that was created here.
        let _ = Url::revoke_object_url(&self.url);
    }
}
