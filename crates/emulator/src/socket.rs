//! The WebSocket route.
//!
//! The upgrade is completed even if the request is wrong: a browser can read an error only from the
//! socket, not from the HTTP response.

use axum::{
    extract::{RawQuery, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use crate::{
    admission,
    faults::Fault,
    service::Service,
    session::{self, SessionRequest},
};

/// Upgrades a request and runs its session.
pub(crate) async fn upgrade(
    State(service): State<Service>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    if service.is_stopping() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let (number, faults) = service.faults.next_session();
    for fault in &faults {
        if let Fault::RefuseUpgrade { status } = fault {
            return StatusCode::from_u16(*status)
                .unwrap_or(StatusCode::FORBIDDEN)
                .into_response();
        }
    }
    let Ok(id) = service.tokens.session_id() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let admission = admission::admit(&service, &headers, &query.unwrap_or_default());
    let request = SessionRequest {
        id,
        number,
        faults,
        admission,
    };
    upgrade
        .max_message_size(MAX_BUFFERED_BYTES)
        .max_frame_size(MAX_BUFFERED_BYTES)
        .on_upgrade(move |socket| session::run(service, socket, request))
}

/// Largest message that is read into memory, with or without a token: twice the 128 KB that the
/// service accepts. A larger one is refused with 1009 as soon as its length is known.
const MAX_BUFFERED_BYTES: usize = 256 * 1024;
