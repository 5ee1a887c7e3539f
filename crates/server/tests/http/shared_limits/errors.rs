//! Errors that concern one person.

use redis::AsyncCommands;

use super::{ask, replica};
use crate::support::{FakeUpstream, RedisServer, Reply, TOKEN, built_page};

#[tokio::test]
async fn an_error_under_one_persons_key_is_theirs_alone() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    for (database, when_away, status) in [(0, "closed", 503), (1, "open", 200)] {
        let mut look = redis.look(database).await;
        let key = "{inturn}:person_day:person:eve";
        let _: i64 = look.lpush(key, "not a number").await.expect("set");
        let away = format!("--limits-when-redis-is-away={when_away}");
        let flags = ["--auth=proxy", "--trusted-proxy=127.0.0.1", &away];
        let mut replica = replica(page.path(), &service, &redis.url(database), &flags).await;
        for _ in 0..3 {
            assert_eq!(ask(&replica.address, "eve").await.0, status, "{when_away}");
            assert_eq!(ask(&replica.address, "ann").await.0, 200, "{when_away}");
        }
        replica.wait_for_log_times("WRONGTYPE", 3).await;
        replica.terminate();
        let (_, log) = replica.finish().await;
        assert!(!log.contains("Redis is away"), "{log}");
    }
}
