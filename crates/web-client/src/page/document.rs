//! Access to the elements of `index.html`.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Window};

use crate::browser::BrowserError;

/// Returns the window. It always exists on the page's thread.
pub(super) fn window() -> Result<Window, BrowserError> {
    web_sys::window().ok_or_else(|| missing("window"))
}

/// Returns the document.
pub(super) fn document() -> Result<Document, BrowserError> {
    window()?.document().ok_or_else(|| missing("document"))
}

/// Returns the path of the page's URL.
pub(super) fn path() -> Result<String, BrowserError> {
    Ok(window()?.location().pathname()?)
}

/// Returns `true` if the page is visible, at least in part.
pub(super) fn is_visible() -> bool {
    document().is_ok_and(|document| !document.hidden())
}

/// Returns the element with this id. Fails if it is missing or of another type.
pub(super) fn by_id<T: JsCast>(id: &str) -> Result<T, BrowserError> {
    element(id)?.dyn_into().map_err(|_| missing(id))
}

fn element(id: &str) -> Result<Element, BrowserError> {
    let element = document()?.get_element_by_id(id);
    element.ok_or_else(|| missing(id))
}

/// Sets the text if it differs. Setting an equal text would cause a layout.
pub(super) fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

fn missing(what: &str) -> BrowserError {
    wasm_bindgen::JsValue::from(js_sys::Error::new(&format!(
        "the page has no {what}, or it has another type"
    )))
    .into()
}
