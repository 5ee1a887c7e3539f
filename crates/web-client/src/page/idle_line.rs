//! The line that announces the end of a recording without words, and its button.

use inturn_page_core::view::guard::IdleView;
use web_sys::{Element, Event, HtmlElement};

use super::document::{by_id, document};
use crate::browser::Listener;

/// The line.
pub(super) struct IdleLine {
    line: HtmlElement,
    text: Element,
    button: HtmlElement,
    scroller: HtmlElement,
    _pressed: Listener,
}

impl IdleLine {
    /// Finds the elements. Each press of the button calls `keep`.
    pub(super) fn find(keep: impl Fn() + 'static) -> Self {
        let button: HtmlElement = by_id("keep");
        Self {
            line: by_id("idle"),
            text: by_id("idle-text"),
            scroller: by_id("scroller"),
            _pressed: Listener::new(&button, "click", move |_: Event| keep()),
            button,
        }
    }

    /// Shows the line, or hides it.
    pub(super) fn show(&self, view: Option<&IdleView>) {
        let Some(view) = view else {
            if document().active_element().as_ref() == Some(self.button.as_ref()) {
                // The focus must not get lost, and must not move to Stop, where the next press of
                // the key would end the recording. Cannot fail for an element of this document.
                let _ = self.scroller.focus();
            }
            self.line.set_hidden(true);
            self.text.set_text_content(None);
            return;
        };
        // Without this, screen readers would read the countdown every second.
        let live = if view.is_announced {
            "assertive"
        } else {
            "off"
        };
        // Cannot fail for a valid attribute name.
        let _ = self.text.set_attribute("aria-live", live);
        self.line.set_hidden(false);
        self.text.set_text_content(Some(&view.sentence));
    }
}
