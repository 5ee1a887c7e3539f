//! The password of the Redis.

use inturn_testkit::secrets::REDIS as PASSWORD;

use super::{ask, replica};
use crate::support::{FakeUpstream, KEY, Program, RedisServer, Reply, TOKEN, built_page};

#[tokio::test]
async fn its_password_is_nowhere_to_be_seen() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(Some(PASSWORD)).await;
    let page = built_page();
    let url = |password| format!("redis://:{password}@127.0.0.1:{}/0", redis.port());
    let (right, wrong) = (url(PASSWORD), url(WRONG_PASSWORD));
    for (url, status) in [(&right, 200), (&wrong, 503)] {
        let flags = ["--log-filter=trace"];
        let replica = replica(page.path(), &service, url, &flags).await;
        assert_eq!(ask(&replica.address, "ann").await.0, status, "{status}");
        replica.terminate();
        let (_, log) = replica.finish().await;
        assert!(log.contains("redis=127.0.0.1:"), "{log}");
        for password in [PASSWORD, WRONG_PASSWORD] {
            assert!(!log.contains(password), "{log}");
        }
    }

    // From a file too; and from one place alone.
    let file = page.path().join("redis-url");
    std::fs::write(&file, format!("{right}\n")).expect("written");
    let dir = page.path().to_str().expect("text");
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
        ("INTURN_LIMITS_REDIS_FILE", file.to_str().expect("text")),
    ];
    let replica = Program::listening(page.path(), &args, &variables).await;
    assert_eq!(ask(&replica.address, "ann").await.0, 200);
    for (value, said) in [
        (
            right.as_str(),
            "INTURN_LIMITS_REDIS and INTURN_LIMITS_REDIS_FILE are both set",
        ),
        (
            &format!("http://:{PASSWORD}@x"),
            "INTURN_LIMITS_REDIS must be an address such as redis://",
        ),
    ] {
        variables.truncate(2);
        variables.push(("INTURN_LIMITS_REDIS", value));
        let output = Program::ended(page.path(), &args, &variables).await;
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{log}");
        assert!(log.contains(said) && !log.contains(PASSWORD), "{log}");
    }
}

const WRONG_PASSWORD: &str = "redis-marker-90aa";
