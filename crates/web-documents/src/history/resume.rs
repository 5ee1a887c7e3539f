//! Going on with a past transcript: it is put on the page, and the next recording is below it.

use inturn_stored::{
    StoredRecording,
    history::{NEWER, PAGE_IN_USE},
    info_of_name,
};
use inturn_transcript::RecordingId;
use inturn_web_browser::{BrowserError, dom::by_id};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use super::{files::Files, panel};
use crate::edits::note;

#[wasm_bindgen]
extern "C" {
    /// Passes the page a message as if the recorder had sent it. Defined in `documents.js`.
    #[wasm_bindgen(js_name = inturnReplay)]
    fn replay(message: Uint8Array);
}

/// What the page shows, compared with a recording.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageHas {
    /// No words.
    Nothing,
    /// This recording.
    It,
    /// Other recordings. The numbers of their sessions may be the same, and identify its rows.
    Others,
}

/// Puts a stored recording on the page, unless it is there, and starts to record. Returns whether
/// the stored one was interrupted. Does nothing during a recording, when the style sheet hides the
/// button.
pub(super) async fn resume(
    name: &str,
    page_has: fn(RecordingId) -> PageHas,
) -> Result<bool, BrowserError> {
    if by_id::<Element>("status")
        .get_attribute("data-state")
        .as_deref()
        != Some("idle")
    {
        return Ok(false);
    }
    let files = Files::open().await?;
    let info = info_of_name(name).unwrap_or_default();
    let Ok(stored) = StoredRecording::read(&files.read(name).await?) else {
        panel::show_status(NEWER);
        return Ok(false);
    };
    match page_has(info.id) {
        PageHas::Others => {
            note(PAGE_IN_USE);
            return Ok(false);
        }
        PageHas::Nothing => {
            for message in stored.messages(info) {
                replay(Uint8Array::from(message.as_slice()));
            }
        }
        PageHas::It => {}
    }
    by_id::<HtmlElement>("history").hide_popover()?;
    by_id::<HtmlElement>("record").click();
    Ok(!stored.document(info).is_complete())
}
