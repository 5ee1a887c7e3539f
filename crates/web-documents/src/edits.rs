//! What a person edits, drawn by `public/edit.js`.

use inturn_page_core::{
    Followed, Kind,
    edits::{CorrectedLine, NamedSpeakers},
};
use inturn_stored::message;
use inturn_transcript::{Change, Document, DocumentChange, TurnId};
use js_sys::Array;
use wasm_bindgen::prelude::*;

/// Where a transcript is shown. The numbers are those of the editors in `edit.js`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The page's recordings.
    OnPage = 0,
    /// The past transcript that is open.
    InPast = 1,
}

// Functions of `edit.js`.
#[wasm_bindgen]
extern "C" {
    /// Adds the page's Edit button, and enables or disables it.
    #[wasm_bindgen(js_namespace = inturnEdits)]
    pub(crate) fn enable(has_words: bool);

    /// Adds the Edit button of past transcripts.
    #[wasm_bindgen(js_namespace = inturnEdits, js_name = addPast)]
    pub(crate) fn add_past();

    #[wasm_bindgen(js_namespace = inturnEdits, js_name = forget)]
    fn forget_in(place: u32);

    /// Shows a sentence.
    #[wasm_bindgen(js_namespace = inturnEdits)]
    pub(crate) fn note(sentence: &str);

    /// Counts the edits that are not stored yet, so that the browser asks before the page is left.
    #[wasm_bindgen(js_namespace = inturnEdits, js_name = countUnstored)]
    pub(crate) fn count_unstored(change: i32);

    #[wasm_bindgen(js_namespace = inturnEdits, js_name = showLine)]
    fn show_line(place: u32, session: u32, turn: u32, text: Option<String>, original: &str);

    #[wasm_bindgen(js_namespace = inturnEdits, js_name = showNames)]
    fn show_names(place: u32, recordings: &Array);

    #[wasm_bindgen(js_namespace = inturnEdits)]
    fn send(message: &[u8]) -> bool;
}

/// Sends a change to the recorder, which stores it and sends it back. Returns `false` if there is
/// no recorder.
pub(crate) fn send_to_recorder(change: &Change) -> bool {
    send(&message(Kind::Changed, change))
}

/// Ends editing, because another transcript is shown.
pub(crate) fn forget(shown: Shown) {
    forget_in(shown as u32);
}

/// Draws what has changed.
pub(crate) fn show(shown: Shown, words: &Document, followed: &Followed) {
    for turn in &followed.turns {
        let mut parts = words.parts().iter();
        let line = parts.find_map(|it| CorrectedLine::of(&it.transcript, *turn));
        show_turn(shown, *turn, line);
    }
    let may_rename = |it: &DocumentChange| {
        let DocumentChange::Transcript { change, .. } = it else {
            return false;
        };
        matches!(change, Change::SpeakerNamed(_) | Change::SessionBegan(_))
    };
    if followed.changes.iter().any(may_rename) {
        show_all_names(shown, words);
    }
}

/// Draws all that a person has edited.
pub(crate) fn show_all(shown: Shown, words: &Document) {
    for part in words.parts() {
        for turn in part.transcript.turns() {
            if let Some(line) = CorrectedLine::of(&part.transcript, turn.id) {
                show_turn(shown, turn.id, Some(line));
            }
        }
    }
    show_all_names(shown, words);
}

fn show_turn(shown: Shown, turn: TurnId, line: Option<CorrectedLine>) {
    let (text, original) = line.map_or((None, String::new()), |it| (Some(it.text), it.original));
    show_line(shown as u32, turn.session, turn.turn, text, &original);
}

fn show_all_names(shown: Shown, words: &Document) {
    let recordings = Array::new();
    for part in words.parts() {
        let NamedSpeakers { sessions, names } = NamedSpeakers::of(&part.transcript);
        let sessions: Array = sessions.into_iter().map(JsValue::from).collect();
        let names: Array = names
            .into_iter()
            .map(|it| {
                let only_session = it.only_session.into();
                let (session, name) = (it.session.into(), it.name.into());
                Array::of4(&session, &it.speaker.into(), &name, &only_session)
            })
            .collect();
        recordings.push(&Array::of2(&sessions, &names));
    }
    show_names(shown as u32, &recordings);
}
