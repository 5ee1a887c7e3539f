//! Asking our server for a token.

use gloo_net::http::Request;
use inturn_client_core::problem::TokenFailure;
use inturn_client_core::session::{Attempt, Input};

use super::happened;

/// Asks by a relative address: the worker's script lies where the page lies.
pub(super) async fn fetch(attempt: Attempt) {
    let answer = async {
        let response = Request::get("token").send().await?;
        Ok::<_, gloo_net::Error>((response.status(), response.text().await?))
    };
    match answer.await {
        Ok((status, body)) => happened(Input::TokenReply {
            attempt,
            status,
            body: &body,
        }),
        Err(_) => happened(Input::TokenFailed {
            attempt,
            failure: TokenFailure::Unreachable,
        }),
    }
}
