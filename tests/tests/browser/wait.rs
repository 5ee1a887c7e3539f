//! The wait for a rate limit is counted down, is read out only at its beginning and end, and the
//! recording goes on after it.

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
    // The next attempt meets the same limit, and starts another countdown.
    page.browser
        .wait_for("window.sentences.filter(([it]) => it.endsWith('in 0:04.')).length === 2")
        .await;
    let sentences: Vec<(String, String)> = page.browser.value("window.sentences").await;
    let advices = sentences.iter().map(|(sentence, live)| {
        let advice = sentence.split_once(". Leave this page open, ");
        (advice.expect("advice").1, live.as_str())
    });
    let advices: Vec<(&str, &str)> = advices.collect();
    let ends = advices.iter().rposition(|(advice, _)| *advice == AGAIN);
    let (first, second) = advices.split_at(ends.expect("a second countdown"));
    assert_eq!(second.first(), Some(&(AGAIN, "assertive")));
    assert_eq!(first.first(), Some(&(AGAIN, "assertive")));
    let now = "and your words follow once the connection is back.";
    assert_eq!(first.last(), Some(&(now, "assertive")));
    // A busy machine may skip a second.
    let between = &first[1..first.len() - 1];
    assert!(!between.is_empty(), "{first:?}");
    let counts = ["in 0:03.", "in 0:02.", "in 0:01."];
    for (advice, live) in between {
        let is_counted = counts.iter().any(|count| advice.ends_with(count));
        assert!(is_counted && *live == "off", "{first:?}");
    }
    assert!(between.is_sorted_by(|a, b| a > b), "{first:?}");

    proxy.set_gate(None);
    page.wait_for_state("listening").await;
    assert_eq!(page.problem().await, None);
    page.stop().await;
    assert_eq!(page.problem().await, None);
}

/// The advice at the start of a countdown.
const AGAIN: &str = "the next attempt follows in 0:04.";

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
