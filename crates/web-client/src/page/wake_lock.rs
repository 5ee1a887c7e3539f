//! The screen wake lock, which keeps the screen on during a recording.
//!
//! A phone whose screen turns off suspends the page and its microphone. Browsers without the API,
//! and systems that refuse the lock (to save power, for example), record without it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::document;
use crate::browser::spawn;

/// A wake lock, from the request on. Dropping it releases the lock.
#[derive(Default)]
pub(super) struct WakeLock {
    shared: Rc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The lock, once the browser has granted it.
    sentinel: RefCell<Option<Sentinel>>,
    /// Whether the owner is gone. A lock that is granted later is released at once.
    is_dropped: Cell<bool>,
}

impl WakeLock {
    /// Requests a lock. The browser releases it when the page is hidden.
    pub(super) fn request() -> Self {
        let lock = Self::default();
        let shared = Rc::clone(&lock.shared);
        spawn(async move {
            // A refusal needs no report: the recording works without the lock.
            let Some(sentinel) = granted().await else {
                return;
            };
            if shared.is_dropped.get() {
                release(&sentinel);
            } else {
                shared.sentinel.replace(Some(sentinel));
            }
        });
        lock
    }
}

impl Drop for WakeLock {
    fn drop(&mut self) {
        self.shared.is_dropped.set(true);
        if let Some(sentinel) = self.shared.sentinel.take() {
            release(&sentinel);
        }
    }
}

async fn granted() -> Option<Sentinel> {
    let navigator: Navigator = document::window().navigator().unchecked_into();
    let promise = navigator.wake_lock()?.request("screen").ok()?;
    let sentinel = JsFuture::from(promise).await.ok()?;
    Some(sentinel.unchecked_into())
}

fn release(sentinel: &Sentinel) {
    if let Ok(promise) = sentinel.release() {
        // Unobserved, a rejection would be reported as an error of the page.
        spawn(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}

// web-sys marks this API as unstable, and has it only with a flag of the compiler.
// https://www.w3.org/TR/screen-wake-lock/
#[wasm_bindgen]
extern "C" {
    type Navigator;

    /// Is absent in older browsers and on plain http.
    #[wasm_bindgen(method, getter, js_name = wakeLock)]
    fn wake_lock(this: &Navigator) -> Option<Locks>;

    type Locks;

    #[wasm_bindgen(method, catch)]
    fn request(this: &Locks, kind: &str) -> Result<Promise, JsValue>;

    type Sentinel;

    #[wasm_bindgen(method, catch)]
    fn release(this: &Sentinel) -> Result<Promise, JsValue>;
}
