//! Finished turns for screen readers, in a live region of their own.
//!
//! The transcript itself is none: a reader would read every partial, and some finals twice.

use inturn_page_core::view::EntryView;
use web_sys::{Document, HtmlElement};

use super::document::{by_id, document};
use super::transcript::child;
use crate::browser::BrowserError;

/// The live region.
pub(super) struct Announcer {
    document: Document,
    region: HtmlElement,
}

impl Announcer {
    pub(super) fn find() -> Result<Self, BrowserError> {
        Ok(Self {
            document: document()?,
            region: by_id("announcer")?,
        })
    }

    /// Has a turn read out that has ended.
    pub(super) fn say(&self, turn: &EntryView) -> Result<(), BrowserError> {
        let line = child(&self.document, &self.region, "p", "")?;
        if let Some(language) = &turn.language {
            line.set_attribute("lang", language)?;
        }
        line.set_text_content(Some(&turn.announcement()));
        // For people who read on, the transcript has them all.
        if self.region.child_element_count() > KEPT
            && let Some(oldest) = self.region.first_element_child()
        {
            oldest.remove();
        }
        Ok(())
    }

    pub(super) fn clear(&self) {
        self.region.set_text_content(None);
    }
}

/// Enough for turns that end at the same time: a reader may pass over what has gone already.
const KEPT: u32 = 3;
