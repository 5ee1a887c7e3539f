//! The style sheet of this module, which also has the rules for print.

use inturn_web_browser::{BrowserError, Listener, dom::document};
use wasm_bindgen::prelude::*;
use web_sys::{Event, HtmlLinkElement};

/// Loads the style sheet, and calls `loaded` when it is there or can't be loaded: the menu works
/// without it. The result is the listener for that.
pub(crate) fn load(
    mut loaded: impl FnMut() + Copy + 'static,
) -> Result<[Listener; 2], BrowserError> {
    let document = document();
    let link: HtmlLinkElement = document.create_element("link")?.unchecked_into();
    link.set_rel("stylesheet");
    link.set_href("documents.css");
    let listeners =
        ["load", "error"].map(|event| Listener::new(&link, event, move |_: Event| loaded()));
    if let Some(head) = document.query_selector("head")? {
        head.append_child(&link)?;
    }
    Ok(listeners)
}
