//! Redis errors that affect one person.

use redis::AsyncCommands;

use super::{replica, request_token};
use crate::support::{FakeUpstream, RedisServer, Reply, TOKEN, built_page};

#[tokio::test]
async fn an_error_in_one_persons_key_affects_only_that_person() {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let redis = RedisServer::start(None).await;
    let page = built_page();
    for (database, when_away, status) in [(0, "closed", 503), (1, "open", 200)] {
        let mut connection = redis.connect(database).await;
        let key = "{inturn}:person_day:person:eve";
        let _: i64 = connection
            .lpush(key, "not a number")
            .await
            .expect("Redis accepts the command");
        let away = format!("--limits-when-redis-is-away={when_away}");
        let flags = ["--auth=proxy", "--trusted-proxy=127.0.0.1", &away];
        let mut replica = replica(page.path(), &service, &redis.url(database), &flags).await;
        for _ in 0..3 {
            assert_eq!(
                request_token(&replica.address, "eve").await.0,
                status,
                "{when_away}"
            );
            assert_eq!(
                request_token(&replica.address, "ann").await.0,
                200,
                "{when_away}"
            );
        }
        replica.wait_for_log_times("WRONGTYPE", 3).await;
        replica.terminate();
        let (_, log) = replica.finish().await;
        assert!(!log.contains("Redis is unavailable"), "{log}");
    }
}
