//! If a file of the page is missing or its loading fails, the page shows a problem with a Reload
//! link.

use std::fs;

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    machine,
    page::Page,
    proxy::{Exchange, Gate, Proxy},
    stage::Setting,
};

use crate::support::{Scene, copy_client, for_engines, speaking_in};

for_engines!(a_page_that_cannot_start_offers_to_reload: Chromium, Firefox, WebKit);
for_engines!(a_page_without_its_style_or_configuration_offers_to_reload: Chromium, Firefox, WebKit);
for_engines!(a_recording_without_its_worklet_offers_to_reload: Chromium, Firefox, WebKit);
for_engines!(optional_files_may_be_missing: Chromium, Firefox, WebKit);
for_engines!(a_recorder_without_its_module_offers_to_reload: Chromium, Firefox, WebKit);

async fn a_page_that_cannot_start_offers_to_reload(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    for file in [
        built("inturn-web-client", ".js"),
        built("inturn-web-client", "_bg.wasm"),
        "recorder.js".to_owned(),
    ] {
        for (how, gate) in failures() {
            let proxy = Proxy::start(&stage.url, "/scribe/").await;
            proxy.set_gate(Some(gate.only(&file)));
            page.browser.go_to(&proxy.url).await;
            page.wait_for_state("crashed").await;
            let problem = page.wait_for_problem().await;
            assert_eq!(problem.kind, "page-unloaded", "{file} {how}");
            assert!(
                !problem.sentence.contains("Copy"),
                "{file} {how}: {problem:?}"
            );
            let disabled: bool = page.browser.value("record.disabled").await;
            assert!(disabled, "{file} {how}");
            assert_reload_helps(&page, &proxy).await;
        }
    }
}

async fn a_page_without_its_style_or_configuration_offers_to_reload(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    for file in [
        built("style", ".css"),
        built("tokens", ".css"),
        "config".to_owned(),
    ] {
        for (how, gate) in failures() {
            if file.ends_with(".css") && how == "cut" {
                continue; // some browsers apply an incomplete style sheet
            }
            let proxy = Proxy::start(&stage.url, "/scribe/").await;
            proxy.set_gate(Some(gate.only(&file)));
            page.browser.go_to(&proxy.url).await;
            let problem = page.wait_for_problem().await;
            assert_eq!(problem.kind, "page-unloaded", "{file} {how}");
            page.wait_for_state("idle").await;
            assert_reload_helps(&page, &proxy).await;
        }
    }
}

async fn a_recording_without_its_worklet_offers_to_reload(engine: Engine) {
    let Scene { stage, mut page } = speaking_in(engine, Setting::new()).await;
    for (index, (how, gate)) in failures().into_iter().enumerate() {
        let proxy = Proxy::start(&stage.url, "/scribe/").await;
        proxy.set_gate(Some(gate.only("audio-processor.js")));
        page = Page::load(page.browser, &proxy.url).await;
        let is_requested = |it: &Exchange| it.path.ends_with("audio-processor.js");
        proxy.wait_for(|all| all.iter().any(is_requested)).await;
        // It is reported only if a recording needs it.
        assert_eq!(page.problem().await, None, "{how}");
        page.click().await;
        let problem = page.wait_for_problem().await;
        assert_eq!(problem.kind, "page-unloaded", "{how}");
        page.wait_for_state("idle").await;
        assert_eq!(
            stage.service.sessions().len(),
            index,
            "no session without sound"
        );
        assert_reload_helps(&page, &proxy).await;
        page.click().await;
        page.wait_for_state("listening").await;
        page.stop().await;
    }
}

async fn optional_files_may_be_missing(engine: Engine) {
    let Scene { stage, mut page } = speaking_in(engine, Setting::new()).await;
    for file in ["crash.js", "press.js", "icon.svg"] {
        for (_, gate) in failures() {
            let proxy = Proxy::start(&stage.url, "/scribe/").await;
            proxy.set_gate(Some(gate.only(file)));
            page = Page::load(page.browser, &proxy.url).await;
            assert_eq!(page.problem().await, None);
        }
    }
}

/// The page has loaded the script that wraps the module. A new build of the page may have removed
/// that file before the recorder requests it.
async fn a_recorder_without_its_module_offers_to_reload(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |name, script| {
        if name == "recorder.js" {
            assert!(
                script.contains("import(glue)"),
                "the recorder's start has changed: {script}"
            );
            *script = script.replace("import(glue)", "import('./gone.js')");
        }
        true
    });
    let stage = Setting::new().with_client(client.path()).open().await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    browser.go_to(&stage.url).await;
    let page = Page { browser };
    page.wait_for_state("crashed").await;
    assert_eq!(page.wait_for_problem().await.kind, "page-unloaded");
}

/// Asserts that Reload works once the file is available again.
async fn assert_reload_helps(page: &Page, proxy: &Proxy) {
    proxy.set_gate(None);
    page.reload().await;
    assert_eq!(page.problem().await, None);
}

/// Failures: the file is missing (as after a deploy), the connection is closed, the response is cut
/// off.
fn failures() -> [(&'static str, Gate); 3] {
    // Like the server's 404.
    let headers = ["Content-Type: text/plain", "Cache-Control: no-store"];
    let gone = Gate::new("404 Not Found", &headers, "");
    let aborted = Gate {
        answer: String::new(),
        ..gone.clone()
    };
    let cut = Gate {
        answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9999\r\n\r\n{".to_owned(),
        ..gone.clone()
    };
    [("gone", gone), ("aborted", aborted), ("cut", cut)]
}

/// Returns the name of a built file that has a hash in its name.
fn built(start: &str, end: &str) -> String {
    let files = fs::read_dir(machine::client_dir()).expect("the page is built");
    let names = files.map(|it| it.expect("the folder can be listed").file_name());
    let mut names = names.filter_map(|name| name.into_string().ok());
    names
        .find(|name| name.starts_with(start) && name.contains('-') && name.ends_with(end))
        .expect("the page is built")
}
