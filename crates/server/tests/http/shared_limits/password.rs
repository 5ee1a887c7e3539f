//! The Redis password must not be logged.

use inturn_testkit::secrets::REDIS as PASSWORD;

use super::{replica, request_token};
use crate::support::{FakeUpstream, KEY, RedisServer, Reply, ServerProgram, TOKEN, built_page};

#[tokio::test]
async fn the_redis_password_is_not_logged() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(Some(PASSWORD)).await;
    let page = built_page();
    let url = |password| format!("redis://:{password}@127.0.0.1:{}/0", redis.port());
    let (right, wrong) = (url(PASSWORD), url(WRONG_PASSWORD));
    for (url, status) in [(&right, 200), (&wrong, 503)] {
        let flags = ["--log-filter=trace"];
        let replica = replica(page.path(), &service, url, &flags).await;
        assert_eq!(
            request_token(&replica.address, "ann").await.0,
            status,
            "{status}"
        );
        replica.terminate();
        let (_, log) = replica.finish().await;
        assert!(log.contains("redis=127.0.0.1:"), "{log}");
        for password in [PASSWORD, WRONG_PASSWORD] {
            assert!(!log.contains(password), "{log}");
        }
    }

    // The address can also come from a file, but not from both.
    let file = page.path().join("redis-url");
    std::fs::write(&file, format!("{right}\n")).expect("the file is written");
    let dir = page.path().to_str().expect("UTF-8");
    let args = [
        "--listen=127.0.0.1:0",
        "--client-dir",
        dir,
        "--service-url",
        service.url(),
        "--auth=open",
    ];
    let mut variables = vec![
        ("ASSEMBLYAI_API_KEY", KEY),
        ("INTURN_LIMITS_REDIS_FILE", file.to_str().expect("UTF-8")),
    ];
    let replica = ServerProgram::start(page.path(), &args, &variables).await;
    assert_eq!(request_token(&replica.address, "ann").await.0, 200);
    for (value, message) in [
        (
            right.as_str(),
            "INTURN_LIMITS_REDIS and INTURN_LIMITS_REDIS_FILE are both set",
        ),
        (
            &format!("http://:{PASSWORD}@x"),
            "INTURN_LIMITS_REDIS must be a URL such as redis://",
        ),
    ] {
        variables.truncate(2);
        variables.push(("INTURN_LIMITS_REDIS", value));
        let output = ServerProgram::run_to_exit(page.path(), &args, &variables).await;
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{log}");
        assert!(log.contains(message) && !log.contains(PASSWORD), "{log}");
    }
}

const WRONG_PASSWORD: &str = "redis-marker-90aa";
