//! The base path: the prefix of all routes, for a proxy that forwards paths unchanged.
//!
//! [`strip`] removes it before the routes and layers see a request, so none of them needs to know
//! it. [`respond_outside`] responds to paths outside of it. It runs inside the layers, so that
//! these responses also get the headers and a log line.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, Uri, header, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;

use crate::{error::ApiError, route_table};

/// Request extension: the path is outside the base path.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Outside {
    /// The base path without its last slash. Holds the relative URL to redirect to.
    NoSlash(String),
    /// Any other path.
    Foreign,
}

/// Serves `app` under `base_path`, which begins and ends with a slash.
pub(crate) fn strip(app: Router, base_path: &str) -> Router {
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

/// Returns the response to a request outside the base path; `None` if it is inside.
pub(crate) fn respond_outside(request: &Request) -> Option<Response> {
    Some(match request.extensions().get::<Outside>()? {
        Outside::NoSlash(location) => {
            // Temporary, because the base path is a setting. Relative, because a proxy may add a
            // prefix.
            let headers = [(header::LOCATION, location.as_str())];
            (StatusCode::TEMPORARY_REDIRECT, headers).into_response()
        }
        Outside::Foreign => ApiError::NOT_FOUND.into_response(),
    })
}

/// Returns the URI without the base path; `None` if it must stay as it is.
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
    // Valid, since it is the end of a valid path and query.
    parts.path_and_query = Some(PathAndQuery::try_from(text).map_err(|_| Outside::Foreign)?);
    Uri::from_parts(parts)
        .map(Some)
        .map_err(|_| Outside::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_removed_and_other_paths_are_outside() {
        let foreign = Err(Outside::Foreign);
        let no_slash = Err(Outside::NoSlash("scribe/".to_owned()));
        for (requested, inner) in [
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
            // Served only by the metrics listener, which has no base path.
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
            let uri: Uri = requested.parse().expect("a URI");
            let inner = inner.map(|it| it.map(|it: &str| it.parse::<Uri>().expect("a URI")));
            assert_eq!(inner_uri(&uri, "/team/scribe/"), inner, "{requested}");
        }
    }
}
