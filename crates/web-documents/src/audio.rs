//! The audio of recordings, which `public/keep-audio.js` offers as WAV files.

use inturn_page_core::export::{audio_file_name, downloaded};
use inturn_stored::file_name;
use inturn_transcript::Document;
use js_sys::Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = inturnOfferAudio)]
    fn offer_audio(place: &str, recordings: &Array);
}

/// Offers the audio of a document's recordings, as far as it was kept. The ids of the elements
/// begin with `place`.
pub(crate) fn offer(place: &str, words: &Document) {
    let recordings = words.parts().iter().map(|part| {
        let wav = audio_file_name(words, part.info);
        Array::of3(
            &file_name(part.info).into(),
            &downloaded(&wav).into(),
            &wav.into(),
        )
    });
    offer_audio(place, &recordings.collect());
}
