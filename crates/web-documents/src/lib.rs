#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod audio;
mod choices;
mod clipboard;
mod download;
mod edits;
pub mod find;
mod history;
mod messages;
mod panel;
mod query;
mod selection;
mod shell;
mod style;
mod unicode;

use inturn_page_core::edits::Edit;
use inturn_transcript::{TurnId, export::wav_header};
use wasm_bindgen::prelude::*;

/// The allocator, as in `inturn-web-client`.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Takes over the messages that were kept, and fills the menu.
#[wasm_bindgen(start)]
fn start() -> Result<(), JsValue> {
    shell::report_panics();
    shell::start()?;
    Ok(())
}

/// Returns the header of a WAV file with this many bytes of audio.
#[wasm_bindgen(js_name = inturnWavHeader)]
pub fn header_of_wav(audio_bytes: f64) -> Vec<u8> {
    wav_header(audio_bytes as u64)
}

/// A person has corrected a line of the page, or of a past transcript. Returns `false` if there is
/// no such line, or after a crash.
#[wasm_bindgen]
pub fn correct(is_past: bool, session: u32, turn: u32, text: &str) -> bool {
    shell::edit(is_past, TurnId { session, turn }, Edit::Corrected(text))
}

/// A person wants the service's text of a line back. Returns the same as [`correct`].
#[wasm_bindgen]
pub fn undo(is_past: bool, session: u32, turn: u32) -> bool {
    shell::edit(is_past, TurnId { session, turn }, Edit::Undone)
}

/// A person has named the speaker of a line. Returns the same as [`correct`].
#[wasm_bindgen]
pub fn rename(is_past: bool, session: u32, turn: u32, name: &str, only_session: bool) -> bool {
    let named = Edit::Named { name, only_session };
    shell::edit(is_past, TurnId { session, turn }, named)
}
