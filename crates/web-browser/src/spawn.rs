//! Futures on this thread.

use std::{future::Future, pin::Pin};

use wasm_bindgen_futures::spawn_local;

/// Runs a future on this thread. Its first part runs after the current event handler.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    // Boxed, so that the module contains the executor's code once and not for each future.
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    spawn_local(future);
}
