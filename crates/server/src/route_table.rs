//! Every route, with what the rest of the server must know of it.
//!
//! [`routes`](crate::routes) mounts these and no others, the metrics name them, the probes among them are
//! admitted by any name and outside of the base path, the headers allow a form where there is one, and
//! [`gate`](crate::gate) refuses by their rule what other sites' pages ask. A route that is mounted but not
//! listed here falls under [`UNLISTED`], whose rule is the strictest.

use axum::extract::{MatchedPath, Request};

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) id: RouteId,
    /// As the router spells it.
    pub(crate) path: &'static str,
    /// Its label in metrics, which is an interface.
    pub(crate) name: &'static str,
    /// Asked for by machines next to this one, which know of no name, no proxy and no prefix.
    pub(crate) is_probe: bool,
    /// Whether its page holds a form.
    pub(crate) has_form: bool,
    pub(crate) cross_site: CrossSite,
}

/// Which route it is.
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
    /// On the metrics' own listener alone.
    Metrics,
    /// What has no route: the files of the page.
    File,
    /// A route that is not listed.
    Unlisted,
}

/// What a page of another site may ask, in the name of the person who looks at it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CrossSite {
    /// Anything: nothing is told that is of use to it, and nothing changes.
    Allowed,
    /// `GET` and `HEAD`, as by a link. What changes something must come from our own page.
    ReadsAllowed,
    /// Nothing.
    Refused,
    /// Nothing. It is a socket, of which browsers say less.
    RefusedSocket,
    /// Nothing, and there must be a sign that our own page or a program asks.
    RefusedUnsigned,
}

/// The route of a request, once it was matched.
pub(crate) fn route_of(request: &Request) -> &'static Route {
    let Some(matched) = request.extensions().get::<MatchedPath>() else {
        return &FILE;
    };
    let mut routes = ROUTES.iter();
    routes
        .find(|route| route.path == matched.as_str())
        .unwrap_or(&UNLISTED)
}

/// Whether a path is a probe's.
pub(crate) fn is_probe(path: &str) -> bool {
    let mut probes = ROUTES.iter().filter(|route| route.is_probe);
    probes.any(|route| route.path == path)
}

/// All routes.
pub(crate) static ROUTES: [Route; 13] = [
    // Whether there must be a sign depends on who may ask, so `Access::person` looks for it.
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
    // The form may be linked to. A stranger's page may sign nobody in, under whatever name.
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
    // The emulator takes sockets from every page, as the service does.
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

/// The page and its files. Other sites may link to them; what they may embed, the headers say.
static FILE: Route = Route {
    name: "files",
    ..listed(RouteId::File, "", CrossSite::ReadsAllowed)
};

/// A route that was added without a line above.
const UNLISTED: Route = Route {
    name: "other",
    ..listed(RouteId::Unlisted, "", CrossSite::RefusedUnsigned)
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
