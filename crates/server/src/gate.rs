//! Checks that refuse requests before any handler runs.
//!
//! Both checks are part of the layer around all routes, so they apply to every route.

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

/// Returns the response to a request that the access rule does not admit, or `None` if it does.
/// Probes are always admitted: they use the server's IP address as host, and their responses
/// reveal nothing.
pub(crate) fn refuse_unadmitted(
    app: &AppState,
    route: &Route,
    request: &Request,
) -> Option<Response> {
    if route.is_probe {
        return None;
    }
    let admitted = app.access().admit(request.version(), request.headers());
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

/// Returns the response to a request from a page of another site, if the route refuses those.
pub(crate) fn refuse_cross_site(
    app: &AppState,
    route: &Route,
    request: &Request,
) -> Option<Response> {
    let Some(caller) = request.extensions().get::<Caller>() else {
        // The layer attaches the caller first; without one, the origin can't be checked.
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
        CrossSite::KnownOriginOnly => {
            own_page::check(caller, headers)?;
            own_page::check_origin_known(caller, headers)
        }
    }
}

/// The targets of these log lines. They are part of the interface.
const ACCESS: &str = "inturn_server::access";
const TOKEN: &str = "inturn_server::token";
