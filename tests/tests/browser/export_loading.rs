//! The Export menu is loaded after all that a recording needs, works without a network from then
//! on, and says so if it can't be loaded.

use std::fs;

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    machine,
    page::Page,
    proxy::{Exchange, Gate, Proxy},
    stage::Setting,
};
use serde_json::json;

use crate::{
    export_scene::{IS_OPEN, LOADED, download, keep_results, meeting, open_menu},
    support::{Scene, dispatch, for_engines, speaking_in},
};

for_engines!(a_recording_requests_all_it_needs_before_the_menu: Chromium, Firefox, WebKit);
for_engines!(without_its_module_a_recording_works_and_the_menu_says_so: Chromium, Firefox, WebKit);
for_engines!(once_loaded_the_menu_needs_no_server: Chromium, Firefox);

async fn a_recording_requests_all_it_needs_before_the_menu(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    let proxy = Proxy::start(&stage.url, "/scribe/").await;
    page.browser.go_to(&proxy.url).await;
    // As early as a person can: the page may still be loading.
    page.browser
        .wait_for("document.getElementById('record')?.disabled === false")
        .await;
    page.press().await;
    page.wait_for_words("one two").await;
    page.browser.wait_for(LOADED).await;
    if engine != Engine::WebKit {
        // This engine can store transcripts, and the module knows that the server allows it.
        page.browser
            .wait_for("document.getElementById('history-button') !== null")
            .await;
    }
    page.press().await;
    page.wait_for_state("idle").await;

    let paths: Vec<String> = proxy.exchanges().into_iter().map(|it| it.path).collect();
    let first = |part: &str| {
        let at = paths.iter().position(|it| it.contains(part));
        at.unwrap_or_else(|| panic!("no request for {part}: {paths:#?}"))
    };
    let module = first("inturn-web-documents");
    for needed in [
        "config",
        "recorder.js",
        "audio-processor.js",
        "/token",
        "/begin",
    ] {
        assert!(first(needed) < module, "{needed} comes late: {paths:#?}");
    }
    let mut later = paths.iter().skip(module);
    assert!(!later.any(|it| it.ends_with("/config")), "{paths:#?}");
    assert_eq!(page.problem().await, None);
}

async fn without_its_module_a_recording_works_and_the_menu_says_so(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    let proxy = Proxy::start(&stage.url, "/scribe/").await;
    let gone = Gate::new("404 Not Found", &["Content-Type: text/plain"], "");
    let module = built(".js");
    proxy.set_gate(Some(gone.only(&module)));
    let page = Page::load(page.browser, &proxy.url).await;
    let is_requested = |it: &Exchange| it.path.ends_with(&module);
    proxy.wait_for(|all| all.iter().any(is_requested)).await;
    page.record().await;
    page.wait_for_words("one two").await;
    open_menu(&page).await;
    let sentence = "Export could not be loaded. Check your network, then open this menu again.";
    page.browser
        .wait_for(&format!(
            "document.getElementById('export').textContent.trim() === {sentence:?}"
        ))
        .await;
    assert_eq!(page.problem().await, None);
    page.browser
        .value::<()>("document.getElementById('export').hidePopover()")
        .await;

    // The same page loads it when the menu is opened again, with the words since the start.
    proxy.set_gate(None);
    open_menu(&page).await;
    page.browser.wait_for(LOADED).await;
    let focused: String = page.browser.value("document.activeElement.id").await;
    assert_eq!(focused, "copy-all");
    keep_results(&page).await;
    let text = download(&page, "txt").await.content;
    assert!(text.to_lowercase().contains("one two"), "{text}");
    page.press().await;
    page.wait_for_state("idle").await;
}

async fn once_loaded_the_menu_needs_no_server(engine: Engine) {
    let mut stage = Setting::new().open().await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    let page = Page::load(browser, &stage.url).await;
    page.browser.wait_for(LOADED).await;
    stage.stop_server().await;
    page.browser.value::<()>(&dispatch(meeting())).await;
    keep_results(&page).await;
    open_menu(&page).await;
    for extension in ["txt", "md", "srt", "vtt", "json"] {
        let saved = download(&page, extension).await;
        assert!(saved.content.contains("morning"), "{saved:?}");
    }
    page.click_on("#copy-all").await;
    page.browser.wait_for("window.copied !== null").await;
}

/// The module is loaded at once if the menu is opened before the page is idle.
#[tokio::test(flavor = "multi_thread")]
async fn opening_the_menu_loads_it_at_once() {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    // Neither timers nor idle time.
    let never = "for (const name of ['setTimeout', 'requestIdleCallback']) window[name] = () => 0;";
    browser.before_each_page(never).await;
    let page = Page::load(browser, &stage.url).await;
    let disabled = "document.getElementById('export-button').disabled";
    assert!(
        page.browser.value::<bool>(disabled).await,
        "there are no words"
    );
    page.browser.value::<()>(&dispatch(meeting())).await;
    assert!(!page.browser.value::<bool>(disabled).await);
    assert!(!page.browser.value::<bool>(LOADED).await);
    page.click_on("#export-button").await;
    page.browser
        .wait_for(&format!("{LOADED} && {IS_OPEN}"))
        .await;
    keep_results(&page).await;
    let text = download(&page, "txt").await.content;
    assert!(text.contains("Good morning, Mia."), "{text}");
}

/// A recorder that is started later, when the page is restored from the back-forward cache, is
/// followed too.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_recorder_is_followed_too() {
    let stage = Setting::new().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    page.browser.wait_for(LOADED).await;
    page.browser
        .value::<()>(&dispatch(meeting()[..3].to_vec()))
        .await;
    let state = json!([3, 1, 3, 0]); // `ToPage::Event(Event::State(State::Listening(Live)))`
    page.browser
        .value::<()>(&format!(
            "void inturnRecorder.dispatchEvent(new window.MessageEvent('message', {{
                data: window.Uint8Array.from({state}) }}))"
        ))
        .await;
    page.wait_for_state("listening").await;
    page.browser
        .value::<()>(
            "void (window.earlier = inturnRecorder,
                dispatchEvent(new PageTransitionEvent('pagehide')),
                dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))",
        )
        .await;
    page.browser
        .wait_for("globalThis.inturnRecorder && inturnRecorder !== window.earlier")
        .await;
    page.wait_for_state("idle").await;
    page.browser
        .value::<()>(&dispatch(meeting()[3..4].to_vec()))
        .await;
    keep_results(&page).await;
    open_menu(&page).await;
    let text = download(&page, "txt").await.content;
    assert!(text.contains("Good morning, Mia."), "{text}");
    assert!(text.contains("Grüße"), "{text}");
}

/// Returns the name of a built file of the module.
fn built(end: &str) -> String {
    let files = fs::read_dir(machine::client_dir()).expect("the page is built");
    let names = files.map(|it| it.expect("the folder can be listed").file_name());
    let mut names = names.filter_map(|name| name.into_string().ok());
    names
        .find(|name| name.starts_with("inturn-web-documents-") && name.ends_with(end))
        .expect("the page is built")
}
