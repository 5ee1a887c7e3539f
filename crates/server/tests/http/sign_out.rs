//! Signing out ends the sign-in itself: a copy of its cookie is refused.

use axum::{Router, body::Body, http::Request};
use inturn_server::{config::PasswordHash, hash_password};
use inturn_testkit::secrets::PASSPHRASE;

use crate::support::{
    Answer, FakeUpstream, OWN_PAGE, Reply, TOKEN, built_page, config_for, request, router, send,
};

/// Posts a form to one of the sign-in routes.
async fn post(router: &Router, path: &str, form: String, cookie: &str) -> Answer {
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie)
        .body(Body::from(form));
    send(router, request.expect("a request")).await
}

/// Signs in, and returns the cookie.
async fn sign_in(router: &Router) -> String {
    let form = format!("passphrase={PASSPHRASE}");
    let answer = post(router, "/sign-in", form, "").await;
    assert_eq!(answer.status, 303);
    let cookie = answer.header("set-cookie").split(';').next();
    cookie.expect("a cookie").to_owned()
}

/// The statuses of a token and of the page.
async fn statuses(router: &Router, cookie: &str) -> (u16, u16) {
    let headers = [OWN_PAGE, ("cookie", cookie)];
    let token = request(router, "GET", "/token", &headers).await;
    let page = request(router, "GET", "/", &headers).await;
    (token.status.as_u16(), page.status.as_u16())
}

#[tokio::test]
async fn a_copied_cookie_is_refused_after_sign_out_and_no_other_one() {
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
    // Neither nobody's nor a forged sign-in is one to end.
    let forged = format!("{}x", other);
    for cookie in ["", forged.as_str(), ended.as_str(), ended.as_str()] {
        let out = post(&router, "/sign-out", String::new(), cookie).await;
        assert_eq!(out.status, 303);
    }
    assert_eq!(statuses(&router, &ended).await, (401, 303));
    assert_eq!(statuses(&router, &other).await, (200, 200));
    let form = request(&router, "GET", "/sign-in", &[("cookie", &ended)]).await;
    assert!(form.text().contains("name=\"passphrase\""));
    // Beside a valid one it does no harm.
    let both = format!("{ended}; {other}");
    assert_eq!(statuses(&router, &both).await, (200, 200));
}
