//! A file of the page that is gone, or whose loading breaks off: one sentence, and a way to reload.

use std::fs;

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    machine,
    page::Page,
    proxy::{Gate, Proxy},
    stage::Setting,
};

use crate::support::{Scene, copy_client, played_in, speaking_in};

played_in!(a_page_that_cannot_start_offers_to_reload: Chromium, Firefox, WebKit);
played_in!(a_page_without_its_style_or_configuration_offers_to_reload: Chromium, Firefox, WebKit);
played_in!(a_recording_without_its_worklet_offers_to_reload: Chromium, Firefox, WebKit);
played_in!(a_page_goes_without_what_it_does_not_need: Chromium, Firefox, WebKit);
played_in!(a_recorder_without_its_module_offers_to_reload: Chromium, Firefox, WebKit);

async fn a_page_that_cannot_start_offers_to_reload(engine: Engine) {
    let Scene { stage, page } = speaking_in(engine, Setting::new()).await;
    for file in [
        built("inturn", ".js"),
        built("inturn", "_bg.wasm"),
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
            let dead: bool = page.browser.value("record.disabled").await;
            assert!(dead, "{file} {how}");
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
                continue; // some browsers take what they have got of a style
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
    for (how, gate) in failures() {
        let proxy = Proxy::start(&stage.url, "/scribe/").await;
        page = Page::load(page.browser, &proxy.url).await;
        proxy.set_gate(Some(gate.only("audio-processor.js")));
        page.click().await;
        let problem = page.wait_for_problem().await;
        assert_eq!(problem.kind, "page-unloaded", "{how}");
        page.wait_for_state("idle").await;
        assert_reload_helps(&page, &proxy).await;
    }
    assert_eq!(stage.service.sessions(), [], "no session without sound");
}

async fn a_page_goes_without_what_it_does_not_need(engine: Engine) {
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

/// The page keeps the script that wraps the module; another build of the server may have put it away
/// by the time the recorder asks for it.
async fn a_recorder_without_its_module_offers_to_reload(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |name, script| {
        if name == "recorder.js" {
            assert!(
                script.contains("import(glue)"),
                "it starts in another way: {script}"
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

/// Presses Reload once the file is there again.
async fn assert_reload_helps(page: &Page, proxy: &Proxy) {
    proxy.set_gate(None);
    page.reload().await;
    assert_eq!(page.problem().await, None);
}

/// Gone, as after a deploy; given up by the network; broken off half way.
fn failures() -> [(&'static str, Gate); 3] {
    // As the server says it.
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

/// The name of a file that the build has given a hash.
fn built(start: &str, end: &str) -> String {
    let files = fs::read_dir(machine::client_dir()).expect("the page is built");
    let names = files.map(|it| it.expect("it can be listed").file_name());
    let mut names = names.filter_map(|name| name.into_string().ok());
    names
        .find(|name| name.starts_with(start) && name.contains('-') && name.ends_with(end))
        .expect("the page is built")
}
