//! Requests that are refused before any handler sees them.
//!
//! Both checks are part of the layer around all routes, so that no route can do without.

#[cfg(test)]
mod tests;

use axum::{
    extract::Request,
    http::Method,
    response::{IntoResponse, Response},
};

use crate::{
    access::{Denied, own_page},
    caller::Caller,
    error::ApiError,
    route_table::{CrossSite, Route, RouteId},
    state::AppState,
};

/// The answer to a request that may not come in. Probes come by address and see nothing, so they may.
pub(crate) fn not_admitted(app: &AppState, route: &Route, request: &Request) -> Option<Response> {
    if route.is_probe {
        return None;
    }
    let admitted = app.access().admits(request.version(), request.headers());
    let denied = admitted.err()?;
    if let Some(line) = app.refusals().count(denied.kind()) {
        tracing::warn!(
            target: ACCESS,
            cause = %denied,
            left_out = line.left_out,
            "a request was refused"
        );
    }
    Some(ApiError::from(denied).into_response())
}

/// The answer to what a page of another site asks, where the route's rule refuses that.
pub(crate) fn cross_site(app: &AppState, route: &Route, request: &Request) -> Option<Response> {
    let Some(caller) = request.extensions().get::<Caller>() else {
        // The layer notes the caller first; without one, nothing shows whose page asks.
        return Some(ApiError::CROSS_SITE.into_response());
    };
    let denied = check(route.cross_site, caller, request).err()?;
    let address = caller.address;
    if let Some(line) = app.refusals().count(denied.kind()) {
        let left_out = line.left_out;
        match route.id {
            RouteId::Token => tracing::warn!(
                target: TOKEN, %address, cause = %denied, left_out,
                "no token was handed out"
            ),
            RouteId::LocalSocket | RouteId::LocalToken | RouteId::LocalRoot => tracing::warn!(
                target: ACCESS, %address, cause = %denied, left_out,
                "a socket of the local service was refused"
            ),
            _ => tracing::warn!(
                target: ACCESS, %address, cause = %denied, left_out,
                "a request was refused"
            ),
        }
    }
    Some(ApiError::from(denied).into_response())
}

fn check(rule: CrossSite, caller: &Caller, request: &Request) -> Result<(), Denied> {
    let headers = request.headers();
    match rule {
        CrossSite::Allowed => Ok(()),
        CrossSite::ReadsAllowed if matches!(*request.method(), Method::GET | Method::HEAD) => {
            Ok(())
        }
        CrossSite::ReadsAllowed | CrossSite::Refused => own_page::check(caller, headers),
        CrossSite::RefusedSocket => own_page::check_socket(caller, headers),
        CrossSite::RefusedUnsigned => {
            own_page::check(caller, headers)?;
            own_page::check_signed(caller, headers)
        }
    }
}

/// The targets of these lines, which are an interface.
const ACCESS: &str = "inturn_server::access";
const TOKEN: &str = "inturn_server::token";
