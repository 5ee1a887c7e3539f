//! Access to the elements of `index.html`.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Window};

use crate::error::BrowserError;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Document;
}

/// Returns the window, which is the global object of the page's thread.
pub fn window() -> Window {
    js_sys::global().unchecked_into()
}

/// Returns the document.
pub fn document() -> Document {
    DOCUMENT.with(Document::clone)
}

/// Returns the path of the page's URL.
pub fn path() -> Result<String, BrowserError> {
    Ok(window().location().pathname()?)
}

/// Returns `true` if the page is visible, at least in part.
pub fn is_visible() -> bool {
    !document().hidden()
}

/// Returns the element with this id.
///
/// Throws a JavaScript exception if it is missing or of another type. Then the document is not the
/// `index.html` of this build, and `crash.js` shows that the page did not start.
pub fn by_id<T: JsCast>(id: &str) -> T {
    let element = document().get_element_by_id(id);
    match element.map(JsCast::dyn_into) {
        Some(Ok(element)) => element,
        _ => throw_missing(id),
    }
}

/// Sets the text if it differs. Setting an equal text would cause a layout.
pub fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

fn throw_missing(id: &str) -> ! {
    wasm_bindgen::throw_str(&format!("the page has no {id}, or it has another type"))
}
