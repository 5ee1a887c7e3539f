//! Each status has its own error, after a single call.

use inturn_service::{CALL_TIMEOUT, InvalidReply, ServiceError};

use crate::support::{KEY, REQUEST, Reply, Stub, TOKEN};

#[tokio::test]
async fn a_good_reply_is_a_token() {
    let service = Stub::start(vec![Reply::token()]).await;
    let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
    let minted = minted.expect("a token");
    assert_eq!(
        (minted.token.as_str(), minted.expires_in_seconds),
        (TOKEN, 60)
    );
    let head = service.heads().concat().to_ascii_lowercase();
    let line = "get /v3/token?expires_in_seconds=60&max_session_duration_seconds=600 http/1.1\r\n";
    assert!(head.starts_with(line), "{head}");
    assert!(
        head.contains(&format!("\r\nauthorization: {KEY}\r\n")),
        "{head}"
    );
}

#[tokio::test]
async fn each_status_has_its_error() {
    let failed = |status, retry_after_seconds| ServiceError::Failed {
        status: reqwest::StatusCode::from_u16(status).expect("a status"),
        retry_after_seconds,
    };
    let refused = |status| ServiceError::RequestRefused {
        status: reqwest::StatusCode::from_u16(status).expect("a status"),
    };
    let odd = |status| {
        let status = reqwest::StatusCode::from_u16(status).expect("a status");
        ServiceError::InvalidReply(InvalidReply::Status(status))
    };
    let limited = |retry_after_seconds| ServiceError::RateLimited {
        retry_after_seconds,
    };
    for (status, headers, expected) in [
        ("401 Unauthorized", "", ServiceError::KeyRefused),
        ("402 Payment Required", "", ServiceError::PaymentRequired),
        ("403 Forbidden", "", ServiceError::AccountForbidden),
        ("400 Bad Request", "", refused(400)),
        ("422 Unprocessable Entity", "", refused(422)),
        ("429 Too Many Requests", "", limited(None)),
        (
            "429 Too Many Requests",
            "Retry-After: 7\r\n",
            limited(Some(7)),
        ),
        ("500 Internal Server Error", "", failed(500, None)),
        (
            "503 Service Unavailable",
            "Retry-After: 9\r\n",
            failed(503, Some(9)),
        ),
        ("404 Not Found", "", odd(404)),
        ("418 Teapot", "", odd(418)),
    ] {
        let service = Stub::start(vec![Reply::whole(status, headers, "{}")]).await;
        let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
        assert_eq!(minted.err().as_ref(), Some(&expected), "{status}");
        assert_eq!(service.heads().len(), 1, "{status}");
        let wait = headers
            .split(' ')
            .nth(1)
            .and_then(|it| it.trim().parse().ok());
        assert_eq!(expected.retry_after_seconds(), wait, "{status}");
    }
}

#[tokio::test]
async fn the_key_does_not_follow_a_redirect() {
    let elsewhere = Stub::start(vec![Reply::token()]).await;
    let location = format!("Location: {}/v3/token\r\n", elsewhere.url());
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
    ] {
        let service = Stub::start(vec![Reply::whole(status, &location, "")]).await;
        let minted = service.client().mint(&REQUEST, CALL_TIMEOUT).await;
        let error = minted.expect_err(status);
        assert!(
            matches!(error, ServiceError::InvalidReply(InvalidReply::Status(_))),
            "{status}: {error}"
        );
    }
    assert_eq!(elsewhere.heads(), Vec::<String>::new());
}
