//! The page does nothing that its Content Security Policy forbids, and causes no other warnings in
//! the console.

use inturn_tests::stage::Setting;

use crate::support::{Scene, pausing};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_recording_leaves_the_console_clean() {
    // The local service has its own script.
    for (setting, words) in [
        (Setting::new(), "one two"),
        (Setting::new().without_key(), "the kettle"),
    ] {
        let what = format!("{setting:?}");
        let Scene { stage, page } = pausing(setting).await;
        let policy: Option<String> = page
            .browser
            .value(&format!(
                "fetch('{}').then((reply) => reply.headers.get('content-security-policy'))",
                stage.url
            ))
            .await;
        assert!(
            policy.is_some_and(|policy| policy.contains("default-src 'none'")),
            "{what}"
        );
        page.record().await;
        page.wait_for_words(words).await;
        page.stop().await;
        let warnings: Vec<String> = page
            .browser
            .console()
            .await
            .into_iter()
            .filter(|line| line.starts_with("SEVERE") || line.starts_with("WARNING"))
            .collect();
        assert!(warnings.is_empty(), "{what}: {warnings:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_blocks_other_origins() {
    let Scene {
        page,
        stage: _stage,
    } = pausing(Setting::new()).await;
    page.browser.console().await;
    let reached: bool = page
        .browser
        .value("fetch('http://127.0.0.1:9/').then(() => true, () => false)")
        .await;
    assert!(!reached);
    let console = page.browser.console().await;
    assert!(
        console
            .iter()
            .any(|line| line.contains("Content Security Policy")),
        "{console:#?}"
    );
}
