#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod browser;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "recorder")]
mod recorder;

use wasm_bindgen::prelude::*;

/// The allocator. Its code is half the size of the standard library's, which every visitor would
/// have to download. It suffices because a module has one thread and its memory only grows.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Starts the page or the recorder. It runs when the module is loaded, on both threads.
#[wasm_bindgen(start)]
fn start() -> Result<(), JsValue> {
    browser::report_panics();
    if js_sys::global().is_instance_of::<web_sys::Window>() {
        #[cfg(feature = "page")]
        page::start()?;
    } else {
        #[cfg(feature = "recorder")]
        recorder::start()?;
    }
    Ok(())
}
