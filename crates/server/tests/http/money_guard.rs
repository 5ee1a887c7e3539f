//! The page gets the operator's settings against forgotten recordings, and the price of a session.

use inturn_protocol::{PageConfig, SessionCost};

use crate::support::{FakeUpstream, Reply, TOKEN, built_page, config, config_for, get, router};

/// Returns the configuration that the page gets, if there is a key.
async fn page_config(flags: &[&str]) -> PageConfig {
    let service = FakeUpstream::start(Reply::token(TOKEN)).await;
    let page = built_page();
    let response = get(
        &router(&config_for(&service, page.path(), flags)),
        "/config",
    )
    .await;
    PageConfig::decode(&response.text()).expect("a config")
}

#[tokio::test]
async fn the_servers_defaults_are_the_pages() {
    assert_eq!(page_config(&[]).await, PageConfig::default());
}

#[tokio::test]
async fn idle_minutes_are_in_the_config() {
    for (flag, seconds) in [
        ("--idle-minutes=0", 0),
        ("--idle-minutes=1", 60),
        ("--idle-minutes=1440", 86_400),
    ] {
        assert_eq!(page_config(&[flag]).await.idle_seconds, seconds, "{flag}");
    }
}

#[tokio::test]
async fn the_price_is_in_the_config_if_there_is_one() {
    let cost = |per_hour_micros, currency: &str| {
        Some(SessionCost {
            per_hour_micros,
            currency: currency.to_owned(),
        })
    };
    for (flags, expected) in [
        (&["--cost-currency=€"][..], None),
        (&["--cost-per-hour=0.45"], cost(450_000, "$")),
        (&["--cost-per-hour=0"], cost(0, "$")),
        (
            &["--cost-per-hour", "1000000", "--cost-currency=CHF"],
            cost(1_000_000_000_000, "CHF\u{a0}"),
        ),
    ] {
        assert_eq!(page_config(flags).await.cost, expected, "{flags:?}");
    }
}

#[tokio::test]
async fn the_local_service_costs_nothing() {
    let page = built_page();
    let flags = ["--recogniser=script", "--cost-per-hour=0.45"];
    let response = get(&router(&config(page.path(), &flags)), "/config").await;
    let page_config = PageConfig::decode(&response.text()).expect("a config");
    assert!(page_config.local_service.is_some());
    assert_eq!(page_config.cost, None);
}
