//! The notice about demo mode, which a person can dismiss for as long as the tab is open.

use web_sys::{Element, Event, HtmlElement, Storage};

use super::document::{by_id, window};
use crate::browser::{BrowserError, Listener};

/// The notice and its button.
pub(super) struct Notice {
    element: HtmlElement,
    text: Element,
    _dismissed: Listener,
}

impl Notice {
    pub(super) fn find() -> Result<Self, BrowserError> {
        let element: HtmlElement = by_id("notice")?;
        let text: Element = by_id("notice-text")?;
        let scroller: HtmlElement = by_id("scroller")?;
        let button: HtmlElement = by_id("notice-close")?;
        let (shown, said) = (element.clone(), text.clone());
        let dismissed = Listener::new(&button, "click", move |_: Event| {
            shown.set_hidden(true);
            // The button took the focus with it. Fails for no element of this document.
            let _ = scroller.focus();
            if let (Some(storage), Some(said)) = (storage(), said.text_content()) {
                // Where nothing can be stored, the notice comes back with the next load.
                let _ = storage.set_item(DISMISSED, &said);
            }
        })?;
        Ok(Self {
            element,
            text,
            _dismissed: dismissed,
        })
    }

    /// Shows it, unless it was dismissed in these words.
    pub(super) fn show(&self, notice: Option<&str>) {
        let dismissed = storage().and_then(|it| it.get_item(DISMISSED).ok().flatten());
        let notice = notice.filter(|notice| dismissed.as_deref() != Some(*notice));
        self.text.set_text_content(notice);
        self.element.set_hidden(notice.is_none());
    }
}

/// Browsers that are told to keep nothing throw already here, or have none.
fn storage() -> Option<Storage> {
    window().ok()?.session_storage().ok()?
}

/// Pages of one origin share their storage.
const DISMISSED: &str = "inturn.dismissed";
