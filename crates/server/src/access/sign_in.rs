//! The small page on which the passphrase is given, and its routes.

use std::sync::Arc;

use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    Access, cross_site,
    password::{Attempt, COOKIE, PasswordAccess},
};
use crate::{AppState, caller::Caller, error::ApiError};

/// What is there in `password` mode only.
pub(crate) fn routes(access: &Access) -> Option<Router<AppState>> {
    let Access::Password(password) = access else {
        return None;
    };
    let router = Router::new()
        .route("/sign-in", get(show).post(sign_in))
        .route("/sign-in.css", get(style))
        .route("/sign-out", post(sign_out))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(Extension(Arc::clone(password)));
    Some(router)
}

/// Where somebody without a sign-in is sent; relative, since a proxy may have put us anywhere.
pub(crate) fn redirect() -> Response {
    let headers = [
        (header::LOCATION, "sign-in"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[derive(Deserialize)]
struct Asked {
    /// The page asks again in a window of its own, which is of no use afterwards.
    again: Option<String>,
}

#[derive(Deserialize)]
struct Given {
    passphrase: String,
    #[serde(default)]
    again: String,
}

async fn show(
    Extension(password): Extension<Arc<PasswordAccess>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let again = asked.again.is_some();
    match password.check(&headers) {
        Ok(()) => page(StatusCode::OK, INSIDE, again, ""),
        Err(_) => page(StatusCode::OK, FORM, again, ""),
    }
}

async fn sign_in(
    State(_app): State<AppState>,
    Extension(password): Extension<Arc<PasswordAccess>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, ApiError> {
    // A stranger's page may sign nobody in, under whatever name.
    cross_site::check(&caller, &headers)?;
    let again = !given.again.is_empty();
    Ok(
        match password.attempt(caller.address, given.passphrase).await {
            Attempt::Right(value) => {
                tracing::info!(address = %caller.address, "somebody signed in");
                let cookie = cookie(&caller, &value, password.lasts().as_secs());
                if again {
                    (
                        [(header::SET_COOKIE, cookie)],
                        page(StatusCode::OK, DONE, again, ""),
                    )
                        .into_response()
                } else {
                    let headers = [
                        (header::SET_COOKIE, cookie),
                        (header::LOCATION, HeaderValue::from_static("./")),
                        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                    ];
                    (StatusCode::SEE_OTHER, headers).into_response()
                }
            }
            Attempt::Wrong => {
                tracing::warn!(address = %caller.address, "a sign-in was tried with a wrong passphrase");
                page(StatusCode::UNAUTHORIZED, FORM, again, WRONG)
            }
            Attempt::Busy => {
                tracing::warn!(address = %caller.address, "a sign-in was refused: too many people sign in");
                let mut response = page(StatusCode::SERVICE_UNAVAILABLE, FORM, again, BUSY);
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(BUSY_RETRY_SECONDS));
                response
            }
            Attempt::TooMany { wait } => {
                tracing::warn!(address = %caller.address, "too many sign-ins were tried");
                let seconds = wait.as_secs() + 1;
                let message = format!(
                    "<p class=\"problem\" role=\"alert\">Too many attempts: try again in {seconds} s.</p>"
                );
                let mut response = page(StatusCode::TOO_MANY_REQUESTS, FORM, again, &message);
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                response
            }
        },
    )
}

async fn sign_out(
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    cross_site::check(&caller, &headers)?;
    let headers = [
        (header::SET_COOKIE, cookie(&caller, "", 0)),
        (header::LOCATION, HeaderValue::from_static("sign-in")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// The cookie, of which scripts know nothing, for our own paths only. Other sites' requests go
/// without it, but for a link that somebody follows to us.
fn cookie(caller: &Caller, value: &str, seconds: u64) -> HeaderValue {
    let secure = if caller.is_secure { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={value}; Path={}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
        caller.prefix
    );
    // The value and the prefix are plain by how they are made.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
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
    (headers, include_str!("sign_in/style.css"))
}

const PAGE: &str = include_str!("sign_in/page.html");
const FORM: &str = include_str!("sign_in/form.html");
const INSIDE: &str = include_str!("sign_in/inside.html");

const DONE: &str =
    "<p role=\"status\">You are signed in. Close this window and go on in the other one.</p>";

const WRONG: &str = "<p class=\"problem\" role=\"alert\">That is not the passphrase: check capitals and the keyboard's language.</p>";

const BUSY: &str = "<p class=\"problem\" role=\"alert\">Too many people are signing in at this moment: try again in a few seconds.</p>";

/// A full queue is checked in about two seconds.
const BUSY_RETRY_SECONDS: u32 = 3;

/// A passphrase of a kilobyte, each of its bytes written as three.
const MAX_FORM_BYTES: usize = 4096;
