//! The table of all routes and their properties.
//!
//! - [`routes`](crate::routes) mounts these routes and no others.
//! - The metrics use their names.
//! - Probes accept any `Host` and work outside the base path.
//! - The content security policy allows a form if the route has one.
//! - [`gate`](crate::gate) applies their rule for requests from other sites' pages.
//!
//! A route that is mounted but not listed is treated as [`UNLISTED`], which has the strictest rule.

use axum::extract::{MatchedPath, Request};

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) id: RouteId,
    /// The path in axum's syntax.
    pub(crate) path: &'static str,
    /// The label in metrics. It is part of the public interface.
    pub(crate) name: &'static str,
    /// Whether it is a health check, called by machines that know no host name, proxy or prefix.
    pub(crate) is_probe: bool,
    /// Whether its page contains a form.
    pub(crate) has_form: bool,
    pub(crate) cross_site: CrossSite,
}

/// Identifies a route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RouteId {
    Token,
    RecordingBegin,
    RecordingEnd,
    Config,
    Health,
    Ready,
    SignIn,
    SignInStyle,
    SignOut,
    LocalSocket,
    LocalToken,
    LocalRoot,
    /// Only on the metrics listener.
    Metrics,
    /// Every other path: the files of the page.
    File,
    /// A route that is not in the table.
    Unlisted,
}

/// Which requests are accepted from pages of other sites, on behalf of their visitor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CrossSite {
    /// All: the response reveals nothing useful, and nothing changes.
    Allowed,
    /// `GET` and `HEAD`, for links. Requests that change something must come from our own page.
    ReadsAllowed,
    /// None.
    Refused,
    /// None. The route is a WebSocket, for which browsers send fewer headers.
    RefusedSocket,
    /// None, and the request must show that it comes from our own page or from a program.
    KnownOriginOnly,
}

/// Returns the route that the router has matched for a request.
pub(crate) fn route_of(request: &Request) -> &'static Route {
    let Some(matched) = request.extensions().get::<MatchedPath>() else {
        return &FILE;
    };
    let mut routes = ROUTES.iter();
    routes
        .find(|route| route.path == matched.as_str())
        .unwrap_or(&UNLISTED)
}

/// Whether the path is that of a probe.
pub(crate) fn is_probe(path: &str) -> bool {
    let mut probes = ROUTES.iter().filter(|route| route.is_probe);
    probes.any(|route| route.path == path)
}

/// All routes.
pub(crate) static ROUTES: [Route; 13] = [
    // `Access::person` checks where the request comes from, because that depends on the mode.
    listed(RouteId::Token, "/token", CrossSite::Refused),
    listed(
        RouteId::RecordingBegin,
        "/recordings/{id}/begin",
        CrossSite::Refused,
    ),
    listed(
        RouteId::RecordingEnd,
        "/recordings/{id}/end",
        CrossSite::Refused,
    ),
    listed(RouteId::Config, "/config", CrossSite::ReadsAllowed),
    Route {
        is_probe: true,
        ..listed(RouteId::Health, "/healthz", CrossSite::Allowed)
    },
    Route {
        is_probe: true,
        ..listed(RouteId::Ready, "/readyz", CrossSite::Allowed)
    },
    // Other sites can link to the form, but must not sign a visitor in under another identity.
    Route {
        has_form: true,
        ..listed(RouteId::SignIn, "/sign-in", CrossSite::ReadsAllowed)
    },
    listed(
        RouteId::SignInStyle,
        "/sign-in.css",
        CrossSite::ReadsAllowed,
    ),
    listed(RouteId::SignOut, "/sign-out", CrossSite::Refused),
    // The emulator itself accepts sockets from every page, as the service does.
    listed(
        RouteId::LocalSocket,
        "/local/v3/ws",
        CrossSite::RefusedSocket,
    ),
    listed(
        RouteId::LocalToken,
        "/local/v3/token",
        CrossSite::RefusedSocket,
    ),
    Route {
        name: UNLISTED.name,
        ..listed(RouteId::LocalRoot, "/local", CrossSite::RefusedSocket)
    },
    listed(RouteId::Metrics, "/metrics", CrossSite::Allowed),
];

/// The page and its files. Other sites can link to them; the headers control embedding.
static FILE: Route = Route {
    name: "files",
    ..listed(RouteId::File, "", CrossSite::ReadsAllowed)
};

/// A route that is missing in the table above.
const UNLISTED: Route = Route {
    name: "other",
    ..listed(RouteId::Unlisted, "", CrossSite::KnownOriginOnly)
};

const fn listed(id: RouteId, path: &'static str, cross_site: CrossSite) -> Route {
    Route {
        id,
        path,
        name: path,
        is_probe: false,
        has_form: false,
        cross_site,
    }
}
