//! Signing out ends the sign-in itself: a copy of its cookie is refused.

use axum::{Router, body::Body, http::Request};
use inturn_server::{config::PasswordHash, hash_password};
use inturn_testkit::secrets::PASSPHRASE;

use crate::support::{
    FakeUpstream, OWN_PAGE, Reply, Response, TOKEN, built_page, config_for, request, router, send,
};

/// Posts a form to one of the sign-in routes.
async fn post(router: &Router, path: &str, form: String, cookie: &str) -> Response {
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie)
        .body(Body::from(form));
    send(router, request.expect("a request")).await
}

/// Signs in, and returns the cookie.
async fn sign_in(router: &Router) -> String {
    let form = format!("passphrase={PASSPHRASE}");
    let response = post(router, "/sign-in", form, "").await;
    assert_eq!(response.status, 303);
    let cookie = response.header("set-cookie").split(';').next();
    cookie.expect("a cookie").to_owned()
}

/// Requests a token and the page, and returns both statuses.
async fn statuses(router: &Router, cookie: &str) -> (u16, u16) {
    let headers = [OWN_PAGE, ("cookie", cookie)];
    let token = request(router, "GET", "/token", &headers).await;
    let page = request(router, "GET", "/", &headers).await;
    (token.status.as_u16(), page.status.as_u16())
}

#[tokio::test]
async fn after_sign_out_only_the_ended_cookie_is_refused() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let mut config = config_for(&service, page.path(), &["--auth=password"]);
    let hash = hash_password(PASSPHRASE).expect("a hash");
    config.access.secrets.password_hash = PasswordHash::parse(&hash).expect("a hash");
    let router = router(&config);

    let (ended, other) = (sign_in(&router).await, sign_in(&router).await);
    for cookie in [&ended, &other] {
        assert_eq!(statuses(&router, cookie).await, (200, 200));
    }
    // A missing cookie and a forged one end no sign-in.
    let forged = format!("{}x", other);
    for cookie in ["", forged.as_str(), ended.as_str(), ended.as_str()] {
        let out = post(&router, "/sign-out", String::new(), cookie).await;
        assert_eq!(out.status, 303);
    }
    assert_eq!(statuses(&router, &ended).await, (401, 303));
    assert_eq!(statuses(&router, &other).await, (200, 200));
    let form = request(&router, "GET", "/sign-in", &[("cookie", &ended)]).await;
    assert!(form.text().contains("name=\"passphrase\""));
    // An ended cookie next to a valid one is ignored.
    let both = format!("{ended}; {other}");
    assert_eq!(statuses(&router, &both).await, (200, 200));
}
