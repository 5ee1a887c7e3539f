//! The sign-in page and its routes, for `--auth password`.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Form,
    extract::{
        DefaultBodyLimit, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use serde::Deserialize;

use crate::{
    access::{
        Access, cookie, own_page,
        password::{Attempt, PasswordAccess},
    },
    caller::Caller,
    error::ApiError,
    html,
    refusal_kind::RefusalKind,
    route_table::RouteId,
    state::AppState,
};

/// Returns the handler of a sign-in route; `None` if the mode is not `password`.
pub(crate) fn handler(id: RouteId, access: &Access) -> Option<MethodRouter<AppState>> {
    let Access::Password(password) = access else {
        return None;
    };
    let handler = match id {
        RouteId::SignIn => get(show).post(sign_in),
        RouteId::SignInStyle => get(style),
        RouteId::SignOut => post(sign_out),
        _ => return None,
    };
    let handler: MethodRouter<AppState> = handler.layer(DefaultBodyLimit::max(MAX_FORM_BYTES));
    Some(handler.layer(Extension(Arc::clone(password))))
}

/// Redirects a person without a sign-in to the sign-in page. The URL is relative, because a proxy
/// may serve us below any path.
pub(crate) fn redirect() -> Response {
    let headers = [
        (header::LOCATION, "sign-in"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[derive(Deserialize)]
struct PageQuery {
    /// Set if the page opened a new window to sign in again, which can be closed afterwards.
    again: Option<String>,
}

#[derive(Deserialize)]
struct SignInForm {
    passphrase: String,
    #[serde(default)]
    again: String,
}

async fn show(
    State(app): State<AppState>,
    Extension(password): Extension<Arc<PasswordAccess>>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<PageQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let again = query.is_ok_and(|Query(query)| query.again.is_some());
    match password.check(app.limits(), &caller, &headers).await {
        Ok(()) => page(StatusCode::OK, SIGNED_IN, again, ""),
        Err(_) => page(StatusCode::OK, FORM, again, ""),
    }
}

async fn sign_in(
    State(app): State<AppState>,
    Extension(password): Extension<Arc<PasswordAccess>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, ApiError> {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => {
            // The body is too large, of another type, or has no such field.
            return Err(ApiError {
                status: rejection.status(),
                ..ApiError::BAD_FORM
            });
        }
    };
    let again = !form.again.is_empty();
    let address = caller.address;
    let refusal = match password.attempt(address, form.passphrase).await {
        Attempt::Right(value) => {
            tracing::info!(target: TARGET, %address, "a person signed in");
            let by_https = caller.is_secure || own_page::is_https_origin(&headers);
            let seconds = password.sign_in_duration().as_secs();
            let cookie = cookie::set(&caller, by_https, &value, seconds);
            return Ok(signed_in(cookie, again));
        }
        Attempt::Wrong => {
            if let Some(line) = app.refusals().count(RefusalKind::WrongPassphrase) {
                tracing::warn!(
                    target: TARGET,
                    %address,
                    left_out = line.left_out,
                    "a sign-in was tried with a wrong passphrase"
                );
            }
            ApiError::WRONG_PASSPHRASE
        }
        Attempt::TooMany { wait } => {
            if let Some(line) = app.refusals().count(RefusalKind::TooManyAttempts) {
                tracing::warn!(
                    target: TARGET,
                    %address,
                    left_out = line.left_out,
                    "too many sign-ins were tried"
                );
            }
            ApiError::TOO_MANY_ATTEMPTS.after(wait)
        }
        Attempt::Busy => {
            if let Some(line) = app.refusals().count(RefusalKind::SignInBusy) {
                tracing::warn!(
                    target: TARGET,
                    %address,
                    left_out = line.left_out,
                    "a sign-in was refused: too many people sign in"
                );
            }
            ApiError::SIGN_IN_BUSY.after(BUSY_RETRY)
        }
    };
    // Programs get the error as JSON.
    match html::is_wanted(&headers) {
        true => Ok(form_again(refusal, again)),
        false => Err(refusal),
    }
}

fn signed_in(cookie: HeaderValue, again: bool) -> Response {
    if again {
        let done = page(StatusCode::OK, DONE, again, "");
        return ([(header::SET_COOKIE, cookie)], done).into_response();
    }
    let headers = [
        (header::SET_COOKIE, cookie),
        (header::LOCATION, HeaderValue::from_static("./")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Returns the form with the error message, for people.
fn form_again(refusal: ApiError, again: bool) -> Response {
    let mut sentence = html::escaped(refusal.message);
    if let Some(seconds) = refusal.retry_after_seconds {
        sentence = format!(
            "{sentence} Time left: {}:{:02}.",
            seconds / 60,
            seconds % 60
        );
    }
    let message = format!("<p class=\"problem\" role=\"alert\">{sentence}</p>");
    let mut response = page(refusal.status, FORM, again, &message);
    if let Some(seconds) = refusal.retry_after_seconds {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // For the request log and the metrics.
    response.extensions_mut().insert(refusal.code);
    response
}

async fn sign_out(
    State(app): State<AppState>,
    Extension(password): Extension<Arc<PasswordAccess>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    // Removing the cookie from this browser (below) is not enough: copies must become invalid too.
    for sign_in in password.sign_ins(&caller, &headers) {
        if app.limits().sign_out(sign_in).await {
            tracing::info!(target: TARGET, address = %caller.address, "a person signed out");
        }
    }
    let location = [
        (header::LOCATION, HeaderValue::from_static("sign-in")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let mut response = (StatusCode::SEE_OTHER, location).into_response();
    for cookie in cookie::clear(&caller, &headers) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn page(status: StatusCode, body: &str, again: bool, message: &str) -> Response {
    let again = if again { "1" } else { "" };
    let body = body.replace("{again}", again).replace("{message}", message);
    let html = PAGE.replace("{body}", &body);
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, Html(html)).into_response()
}

async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, html::STYLE)
}

/// The target of these log lines. It is part of the interface.
const TARGET: &str = "inturn_server::access::sign_in";

const PAGE: &str = include_str!("sign_in/page.html");
const FORM: &str = include_str!("sign_in/form.html");
const SIGNED_IN: &str = include_str!("sign_in/signed_in.html");

const DONE: &str =
    "<p role=\"status\">You are signed in. Close this window and continue in the other one.</p>";

/// A full queue of passphrases is checked in about two seconds.
const BUSY_RETRY: Duration = Duration::from_secs(3);

/// A passphrase of one kilobyte, with each byte percent-encoded as three.
const MAX_FORM_BYTES: usize = 4096;
