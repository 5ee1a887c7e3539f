//! Requests to our server: token, network probe, begin and end of a recording.

use inturn_client_core::{
    problem::TokenFailure,
    session::{Attempt, Input, PROBE_TIMEOUT, TOKEN_TIMEOUT},
};
use inturn_protocol::PAGE_HOST_HEADER;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use crate::browser;

/// Requests a token, for a new recording or for another session of one with a lease. The URL is
/// relative, because the worker's script is in the same folder as the page.
pub(super) async fn fetch(attempt: Attempt, lease: Option<String>, dispatch: fn(Input<'_>)) {
    // Longer than the core's own timeout, so that the core decides when to give up.
    let timeout_ms = 2 * TOKEN_TIMEOUT.as_millis() as u32;
    // The worker has the page's origin.
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let host = scope.location().host();
    // Our server's ids are in URL-safe Base64, so they need no escaping.
    let url = lease.map_or_else(|| "token".to_owned(), |id| format!("token?recording={id}"));
    match browser::get(&url, Some((PAGE_HOST_HEADER, &host)), timeout_ms).await {
        Some((status, body)) => dispatch(Input::TokenReply {
            attempt,
            status,
            body: &body,
        }),
        None => dispatch(Input::TokenFailed {
            attempt,
            failure: TokenFailure::Unreachable,
        }),
    }
}

/// Probes whether the network is up. Any response of our server counts, even a late one.
pub(super) async fn probe(attempt: Attempt, dispatch: fn(Input<'_>)) {
    let timeout_ms = 4 * PROBE_TIMEOUT.as_millis() as u32;
    let is_up = browser::get("config", None, timeout_ms).await.is_some();
    dispatch(Input::NetworkProbed { attempt, is_up });
}

#[wasm_bindgen]
extern "C" {
    /// Reports to our server that a session of a recording began, and its model. Defined in
    /// `recorder.js`. If the request fails, the server counts the recording only for the lifetime
    /// of its token.
    #[wasm_bindgen(js_name = inturnBeginRecording)]
    pub(super) fn begin_recording(id: &str, model: Option<String>);

    /// Reports to our server that a recording is over, even while the page is being left. Defined
    /// in `recorder.js`, where it takes a fifth of the bytes. If the request fails, the server's
    /// lease for the recording expires.
    #[wasm_bindgen(js_name = inturnEndRecording)]
    pub(super) fn end_recording(id: &str);
}
