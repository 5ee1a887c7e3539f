//! The name of a route in metrics.

use axum::extract::MatchedPath;

/// The name of a route in metrics: one of ours, or of what is no route.
pub(crate) fn route_name(matched: Option<&MatchedPath>) -> &'static str {
    let Some(matched) = matched else {
        return "files";
    };
    let known = ROUTES.iter().find(|name| **name == matched.as_str());
    known.copied().unwrap_or("other")
}

/// Every route but those of the page's files.
const ROUTES: [&str; 11] = [
    "/token",
    "/recordings/{id}/begin",
    "/recordings/{id}/end",
    "/config",
    "/healthz",
    "/readyz",
    "/sign-in",
    "/sign-in.css",
    "/sign-out",
    "/local/v3/ws",
    "/local/v3/token",
];
