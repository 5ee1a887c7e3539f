//! Sound settings: the server's defaults, a person's choice, and a browser that does not apply
//! them.

use inturn_tests::{page::Page, stage::Setting};
use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::By;

use crate::support::{Scene, speaking};

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_defaults_reach_the_microphone() {
    let setting = Setting::new()
        .with_flag("--echo-cancellation", "true")
        .with_flag("--noise-suppression", "false")
        .with_flag("--auto-gain-control", "true");
    let Scene {
        page,
        stage: _stage,
    } = watched(setting, "").await;
    let panel = panel(&page).await;
    assert_eq!(panel.switches, [true, false, true]);
    assert_eq!(panel.remark, "");
    assert!(!panel.can_reset);

    record_briefly(&page).await;
    assert_eq!(requested(&page).await, [capture([true, false, true])]);
    // Chromium applies the settings and reports them.
    assert_eq!(sound_note(&page).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_requested_and_stored() {
    let Scene { stage, page } = watched(Setting::new(), "").await;
    open_panel(&page).await;
    click(&page, "noiseSuppression").await;
    let chosen = panel(&page).await;
    assert_eq!(chosen.switches, [false, true, false]);
    assert_eq!(chosen.remark, "Saved on this device.");
    assert!(chosen.can_reset);
    // Record can be pressed while the panel is open.
    record_briefly(&page).await;
    assert_eq!(requested(&page).await, [capture([false, true, false])]);

    let page = Page::load(page.browser, &stage.url).await;
    assert_eq!(panel(&page).await, chosen);
    record_briefly(&page).await;
    assert_eq!(requested(&page).await, [capture([false, true, false])]);

    open_panel(&page).await;
    click(&page, "settings-reset").await;
    let defaults = panel(&page).await;
    assert_eq!(defaults.switches, [false, false, false]);
    assert_eq!(defaults.remark, "");
    assert!(!defaults.can_reset);
    record_briefly(&page).await;
    assert_eq!(
        requested(&page).await[1..],
        [capture([false, false, false])]
    );

    let page = Page::load(page.browser, &stage.url).await;
    assert_eq!(panel(&page).await, defaults);
    let left: u32 = page.browser.value("localStorage.length").await;
    assert_eq!(left, 0, "reset settings are still stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_during_a_recording_applies_to_the_next() {
    let Scene { stage, page } = watched(Setting::new(), "").await;
    page.record().await;
    page.wait_for_words("one").await;
    open_panel(&page).await;
    for switch in SWITCHES {
        click(&page, switch).await;
    }
    page.wait_for_words("one two three four").await;
    assert_eq!(page.state().await, "listening");
    let tracks = "window.watch.streams.flatMap((stream) => stream.getTracks())";
    let reported: Vec<Value> = page
        .browser
        .value(&format!(
            "{tracks}.map((track) => [
                track.readyState, ...{SWITCHES:?}.map((it) => track.getSettings()[it])])"
        ))
        .await;
    assert_eq!(reported, [json!(["live", false, false, false])]);
    assert_eq!(requested(&page).await, [capture([false; 3])]);
    let applied: u32 = page.browser.value("window.applied").await;
    assert_eq!(
        applied, 0,
        "the constraints of the running microphone were changed"
    );
    page.stop().await;
    assert_eq!(page.problem().await, None);
    assert!(stage.closed_session(1).await.terminated);

    record_briefly(&page).await;
    assert_eq!(requested(&page).await[1..], [capture([true; 3])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_the_browser_does_not_apply_are_reported() {
    let Scene { stage, page } = watched(Setting::new(), IGNORES_SETTINGS).await;
    assert_eq!(sound_note(&page).await, None, "before a recording");
    page.browser.console().await;
    page.record().await;
    page.wait_for_words("one").await;
    let note = sound_note(&page).await;
    assert_eq!(
        note.as_deref(),
        Some(
            "Your browser does not apply the sound settings for echo cancellation, and may not \
             apply those for noise suppression and automatic volume."
        )
    );
    page.stop().await;
    // It is not a problem, and not shown as one.
    assert_eq!(page.problem().await, None);
    assert_eq!(
        sound_note(&page).await,
        note,
        "the note stays after the recording"
    );
    let console = page.browser.console().await;
    let lines: Vec<&String> = console
        .iter()
        .filter(|line| line.contains("sound settings not followed"))
        .collect();
    assert_eq!(lines.len(), 1, "{console:#?}");
    assert!(
        lines[0].contains(
            "echoCancellation asked off, is on; noiseSuppression asked off, not reported; \
             autoGainControl asked off, not supported"
        ),
        "{lines:?}"
    );
    assert!(lines[0].starts_with("INFO"), "{lines:?}");

    // A problem is shown in addition.
    stage.set_faults(&json!([{ "fault": "token_status", "status": 402 }]));
    page.press().await;
    page.wait_for_problem().await;
    page.wait_for_state("idle").await;
    assert_eq!(sound_note(&page).await, note);
    assert!(page.problem().await.is_some());

    stage.set_faults(&json!([]));
    page.browser
        .value::<()>("void (window.appliesSettings = true)")
        .await;
    record_briefly(&page).await;
    assert_eq!(
        sound_note(&page).await,
        None,
        "now the browser applies the settings"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_changed_setting_there_is_no_note() {
    // These are the browsers' defaults.
    let setting = Setting::new()
        .with_flag("--echo-cancellation", "true")
        .with_flag("--noise-suppression", "true")
        .with_flag("--auto-gain-control", "true");
    let Scene {
        page,
        stage: _stage,
    } = watched(setting, IGNORES_SETTINGS).await;
    page.browser.console().await;
    record_briefly(&page).await;
    assert_eq!(sound_note(&page).await, None);
    let console = page.browser.console().await.join("\n");
    assert!(
        console.contains("noiseSuppression asked on, not reported"),
        "{console}"
    );

    open_panel(&page).await;
    click(&page, "noiseSuppression").await;
    record_briefly(&page).await;
    let note = sound_note(&page).await.expect("a choice was not applied");
    assert!(
        note.contains("noise suppression") && !note.contains("automatic volume"),
        "{note}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_storage_a_choice_lasts_until_the_page_is_closed() {
    let Scene { stage, mut page } = watched(Setting::new(), REFUSES).await;
    for refusal in ["blocked", "missing", "full", "broken"] {
        let url = format!("{}?{refusal}", stage.url);
        page = Page::load(page.browser, &url).await;
        open_panel(&page).await;
        click(&page, "echoCancellation").await;
        let chosen = panel(&page).await;
        assert_eq!(chosen.switches, [true, false, false], "{refusal}");
        assert!(
            chosen.remark.starts_with("Kept until you close this page"),
            "{refusal}: {chosen:?}"
        );
        record_briefly(&page).await;
        let expected = [capture([true, false, false])];
        assert_eq!(requested(&page).await, expected, "{refusal}");
        page = Page::load(page.browser, &url).await;
        assert_eq!(panel(&page).await.switches, [false; 3], "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_values_in_an_unknown_format_are_ignored() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    page.browser
        .value::<()>(
            "void (localStorage['inturn.echoCancellation'] = '{\"on\":true}',
                   localStorage['inturn.noiseSuppression'] = 'on')",
        )
        .await;
    let page = Page::load(page.browser, &stage.url).await;
    assert_eq!(panel(&page).await.switches, [false, true, false]);
}

/// Opens a page that records its requests for the microphone, with a script of the test.
async fn watched(setting: Setting, script: &str) -> Scene {
    let Scene { page, stage } = speaking(setting).await;
    page.browser.before_each_page(script).await;
    page.browser.before_each_page(SPY).await;
    let page = Page::load(page.browser, &stage.url).await;
    Scene { page, stage }
}

async fn record_briefly(page: &Page) {
    page.record().await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
}

pub(crate) async fn open_panel(page: &Page) {
    click(page, "settings-button").await;
    page.browser.wait_for(IS_OPEN).await;
}

/// Clicks an element with the mouse.
async fn click(page: &Page, id: &str) {
    let element = page.browser.driver.find(By::Id(id)).await;
    let clicked = element.expect("the element is on the page").click().await;
    clicked.unwrap_or_else(|error| panic!("{id} can't be clicked: {error}"));
}

/// Returns the constraints that the page has requested since it was loaded.
async fn requested(page: &Page) -> Vec<Value> {
    page.browser.value("window.requested").await
}

/// Returns constraints with plain values: a browser that can't apply one must still open the
/// microphone.
fn capture(on: [bool; 3]) -> Value {
    SWITCHES.into_iter().zip(on.map(Value::from)).collect()
}

async fn sound_note(page: &Page) -> Option<String> {
    page.browser
        .value(
            "((note) => note.hidden ? null : note.innerText)(
                document.getElementById('sound-note'))",
        )
        .await
}

pub(crate) async fn panel(page: &Page) -> Panel {
    page.browser.value(PANEL).await
}

/// State of the panel.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Panel {
    pub(crate) switches: [bool; 3],
    remark: String,
    can_reset: bool,
}

/// The switches, in the order on the page.
pub(crate) const SWITCHES: [&str; 3] = ["echoCancellation", "noiseSuppression", "autoGainControl"];

pub(crate) const IS_OPEN: &str = "document.querySelector('#settings:popover-open') !== null";

const PANEL: &str = "({
    switches: [...document.querySelectorAll('#settings [role=switch]')]
        .slice(0, 3).map((it) => it.checked),
    remark: document.getElementById('settings-remark').textContent,
    can_reset: !document.getElementById('settings-reset').hidden,
})";

/// It is a block, so that its names do not clash with those of another script in the document.
const SPY: &str = "{
    window.requested = [];
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = function (constraints) {
        window.requested.push(constraints.audio);
        return open.call(this, constraints);
    };
    window.applied = 0;
    const apply = MediaStreamTrack.prototype.applyConstraints;
    MediaStreamTrack.prototype.applyConstraints = function (...constraints) {
        window.applied += 1;
        return apply.apply(this, constraints);
    };
}";

/// Makes the browser keep echo cancellation on, not report noise suppression, and not support
/// automatic gain control.
const IGNORES_SETTINGS: &str = "{
    window.appliesSettings = false;
    const settings = MediaStreamTrack.prototype.getSettings;
    MediaStreamTrack.prototype.getSettings = function () {
        const applied = settings.call(this);
        if (window.appliesSettings) return applied;
        const { noiseSuppression, autoGainControl, ...rest } = applied;
        return { ...rest, echoCancellation: 'all' };
    };
    const known = MediaDevices.prototype.getSupportedConstraints;
    MediaDevices.prototype.getSupportedConstraints = function () {
        const { autoGainControl, ...rest } = known.call(this);
        return rest;
    };
}";

/// Makes storage fail in the way that the URL's query names.
const REFUSES: &str = "{
    const refuse = (name) => () => { throw new DOMException('refused', name); };
    const property = (value) => Object.defineProperty(window, 'localStorage', value);
    const methods = (...names) => (error) => {
        for (const name of names) Storage.prototype[name] = refuse(error);
    };
    ({
        '?blocked': () => property({ get: refuse('SecurityError') }),
        '?missing': () => property({ value: null }),
        '?full': () => methods('setItem')('QuotaExceededError'),
        '?broken': () => methods('getItem', 'setItem', 'removeItem')('UnknownError'),
    })[location.search]?.();
}";
