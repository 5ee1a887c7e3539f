//! Two tabs change the same past transcript at the same time.

use inturn_stored::Record;
use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    stage::Setting,
};
use inturn_transcript::Change;

use crate::{
    files::files,
    history::{OPENED, act, open_list},
    page_states,
    support::for_engines,
};

async fn changes_in_two_tabs_are_all_stored(engine: Engine) {
    let stage = Setting::new().open().await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    page_states::store(&browser, &stage.url, &page_states::past()[..1]).await;
    browser.go_to(&stage.url).await;
    open_list(&browser, 1).await;
    browser.value::<()>(RENAME_LATER).await;
    let renaming = browser.driver.window().await.expect("there is a tab");

    browser.open_tab().await;
    browser.go_to(&stage.url).await;
    open_list(&browser, 1).await;
    act(&browser, "open", 0).await;
    browser.wait_for(OPENED).await;
    browser
        .value::<()>("document.getElementById('history-edit').click()")
        .await;
    browser.wait_for(&format!("{LINE} !== null")).await;
    browser.value::<()>(&format!("({CORRECT})({LINE})")).await;

    let mut found = (0, 0);
    for _ in 0..ATTEMPTS {
        let records = files(&browser).await.remove(0).stored.records;
        let count = |of: fn(&Record) -> bool| records.iter().filter(|it| of(it)).count();
        found = (
            count(|it| matches!(it, Record::Titled(_))) - 1,
            count(|it| matches!(it, Record::Changed(Change::Corrected { .. }))),
        );
        if found == (CHANGES, CHANGES) {
            break;
        }
    }
    assert_eq!(found, (CHANGES, CHANGES), "titles and corrections");
    let note: String = browser.value(NOTE).await;
    assert_eq!(note, "Line corrected.");
    let switched = browser.driver.switch_to_window(renaming).await;
    switched.expect("the tab is there");
    let status: String = browser
        .value("document.getElementById('history-status').textContent")
        .await;
    assert_eq!(status, "");
}
for_engines!(changes_in_two_tabs_are_all_stored: Chromium, Firefox);

/// The number of titles, and of corrections.
const CHANGES: usize = 20;

/// Renames the transcript 20 times, once the other tab says so.
const RENAME_LATER: &str = "void (() => {
    let titles = 0;
    window.prompt = () => `Title ${titles += 1}`;
    const channel = window.channel = new window.BroadcastChannel('test');
    channel.onmessage = () => {
        const button = document.querySelector('[data-act=rename]');
        for (let it = 0; it < 20; it += 1) button.click();
    };
})()";

const LINE: &str = "document.querySelector('#history-text [data-turn=\"0\"] .line[role]')";

/// Corrects a line 20 times, as a person does.
const CORRECT: &str = "(line) => {
    line.dispatchEvent(new window.FocusEvent('focusin', { bubbles: true }));
    new window.BroadcastChannel('test').postMessage('');
    for (let it = 1; it <= 20; it += 1) {
        line.textContent = `Line ${it}`;
        line.dispatchEvent(new window.InputEvent('input', { bubbles: true }));
        line.dispatchEvent(new window.KeyboardEvent('keydown', {
            key: 'Enter', bubbles: true, cancelable: true }));
    }
}";

const NOTE: &str = "document.getElementById('edit-note').textContent";

/// Each takes a call of the driver: some milliseconds.
const ATTEMPTS: usize = 1_000;
