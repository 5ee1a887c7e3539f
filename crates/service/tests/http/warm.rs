//! Keeping a connection open while calls are likely.

use std::time::Duration;

use inturn_service::{ApiKey, CALL_TIMEOUT, ServiceClient, ServiceUrl, WARM_INTERVAL};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};

use crate::support::{KEY, REQUEST, Reply, Stub};

#[tokio::test]
async fn a_connection_is_open_before_the_first_token() {
    let service = Stub::start(vec![empty()]).await;
    let client = service.client();
    client.expect_call();
    tokio::select! {
        () = client.keep_warm(Duration::from_millis(1)) => unreachable!("it never ends"),
        () = async {
            while service.heads().len() < 3 {
                service.called().await;
            }
        } => {}
    }
    assert_eq!(service.connections(), 1);
    for head in service.heads() {
        assert!(head.starts_with("HEAD / HTTP/1.1\r\n"), "{head}");
        assert!(!head.contains(KEY), "{head}");
    }
}

#[tokio::test]
async fn the_connection_serves_the_next_token() {
    let service = Stub::start(vec![empty(), Reply::token()]).await;
    let client = service.client();
    client.probe(CALL_TIMEOUT).await.expect("reachable");
    client.mint(&REQUEST, CALL_TIMEOUT).await.expect("a token");
    assert_eq!((service.heads().len(), service.connections()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn no_call_is_made_while_none_is_likely() {
    let mut service = Silent::start().await;
    let warm = service.client.keep_warm(WARM_INTERVAL);
    assert!(timeout(DAY, warm).await.is_err());
    assert_eq!(service.connections().await, 0);
}

#[tokio::test(start_paused = true)]
async fn calls_end_half_an_hour_after_the_last_page() {
    let mut service = Silent::start().await;
    service.client.expect_call();
    let warm = service.client.keep_warm(WARM_INTERVAL);
    assert!(timeout(DAY, warm).await.is_err());
    // None gets a reply, so each needs a connection of its own.
    assert_eq!(service.connections().await, 30 * 60 / 40);
}

#[tokio::test(start_paused = true)]
async fn a_token_replaces_the_call_of_its_interval() {
    let mut service = Silent::start().await;
    let begun = Instant::now();
    let minted = service.client.mint(&REQUEST, CALL_TIMEOUT).await;
    assert!(minted.is_err() && begun.elapsed() < WARM_INTERVAL);
    service.client.expect_call();
    let rest = WARM_INTERVAL - begun.elapsed() - Duration::from_secs(1);
    let warm = service.client.keep_warm(WARM_INTERVAL);
    assert!(timeout(rest, warm).await.is_err());
    assert_eq!(service.connections().await, 1);
}

/// The reply to `HEAD`, which has no body.
fn empty() -> Reply {
    Reply::whole("404 Not Found", "", "")
}

/// A service that accepts connections and never replies, so that a paused clock decides everything.
struct Silent {
    client: ServiceClient,
    listener: TcpListener,
}

impl Silent {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let service: ServiceUrl = url.parse().expect("a base URL");
        let key = ApiKey::parse(KEY).expect("a key").expect("not empty");
        let client = ServiceClient::new(&service, &key).expect("a client");
        Self { client, listener }
    }

    /// Counts the connections since the last call.
    async fn connections(&mut self) -> u64 {
        let mut count = 0;
        while timeout(DAY, self.listener.accept()).await.is_ok() {
            count += 1;
        }
        count
    }
}

const DAY: Duration = Duration::from_secs(86_400);
