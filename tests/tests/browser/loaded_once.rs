//! The recorder's script is loaded at the same time as the module, and no script is loaded twice.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    proxy::{Exchange, Proxy},
    stage::Setting,
};

use crate::support::{copy_client, for_engines};

for_engines!(the_recorders_script_is_loaded_with_the_module: Chromium, Firefox, WebKit);

async fn the_recorders_script_is_loaded_with_the_module(engine: Engine) {
    let client = tempfile::tempdir().expect("a temporary folder");
    copy_client(client.path(), |name, script| {
        if name == "crash.js" {
            script.push_str(HOLD_MODULE);
        }
        true
    });
    let stage = Setting::new().with_client(client.path()).open().await;
    let proxy = Proxy::start(&stage.url, "/scribe/").await;
    let browser = Browser::open_in(engine, &Microphone::Missing).await;
    browser.go_to(&proxy.url).await;
    let page = Page { browser };
    page.wait_for_state("loading").await;
    let is_recorder = |it: &Exchange| it.path.ends_with("/recorder.js");
    proxy.wait_for(|all| all.iter().any(is_recorder)).await;
    assert_eq!(page.state().await, "loading");

    let [glue, module]: [String; 2] = page.browser.value(MODULE_FILES).await;
    page.browser.value::<()>("void window.release()").await;
    page.wait_for_state("idle").await;
    // These are requested last, in any order.
    for last in ["/audio-processor.js", "/store.js"] {
        let is_last = |it: &Exchange| it.path.ends_with(last);
        proxy.wait_for(|all| all.iter().any(is_last)).await;
    }
    let exchanges = proxy.exchanges();
    let count = |end: &str| exchanges.iter().filter(|it| it.path.ends_with(end)).count();
    let mut files = vec!["/recorder.js", "/audio-processor.js", "/store.js"];
    // WebKitGTK 2.50 does not use what it has preloaded.
    if engine != Engine::WebKit {
        files.extend([glue.as_str(), module.as_str()]);
    }
    for file in files {
        assert_eq!(count(file), 1, "{file}");
    }
}

/// The names of the module and of the script that wraps it.
const MODULE_FILES: &str = "['modulepreload', 'preload'].map((rel) =>
    document.querySelector(`head [rel=${rel}][href*=inturn]`).getAttribute('href').slice(1))";

/// Makes the module wait for `release()`.
const HOLD_MODULE: &str = "
    ;((fetch) => {
        const held = new Promise((release) => (window.release = release));
        window.fetch = async (what, ...more) => {
            if (String(what).endsWith('.wasm')) await held;
            return fetch(what, ...more);
        };
    })(window.fetch);
";
