//! Finding text in the page's transcript, for `find.js`.

use inturn_page_core::find;
use wasm_bindgen::prelude::*;

use crate::{query::query, shell::with_words};

/// Returns four numbers for each place: session and turn, and start and end in the row's text, in
/// UTF-16 code units.
#[wasm_bindgen(js_name = inturnFind)]
pub fn find_in_rows(text: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    let found = query(text).and_then(|query| with_words(|words| find::find(words, &query)));
    for place in found.unwrap_or_default() {
        let (turn, utf16) = (place.turn, place.utf16);
        numbers.extend([turn.session, turn.turn, utf16.start, utf16.end]);
    }
    numbers
}
