//! The wait for a rate limit is counted down, is read out only at its beginning and end, and does
//! not disable Record.

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
    page.browser.value::<()>(RECORD_SENTENCES).await;
    page.press().await;
    page.browser
        .wait_for("window.sentences.at(-1)?.[0].endsWith('Press Record to try again.')")
        .await;
    let sentences: Vec<(String, String)> = page.browser.value("window.sentences").await;
    let advices: Vec<(&str, &str)> = sentences
        .iter()
        .map(|(sentence, live)| {
            let (_, advice) = sentence.split_once(". Press Record ").expect("advice");
            (advice, live.as_str())
        })
        .collect();
    assert_eq!(advices.first(), Some(&("again in 0:04.", "assertive")));
    assert_eq!(advices.last(), Some(&("to try again.", "assertive")));
    // A busy machine may skip a second.
    let between = &advices[1..advices.len() - 1];
    assert!(!between.is_empty(), "{advices:?}");
    for (advice, live) in between {
        let counts = ["again in 0:03.", "again in 0:02.", "again in 0:01."];
        assert!(counts.contains(advice) && *live == "off", "{advices:?}");
    }
    assert!(
        advices[..advices.len() - 1].is_sorted_by(|a, b| a > b),
        "{advices:?}"
    );
    assert_eq!(page.state().await, "idle");

    // Pressing Record earlier sends a new request.
    proxy.set_gate(Some(limited(600)));
    page.press().await;
    page.browser
        .wait_for("window.sentences.at(-1)[0].endsWith('in 10:00.')")
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

/// Records each sentence, and whether it is read out.
const RECORD_SENTENCES: &str = "window.sentences = [], void ((problem) => {
    new MutationObserver(() => {
        const sentence = problem.textContent;
        if (sentence && sentence !== window.sentences.at(-1)?.[0])
            window.sentences.push(
                [sentence, problem.ariaLive ?? problem.getAttribute('aria-live')]);
    }).observe(problem, { childList: true, characterData: true });
})(document.getElementById('problem'))";
