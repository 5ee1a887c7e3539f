//! Asking our server for a token.

use inturn_client_core::problem::TokenFailure;
use inturn_client_core::session::{Attempt, Input, PROBE_TIMEOUT, TOKEN_TIMEOUT};
use inturn_protocol::PAGE_HOST_HEADER;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use crate::browser;

/// Asks by a relative address: the worker's script lies where the page lies.
pub(super) async fn fetch(attempt: Attempt, happened: fn(Input<'_>)) {
    // The core has given the attempt up by then.
    let patience_ms = 2 * TOKEN_TIMEOUT.as_millis() as u32;
    // The worker's own address, which is of the page's origin.
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let host = scope.location().host();
    match browser::get("token", Some((PAGE_HOST_HEADER, &host)), patience_ms).await {
        Some((status, body)) => happened(Input::TokenReply {
            attempt,
            status,
            body: &body,
        }),
        None => happened(Input::TokenFailed {
            attempt,
            failure: TokenFailure::Unreachable,
        }),
    }
}

/// Finds out whether the network is up: any answer of our server will do, a late one too.
pub(super) async fn probe(attempt: Attempt, happened: fn(Input<'_>)) {
    let patience_ms = 4 * PROBE_TIMEOUT.as_millis() as u32;
    let is_up = browser::get("config", None, patience_ms).await.is_some();
    happened(Input::NetworkProbed { attempt, is_up });
}

#[wasm_bindgen]
extern "C" {
    /// Tells our server that a recording's session began, and with which model. It stands in `recorder.js`,
    /// as the next one does. Unheard, the recording counts no longer than its token.
    #[wasm_bindgen(js_name = inturnBeginRecording)]
    pub(super) fn begin_recording(id: &str, model: Option<String>);

    /// Tells our server that a recording is over, even while the page goes. It stands in `recorder.js`,
    /// where it takes a fifth of the bytes. Unheard, the recording ends by itself.
    #[wasm_bindgen(js_name = inturnEndRecording)]
    pub(super) fn end_recording(id: &str);
}
