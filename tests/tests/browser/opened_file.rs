//! A JSON file that the page has saved is opened on the page.

use inturn_tests::{browser::Engine, page::Page};
use serde_json::json;

use crate::{
    export_scene::{Scene, document, download, end, keep_results, meeting, open_kept, open_menu},
    history::{OPENED, PAST_TEXT, open_list},
    support::for_engines,
};

async fn a_saved_file_is_opened(engine: Engine) {
    let events: Vec<_> = meeting().into_iter().chain(end()).collect();
    let Scene { page, stage } = open_kept(engine, events.clone()).await;
    open_menu(&page).await;
    let saved = download(&page, "json").await.content;
    let page = Page::load(page.browser, &stage.url).await;
    keep_results(&page).await;
    open_list(&page.browser, 0).await;

    let damaged = saved.replace("66000", "\"later\"");
    choose(&page, &damaged).await;
    page.browser
        .wait_for("document.getElementById('history-status').textContent")
        .await;
    let status: String = page.browser.value(STATUS).await;
    assert_eq!(
        status,
        "The file is damaged: recordings[0].entries[3].start_ms is not a whole number in the \
         valid range."
    );
    choose(&page, "{").await;
    page.browser
        .wait_for(&format!("{STATUS} === 'The file is not valid JSON.'"))
        .await;

    choose(&page, &saved).await;
    page.browser.wait_for(OPENED).await;
    let text: String = page.browser.value(PAST_TEXT).await;
    for turn in document(events).parts()[0].transcript.turns() {
        assert!(text.contains(turn.text()), "{turn:?} is not in {text}");
    }
    let resume = "document.getElementById('history-continue').hidden";
    assert!(page.browser.value::<bool>(resume).await, "it is not stored");
    page.click_on("#history-formats [data-format=json]").await;
    let again: String = page.browser.value("window.saved.pop().blob.text()").await;
    assert_eq!(again, saved);
}
for_engines!(a_saved_file_is_opened: Chromium, Firefox);

/// Chooses a file with this content.
pub(crate) async fn choose(page: &Page, content: &str) {
    let script = format!(
        "void ((input) => {{
            const transfer = new DataTransfer();
            transfer.items.add(new File([{}], 'meeting.json'));
            input.files = transfer.files;
            input.dispatchEvent(new window.Event('change'));
        }})(document.getElementById('history-file'))",
        json!(content)
    );
    page.browser.value::<()>(&script).await;
}

pub(crate) const STATUS: &str = "document.getElementById('history-status').textContent";
