//! axe-core finds no accessibility problem in any state and colour scheme.

use std::{collections::BTreeSet, fs};

use inturn_tests::{
    browser::{Browser, Microphone},
    machine,
    stage::Setting,
};
use serde::Deserialize;

use crate::{
    looks::{SCHEMES, VIEWS, set_scheme, setting},
    page_states,
};

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_any_state_and_scheme() {
    let stage = setting().open().await;
    let browser = with_axe().await;
    page_states::prepare(&browser).await;
    let mut found = BTreeSet::new();
    for state in page_states::all() {
        state.enter(&browser, &stage.url).await;
        for view in [VIEWS[0], VIEWS[3]] {
            view.set(&browser).await;
            for scheme in SCHEMES {
                set_scheme(&browser, scheme).await;
                let violations = violations(&browser).await;
                let what = format!("{}, {}, {scheme}", state.name, view.name);
                found.extend(violations.into_iter().map(|it| format!("{what}: {it}")));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_the_sign_in_page() {
    let setting = Setting::new().with_passphrase("passphrase-marker");
    let stage = setting.open().await;
    let browser = with_axe().await;
    browser.go_to(&stage.url).await;
    for scheme in SCHEMES {
        set_scheme(&browser, scheme).await;
        let violations = violations(&browser).await;
        assert!(violations.is_empty(), "{scheme}: {violations:#?}");
    }
}

async fn with_axe() -> Browser {
    let browser = Browser::open(&Microphone::Missing).await;
    let axe = fs::read_to_string(machine::axe_core()).expect("axe-core is text");
    browser.before_each_page(&axe).await;
    browser
}

/// Returns a sentence for each violation of a rule.
async fn violations(browser: &Browser) -> Vec<String> {
    let Report { passed, violations } = browser.value(RUN_AXE).await;
    // Otherwise it has looked at an empty page.
    assert!(passed > FEWEST_RULES, "only {passed} rules apply");
    violations
}

/// What axe-core found.
#[derive(Debug, Deserialize)]
struct Report {
    /// Number of rules that elements of the page follow.
    passed: u32,
    violations: Vec<String>,
}

/// All rules for elements that every page has: a language, a title, headings, contrasts.
const FEWEST_RULES: u32 = 12;

const RUN_AXE: &str = "axe.run(document, { resultTypes: ['violations'] }).then((report) => ({
    passed: report.passes.length,
    violations: report.violations.flatMap(({ id, nodes }) => nodes.map((node) =>
        `${id}: ${node.target.join(' ')}: ${node.failureSummary.replaceAll('\\n', ' ')}`)),
}))";
