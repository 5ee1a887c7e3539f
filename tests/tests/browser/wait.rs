//! A limit's wait is counted down, is read out at its beginning and its end alone, and keeps nobody
//! from pressing Record.

use inturn_tests::{
    page::Page,
    proxy::{Gate, Proxy},
    stage::Setting,
};

use crate::support::{Scene, pausing};

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_is_counted_down() {
    let Scene { page, stage } = pausing(Setting::new()).await;
    let proxy = Proxy::start(&stage.url, "/").await;
    let page = Page::load(page.browser, &proxy.url).await;
    proxy.set_gate(Some(limited(4)));
    page.browser.value::<()>(NOTE_EACH_CHANGE).await;
    page.press().await;
    page.browser
        .wait_for("window.said.at(-1)?.[0].endsWith('Press Record to try again.')")
        .await;
    let said: Vec<(String, String)> = page.browser.value("window.said").await;
    let told: Vec<(&str, &str)> = said
        .iter()
        .map(|(sentence, live)| {
            let (_, advice) = sentence.split_once(". Press Record ").expect("advice");
            (advice, live.as_str())
        })
        .collect();
    assert_eq!(told.first(), Some(&("again in 0:04.", "assertive")));
    assert_eq!(told.last(), Some(&("to try again.", "assertive")));
    // A busy machine may pass over a second.
    let between = &told[1..told.len() - 1];
    assert!(!between.is_empty(), "{told:?}");
    for (advice, live) in between {
        let counts = ["again in 0:03.", "again in 0:02.", "again in 0:01."];
        assert!(counts.contains(advice) && *live == "off", "{told:?}");
    }
    assert!(
        told[..told.len() - 1].is_sorted_by(|a, b| a > b),
        "{told:?}"
    );
    assert_eq!(page.state().await, "idle");

    // Whoever does not wait is answered anew.
    proxy.set_gate(Some(limited(600)));
    page.press().await;
    page.browser
        .wait_for("window.said.at(-1)[0].endsWith('in 10:00.')")
        .await;
    proxy.set_gate(None);
    page.record().await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
    assert_eq!(page.problem().await, None);
}

fn limited(seconds: u32) -> Gate {
    let body =
        format!(r#"{{"error":"No.","code":"limit_reached","retry_after_seconds":{seconds}}}"#);
    Gate::new(
        "429 Too Many Requests",
        &["Content-Type: application/json"],
        &body,
    )
    .only("token")
}

/// Each sentence, and whether it is for being read out.
const NOTE_EACH_CHANGE: &str = "window.said = [], void ((problem) => {
    new MutationObserver(() => {
        const sentence = problem.textContent;
        if (sentence && sentence !== window.said.at(-1)?.[0])
            window.said.push([sentence, problem.ariaLive ?? problem.getAttribute('aria-live')]);
    }).observe(problem, { childList: true, characterData: true });
})(document.getElementById('problem'))";
