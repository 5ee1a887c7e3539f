//! The page works at the root and below a prefix, with a key and without.

use inturn_tests::{browser::Engine, page::Page, proxy::Proxy, stage::Setting};

use crate::support::{Scene, for_engines, pausing, pausing_in};

for_engines!(the_local_service_works_below_a_prefix: Chromium, Firefox, WebKit);
for_engines!(with_a_key_the_page_records_below_a_prefix: Chromium, Firefox, WebKit);

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_local_service_is_used_and_a_notice_shown() {
    let Scene {
        page,
        stage: _stage,
    } = pausing(Setting::new().without_key()).await;
    assert_notice_is_shown(&page).await;
    record_some_words(&page, LOCAL_WORDS).await;
}

async fn the_local_service_works_below_a_prefix(engine: Engine) {
    let Scene { stage, page } = pausing_in(engine, Setting::new().without_key()).await;
    let proxy = Proxy::start(&stage.url, PREFIX).await;
    let page = Page::load(page.browser, &proxy.url).await;
    assert_notice_is_shown(&page).await;
    record_some_words(&page, LOCAL_WORDS).await;
    assert_all_below_the_prefix(&proxy);
    let sockets: Vec<String> = proxy
        .exchanges()
        .into_iter()
        .filter(|exchange| exchange.is_upgrade)
        .map(|exchange| exchange.path)
        .collect();
    assert_eq!(sockets, ["/team/scribe/local/v3/ws"]);
}

async fn with_a_key_the_page_records_below_a_prefix(engine: Engine) {
    let Scene { stage, page } = pausing_in(engine, Setting::new()).await;
    let proxy = Proxy::start(&stage.url, PREFIX).await;
    let page = Page::load(page.browser, &proxy.url).await;
    assert_eq!(notice(&page).await, None);
    record_some_words(&page, "one two").await;
    assert_all_below_the_prefix(&proxy);
    let log = stage.closed_session(1).await;
    assert!(log.terminated, "{log:?}");
    // Audio goes straight to the service: a proxy needs no settings for sockets.
    assert!(
        proxy
            .exchanges()
            .iter()
            .all(|exchange| !exchange.is_upgrade)
    );
}

async fn record_some_words(page: &Page, words: &str) {
    page.record().await;
    page.wait_for_words(words).await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    let turns = page.turns().await;
    assert!(
        !turns.is_empty() && turns.iter().all(|turn| turn.is_final),
        "{turns:?}"
    );
}

fn assert_all_below_the_prefix(proxy: &Proxy) {
    let exchanges = proxy.exchanges();
    let paths: Vec<&str> = exchanges
        .iter()
        .map(|exchange| exchange.path.as_str())
        .collect();
    assert!(
        paths.iter().all(|path| path.starts_with(PREFIX)),
        "{paths:#?}"
    );
    for path in ["", "config", "token", "recorder.js", "audio-processor.js"] {
        assert!(
            paths.contains(&format!("{PREFIX}{path}").as_str()),
            "{path}: {paths:#?}"
        );
    }
}

async fn assert_notice_is_shown(page: &Page) {
    let notice = notice(page).await.expect("a notice is shown");
    assert!(notice.contains("Demo"), "{notice}");
    assert!(
        notice.contains("a prepared text appears"),
        "the notice must say that the text is prepared: {notice}"
    );
}

async fn notice(page: &Page) -> Option<String> {
    page.browser
        .wait_for("document.readyState === 'complete'")
        .await;
    page.browser
        .value(
            "((notice) => notice.checkVisibility() ? notice.innerText : null)(
                document.getElementById('notice'))",
        )
        .await
}

const PREFIX: &str = "/team/scribe/";

/// The first words of the local service's script.
const LOCAL_WORDS: &str = "the kettle is on";
