//! The recording lock, a Web Lock that one tab of this browser can hold.
//!
//! The browser releases the lock of a page that is closed. Browsers without Web Locks, and pages
//! that may not use them, record without the lock.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::document;
use crate::browser::{BrowserError, Exposed, info, spawn};

/// A recording lock, from the request on. Dropping it releases the lock.
pub(super) struct RecordingLock {
    shared: Rc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Set while the lock is held.
    held: RefCell<Option<Held>>,
    /// Whether the request was answered or abandoned. A lock that is granted later is released at
    /// once.
    is_settled: Cell<bool>,
}

/// The browser holds the lock until this function is called.
struct Held {
    release: Function,
    _exposed: Exposed,
}

impl RecordingLock {
    /// Requests the lock. Then calls `answer`, not before this function has returned: with `true`
    /// if this page now holds the lock or the browser refuses to lock anything, with `false` if
    /// another tab holds it. Returns `None` if the browser has no locks.
    pub(super) fn request(answer: impl Fn(bool) + Copy + 'static) -> Option<Self> {
        let locks = locks()?;
        let shared = Rc::new(Shared::default());
        let lock = Self {
            shared: Rc::clone(&shared),
        };
        spawn(async move {
            let granted = {
                let shared = Rc::clone(&shared);
                Closure::new(move |lock: JsValue| shared.granted(!lock.is_null(), answer))
            };
            // Settles when the lock is released, so `granted` lives as long as it may be called.
            if let Err(error) = request(&locks, &granted).await {
                info(&format!("no recording lock: {error}"));
                if !shared.is_settled.replace(true) {
                    answer(true);
                }
            }
        });
        Some(lock)
    }
}

impl Drop for RecordingLock {
    fn drop(&mut self) {
        self.shared.is_settled.set(true);
        if let Some(held) = self.shared.held.take() {
            // Cannot fail: it resolves a promise.
            let _ = held.release.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Shared {
    /// Handles the browser's answer. Returns a promise: the browser holds the lock until it is
    /// resolved.
    fn granted(&self, is_ours: bool, answer: impl Fn(bool)) -> JsValue {
        if self.is_settled.replace(true) {
            return JsValue::UNDEFINED;
        }
        let mut until = JsValue::UNDEFINED;
        if is_ours {
            until = Promise::new(&mut |release, _| {
                let _exposed = Exposed::new("inturnReleaseLock", &release);
                self.held.replace(Some(Held { release, _exposed }));
            })
            .into();
        }
        answer(is_ours);
        until
    }
}

fn locks() -> Option<LockManager> {
    let navigator: Navigator = document::window().navigator().unchecked_into();
    navigator.locks()
}

async fn request(
    locks: &LockManager,
    granted: &Closure<dyn FnMut(JsValue) -> JsValue>,
) -> Result<(), BrowserError> {
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE)?;
    let name = format!("inturn recording {}", folder(&document::path()?));
    JsFuture::from(locks.request(&name, &options, granted)?).await?;
    Ok(())
}

/// Returns the path up to its last slash. Servers at different prefixes of one origin share its
/// locks, but have nothing else in common.
fn folder(path: &str) -> &str {
    let slash = path.rfind('/');
    // Indexing would add the code that describes an invalid index.
    slash.and_then(|slash| path.get(..=slash)).unwrap_or(path)
}

// web-sys marks this API as unstable, and has it only with a flag of the compiler.
// https://www.w3.org/TR/web-locks/
#[wasm_bindgen]
extern "C" {
    type Navigator;

    /// Is absent in older browsers and on plain http.
    #[wasm_bindgen(method, getter)]
    fn locks(this: &Navigator) -> Option<LockManager>;

    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        granted: &Closure<dyn FnMut(JsValue) -> JsValue>,
    ) -> Result<Promise, JsValue>;
}
