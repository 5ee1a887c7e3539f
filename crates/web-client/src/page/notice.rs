//! The notice about what stands in for the real service: shown while there are no words, until it
//! is dismissed.

use web_sys::{Element, Event, HtmlElement, Storage};

use super::document::{by_id, window};
use crate::browser::Listener;

/// The notice and its button.
pub(super) struct Notice {
    element: HtmlElement,
    text: Element,
    _dismissed: Listener,
}

impl Notice {
    pub(super) fn find() -> Self {
        let element: HtmlElement = by_id("notice");
        let text: Element = by_id("notice-text");
        let scroller: HtmlElement = by_id("scroller");
        let button: HtmlElement = by_id("notice-close");
        let (shown, shown_text) = (element.clone(), text.clone());
        let dismissed = Listener::new(&button, "click", move |_: Event| {
            shown.set_hidden(true);
            // The focus was on the button, which is hidden now. Cannot fail for an element of this
            // document.
            let _ = scroller.focus();
            if let (Some(storage), Some(dismissed_text)) = (storage(), shown_text.text_content()) {
                // If nothing can be stored, the notice reappears at the next load.
                let _ = storage.set_item(DISMISSED, &dismissed_text);
            }
        });
        Self {
            element,
            text,
            _dismissed: dismissed,
        }
    }

    /// Shows the notice, unless a notice with this text was dismissed.
    pub(super) fn show(&self, notice: Option<&str>) {
        let dismissed = storage().and_then(|it| it.get_item(DISMISSED).ok().flatten());
        let notice = notice.filter(|notice| dismissed.as_deref() != Some(*notice));
        self.text.set_text_content(notice);
        self.element.set_hidden(notice.is_none());
    }
}

/// Returns `None` if the browser blocks storage: the property then throws or is null.
fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

/// The storage key. It has a prefix because pages of one origin share their storage.
const DISMISSED: &str = "inturn.dismissed";
