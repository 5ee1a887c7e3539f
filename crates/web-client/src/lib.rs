//! The two browser shells over the core: the page and the recorder.
//!
//! One module serves both, since most of its code is the core they share; it is compiled once and
//! started twice, on the page's thread and in a dedicated worker. The page owns what only a page
//! can: the document and the microphone. The recorder owns token, socket and timers, and gets audio
//! straight from the worklet, so that a frozen or hidden page harms no recording.
//!
//! A shell turns browser events into the core's inputs and the core's effects into browser calls.
//! What a recording does is decided in `inturn_client_core`.

mod browser;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "recorder")]
mod recorder;

use wasm_bindgen::prelude::*;

/// Half as long as the standard library's, which every visitor would have to load. A module has one
/// thread, and its memory only grows.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Runs when the module is loaded, on either thread.
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
