#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod choices;
mod clipboard;
mod download;
pub mod find;
mod history;
mod messages;
mod panel;
mod query;
mod selection;
mod shell;
mod style;
mod unicode;

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
