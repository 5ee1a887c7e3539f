//! Copying to the clipboard.

use inturn_web_browser::{BrowserError, dom::document};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlElement, HtmlTextAreaElement};

#[wasm_bindgen]
extern "C" {
    /// Throws on an insecure page, which has no clipboard.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "clipboard"], js_name = writeText)]
    fn write_text(text: &str) -> Result<Promise, JsValue>;
}

/// Copies a text. Returns `false` if the browser refuses. `place` is where the focus is: a popover
/// closes if the focus leaves it.
pub(crate) async fn copy(text: &str, place: &HtmlElement) -> bool {
    if let Ok(written) = write_text(text)
        && JsFuture::from(written).await.is_ok()
    {
        return true;
    }
    copy_by_command(text, place).unwrap_or(false)
}

/// Copies by the old command, which works on insecure pages too: it copies what is selected in a
/// text field.
fn copy_by_command(text: &str, place: &HtmlElement) -> Result<bool, BrowserError> {
    let document: HtmlDocument = document().unchecked_into();
    let focused = document.active_element();
    let field: HtmlTextAreaElement = document.create_element("textarea")?.unchecked_into();
    field.set_class_name("copied");
    field.set_value(text);
    place.append_child(&field)?;
    field.select();
    let is_copied = document.exec_command("copy");
    field.remove();
    if let Some(focused) = focused.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        focused.focus()?;
    }
    Ok(is_copied?)
}
