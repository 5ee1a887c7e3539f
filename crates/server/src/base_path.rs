//! The path below which everything is, where the proxy in front passes paths on as they are.
//!
//! It is taken off before the routes and layers see a request, so that none of them knows of it.
//! [`below`] does so; what is not below it is answered by [`answer_outside`], inside of the layers:
//! its answer has their headers and its line in the log like any other.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, Uri, header, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;

use crate::{error::ApiError, route_table};

/// What was asked for, if it is not below the path.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Outside {
    /// The path itself, but for its last slash: what it should have been, relative to it.
    NoSlash(String),
    /// Somebody else's.
    Foreign,
}

/// Serves `app` below `base_path`, which begins and ends with a slash.
pub(crate) fn below(app: Router, base_path: &str) -> Router {
    if base_path == "/" {
        return app;
    }
    let base_path: Arc<str> = base_path.into();
    Router::new().fallback(move |mut request: Request| {
        match inner_uri(request.uri(), &base_path) {
            Ok(Some(uri)) => *request.uri_mut() = uri,
            Ok(None) => {}
            Err(outside) => {
                request.extensions_mut().insert(outside);
            }
        }
        app.clone().oneshot(request)
    })
}

/// The answer to what lies outside, in place of the routes'.
pub(crate) fn answer_outside(request: &Request) -> Option<Response> {
    Some(match request.extensions().get::<Outside>()? {
        Outside::NoSlash(location) => {
            // Not for ever: the path is a setting. Relative, for there may be another proxy's prefix.
            let headers = [(header::LOCATION, location.as_str())];
            (StatusCode::TEMPORARY_REDIRECT, headers).into_response()
        }
        Outside::Foreign => ApiError::NOT_FOUND.into_response(),
    })
}

/// The address as the routes know it; nothing where it is that already.
fn inner_uri(uri: &Uri, base_path: &str) -> Result<Option<Uri>, Outside> {
    let path = uri.path();
    if route_table::is_probe(path) {
        return Ok(None);
    }
    let without_slash = base_path.trim_end_matches('/');
    if path == without_slash {
        let last = without_slash.rsplit('/').next().unwrap_or_default();
        return Err(Outside::NoSlash(format!("{last}/")));
    }
    let inner = path
        .strip_prefix(without_slash)
        .filter(|inner| inner.starts_with('/'))
        .ok_or(Outside::Foreign)?;
    let text = match uri.query() {
        Some(query) => format!("{inner}?{query}"),
        None => inner.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    // What was a path and a query before is one without its beginning.
    parts.path_and_query = Some(PathAndQuery::try_from(text).map_err(|_| Outside::Foreign)?);
    Uri::from_parts(parts)
        .map(Some)
        .map_err(|_| Outside::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_path_is_seen() {
        let foreign = Err(Outside::Foreign);
        let no_slash = Err(Outside::NoSlash("scribe/".to_owned()));
        for (asked, seen) in [
            ("/team/scribe/", Ok(Some("/"))),
            ("/team/scribe/token?a=/b", Ok(Some("/token?a=/b"))),
            ("/team/scribe//token", Ok(Some("//token"))),
            ("/team/scribe/%2e%2e/token", Ok(Some("/%2e%2e/token"))),
            ("/team/scribe/healthz", Ok(Some("/healthz"))),
            (
                "http://host/team/scribe/token",
                Ok(Some("http://host/token")),
            ),
            ("/healthz", Ok(None)),
            ("/readyz", Ok(None)),
            // Only on a listener of its own, which has no base path.
            ("/metrics", foreign.clone()),
            ("/team/scribe", no_slash.clone()),
            ("/team/scribe?a=b", no_slash),
            ("/team/scribes/", foreign.clone()),
            ("/team/", foreign.clone()),
            ("/", foreign.clone()),
            ("/token", foreign.clone()),
            ("/Team/scribe/", foreign.clone()),
            ("//team/scribe/", foreign.clone()),
            ("/team/%73cribe/", foreign.clone()),
            ("*", foreign),
        ] {
            let uri: Uri = asked.parse().expect("an address");
            let seen = seen.map(|it| it.map(|it: &str| it.parse::<Uri>().expect("an address")));
            assert_eq!(inner_uri(&uri, "/team/scribe/"), seen, "{asked}");
        }
    }
}
