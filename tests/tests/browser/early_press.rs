//! A press on Record while the page is loading takes effect once it is ready.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    speech,
    stage::{Setting, Stage},
};
use tempfile::TempDir;

use crate::support::{copy_client, for_engines};

for_engines!(an_early_press_records_as_soon_as_the_page_is_ready: Chromium, Firefox, WebKit);
for_engines!(a_second_press_cancels_an_early_one: Chromium, Firefox, WebKit);

async fn an_early_press_records_as_soon_as_the_page_is_ready(engine: Engine) {
    let scene = Scene::open(engine).await;
    let page = &scene.page;
    assert_eq!(scene.shown().await, ("Record".into(), "Loading…".into()));
    page.click().await;
    assert_eq!(scene.shown().await, ("Stop".into(), "Starting…".into()));
    page.browser.value::<()>(RELEASE).await;
    page.wait_for_state("listening").await;
    page.wait_for_words("one").await;
    // From here on, the module handles presses.
    page.stop().await;
    assert_eq!(page.problem().await, None);
    assert!(scene.stage.closed_session(1).await.terminated);
}

async fn a_second_press_cancels_an_early_one(engine: Engine) {
    let scene = Scene::open(engine).await;
    let page = &scene.page;
    for (clicks, shown) in [
        (&[1][..], ("Stop", "Starting…")),
        (&[1], ("Record", "Loading…")),
        // A double click is one press.
        (&[1, 2], ("Stop", "Starting…")),
        (&[1], ("Record", "Loading…")),
    ] {
        let press = format!(
            "{clicks:?}.forEach((detail) => document.getElementById('record-label')
                .dispatchEvent(new MouseEvent('click', {{ detail, bubbles: true }})))"
        );
        page.browser.value::<()>(&press).await;
        let shown = (shown.0.to_owned(), shown.1.to_owned());
        assert_eq!(scene.shown().await, shown, "after {clicks:?}");
    }
    page.browser.value::<()>(RELEASE).await;
    page.wait_for_state("idle").await;
    // A forwarded early press would arrive before this one.
    page.record().await;
    page.stop().await;
    scene.stage.no_session_is_open().await;
    assert_eq!(scene.stage.service.sessions().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_press_is_dropped_if_the_module_cannot_be_loaded() {
    let scene = Scene::open(Engine::Chromium).await;
    let page = &scene.page;
    page.click().await;
    page.browser.value::<()>(FAIL).await;
    page.wait_for_state("crashed").await;
    assert_eq!(page.wait_for_problem().await.kind, "page-unloaded");
    assert!(page.browser.value::<bool>("record.disabled").await);
    assert_eq!(scene.stage.service.sessions(), []);
}

/// A page whose module loads only when the test releases it.
struct Scene {
    page: Page,
    stage: Stage,
    _client: TempDir,
}

impl Scene {
    async fn open(engine: Engine) -> Self {
        let client = tempfile::tempdir().expect("a temporary folder");
        copy_client(client.path(), |name, script| {
            if name == "crash.js" {
                script.push_str(HOLD);
            }
            true
        });
        let stage = Setting::new().with_client(client.path()).open().await;
        let sound = speech::novel(930).part(0.2, 2.9);
        let browser = Browser::open_in(engine, &Microphone::Repeats(sound)).await;
        browser.go_to(&stage.url).await;
        let page = Page { browser };
        page.browser.wait_for("!record.disabled").await;
        page.wait_for_state("loading").await;
        Self {
            page,
            stage,
            _client: client,
        }
    }

    /// Returns the texts of the button and the state line.
    async fn shown(&self) -> (String, String) {
        let shown =
            "['record-label', 'status'].map((id) => document.getElementById(id).textContent)";
        self.page.browser.value(shown).await
    }
}

/// Makes the module wait for [`RELEASE`] or [`FAIL`].
const HOLD: &str = "
    ;((fetch) => {
        const held = new Promise((release, fail) => { window.module = { release, fail }; });
        window.fetch = async (what, ...more) => {
            if (String(what).endsWith('.wasm')) await held;
            return fetch(what, ...more);
        };
    })(window.fetch);
";

const RELEASE: &str = "void window.module.release()";

const FAIL: &str = "void window.module.fail(new Error('gone'))";
