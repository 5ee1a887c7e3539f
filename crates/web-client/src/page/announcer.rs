//! Finished turns for screen readers, in a separate live region.
//!
//! The transcript itself is not a live region: a screen reader would read every partial, and some
//! finals twice.

use inturn_page_core::view::EntryView;
use web_sys::{Document, HtmlElement};

use super::{
    document::{by_id, document},
    transcript::child,
};
use crate::browser::BrowserError;

/// The live region.
pub(super) struct Announcer {
    document: Document,
    region: HtmlElement,
}

impl Announcer {
    pub(super) fn find() -> Self {
        Self {
            document: document(),
            region: by_id("announcer"),
        }
    }

    /// Makes screen readers read a turn that has ended.
    pub(super) fn announce(&self, turn: &EntryView) -> Result<(), BrowserError> {
        let line = child(&self.document, &self.region, "p", "")?;
        if let Some(language) = &turn.language {
            line.set_attribute("lang", language)?;
        }
        line.set_text_content(Some(&turn.announcement()));
        // The transcript keeps all turns for later reading.
        if self.region.child_element_count() > MAX_LINES
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

/// Number of turns to keep, enough for turns that end at the same time: a screen reader may skip a
/// turn that was already removed.
const MAX_LINES: u32 = 3;
