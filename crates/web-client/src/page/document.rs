//! Finding what `index.html` promises.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Window};

use crate::browser::BrowserError;

/// The window. There is one on the page's thread.
pub(super) fn window() -> Result<Window, BrowserError> {
    web_sys::window().ok_or_else(|| missing("window"))
}

/// The document.
pub(super) fn document() -> Result<Document, BrowserError> {
    window()?.document().ok_or_else(|| missing("document"))
}

/// The element with this id and of this kind.
pub(super) fn by_id<T: JsCast>(id: &str) -> Result<T, BrowserError> {
    let element = document()?
        .get_element_by_id(id)
        .ok_or_else(|| missing(id))?;
    element.dyn_into().map_err(|_| missing(id))
}

/// Sets the text if it differs: setting it always would make the browser lay it out anew.
pub(super) fn put(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

fn missing(what: &str) -> BrowserError {
    wasm_bindgen::JsValue::from(js_sys::Error::new(&format!(
        "the page has no {what}, or one of another kind"
    )))
    .into()
}
