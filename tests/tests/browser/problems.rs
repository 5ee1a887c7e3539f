//! Each failure has its own sentence, turns the microphone off, and Record works again.

use std::collections::BTreeMap;

use inturn_tests::{
    browser::{Browser, Microphone},
    page::{Page, Problem},
    stage::Setting,
};
use serde_json::{Value, json};

use crate::support::{Scene, speaking};

/// Faults of the service, with the resulting kind of problem.
fn faults() -> Vec<(&'static str, Value)> {
    let close = |code: u16, text: &str| {
        json!([
            { "fault": "close", "after_audio_ms": 300, "code": code, "text": text, "times": 1 },
        ])
    };
    let silent_close =
        |code: u16| json!([{ "fault": "close", "after_audio_ms": 300, "code": code, "times": 1 }]);
    let token = |status: u16| json!([{ "fault": "token_status", "status": status, "times": 1 }]);
    let refuse =
        |text: &str| json!([{ "fault": "refuse", "code": 1008, "text": text, "times": 1 }]);
    vec![
        // The token.
        ("key-refused", token(401)),
        ("payment-required", token(402)),
        ("account-forbidden", token(403)),
        ("request-refused", token(422)),
        ("rate-limited", token(429)),
        ("service-failed", token(500)),
        (
            "service-reply-invalid",
            json!([{ "fault": "token_not_json", "times": 1 }]),
        ),
        // The socket, before the session begins.
        (
            "socket-refused",
            json!([{ "fault": "refuse_upgrade", "status": 403, "times": 1 }]),
        ),
        (
            "credentials-missing",
            refuse("Unauthorized Connection: Missing Authorization header"),
        ),
        (
            "token-refused",
            refuse("Unauthorized Connection: Invalid API key"),
        ),
        (
            "token-expired",
            refuse("Unauthorized Connection: Signature has expired"),
        ),
        // During a session.
        ("connection-lost", silent_close(1001)),
        (
            "connection-lost",
            json!([{ "fault": "cut", "after_audio_ms": 300, "times": 1 }]),
        ),
        (
            "account-refused",
            close(1008, "Unauthorized Connection: Insufficient balance"),
        ),
        (
            "too-many-sessions",
            close(
                1008,
                "Unauthorized Connection: Too many concurrent sessions",
            ),
        ),
        (
            "too-many-sessions",
            close(3009, "Too many concurrent sessions"),
        ),
        ("frame-too-big", silent_close(1009)),
        ("service-fault", silent_close(1011)),
        ("service-busy", silent_close(1013)),
        (
            "service-fault",
            close(3005, "Session Cancelled: An error occurred"),
        ),
        (
            "session-refused",
            close(3006, "User Input Validation Error: Invalid 'sample_rate'"),
        ),
        (
            "inactivity",
            close(
                3006,
                "Session terminated due to inactivity: No messages received for 30 seconds",
            ),
        ),
        (
            "frame-duration",
            close(
                3007,
                "Input Duration Error: Input Duration Violation: 20.0 ms. \
                 Expected between 50 and 1000 ms",
            ),
        ),
        (
            "audio-too-fast",
            close(
                3007,
                "Input Duration Error: Audio Transmission Rate Exceeded: \
                 Received 314.9 sec. audio in 1.3 sec",
            ),
        ),
        (
            "session-expired",
            close(3008, "Session Expired: Maximum session duration exceeded"),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_of_the_service_has_its_own_sentence() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let mut sentences = BTreeMap::new();
    for (kind, fault) in faults() {
        stage.set_faults(&fault);
        page.press().await;
        let problem = page.wait_for_problem().await;
        assert_eq!(problem.kind, kind, "{fault}: {problem:?}");
        assert_is_over(&page, &problem).await;
        sentences.insert(problem.kind, problem.sentence);
        assert_record_works(&page).await;
    }
    assert_all_differ(&sentences);
    stage.no_session_is_open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_service_server_and_page_are_distinguished() {
    let Scene { mut stage, page } = speaking(Setting::new()).await;

    // The service is unreachable before the token.
    stage.stop_service().await;
    page.press().await;
    let no_token = page.wait_for_problem().await;
    assert_eq!(no_token.kind, "service-unreachable");
    assert_is_over(&page, &no_token).await;
    stage.start_service().await;
    assert_record_works(&page).await;

    // The server is unreachable, so the worklet can't be loaded.
    stage.stop_server().await;
    page.press().await;
    let no_page = page.wait_for_problem().await;
    assert_eq!(no_page.kind, "page-unloaded");
    assert_is_over(&page, &no_page).await;
    stage.start_server().await;
    assert_record_works(&page).await;

    // The server becomes unreachable while the browser's permission prompt is open.
    page.browser.value::<()>(DELAY_PERMISSION).await;
    page.press().await;
    page.browser
        .wait_for("window.worklets === 1 && window.allow")
        .await;
    stage.stop_server().await;
    page.browser.value::<()>("window.allow()").await;
    let no_server = page.wait_for_problem().await;
    assert_eq!(no_server.kind, "server-unreachable");
    assert_is_over(&page, &no_server).await;
    stage.start_server().await;
    page.browser.value::<()>("window.restore()").await;
    assert_record_works(&page).await;

    // The socket opens, and the service sends nothing.
    stage.set_faults(&json!([{ "fault": "no_begin", "times": 1 }]));
    page.press().await;
    let silent = page.wait_for_problem().await;
    assert_eq!(silent.kind, "no-begin");
    assert_is_over(&page, &silent).await;
    assert_record_works(&page).await;
    stage.no_session_is_open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_microphone_can_be_allowed_later() {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Asks).await;
    browser.go_to(&stage.url).await;
    browser.answer_prompt(false).await;
    let page = Page::load(browser, &stage.url).await;
    page.click().await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "microphone-denied");
    assert_is_over(&page, &problem).await;
    assert_eq!(
        stage.service.sessions(),
        [],
        "no session without a microphone"
    );

    page.browser.answer_prompt(true).await;
    assert_record_works(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_microphone_can_be_connected_later() {
    let stage = Setting::new().open().await;
    let page = Page::load(Browser::open(&Microphone::Missing).await, &stage.url).await;
    page.click().await;
    let problem = page.wait_for_problem().await;
    assert_eq!(problem.kind, "microphone-missing");
    assert_is_over(&page, &problem).await;
    assert_eq!(
        stage.service.sessions(),
        [],
        "no session without a microphone"
    );

    // No device can be connected to this browser, so an oscillator provides the stream.
    page.browser.value::<()>(CONNECT).await;
    assert_record_works(&page).await;
}

/// Asserts that the recording has ended and the microphone is off.
async fn assert_is_over(page: &Page, problem: &Problem) {
    page.wait_for_state("idle").await;
    page.browser
        .wait_for("!window.watch.microphoneIsOn()")
        .await;
    let action: String = page
        .browser
        .value("document.getElementById('record').dataset.action")
        .await;
    assert_eq!(action, "record", "{problem:?}");
    // Two sentences: what happened, and what to do.
    let sentence = &problem.sentence;
    assert!(
        sentence.ends_with('.') && sentence.matches(". ").count() == 1,
        "{sentence}"
    );
    let status: String = page.browser.value(STATUS).await;
    assert_eq!(status, "Stopped", "{problem:?}");
}

/// Asserts that the next recording starts, clears the problem, and ends without one.
async fn assert_record_works(page: &Page) {
    page.press().await;
    page.wait_for_state("listening").await;
    assert_eq!(page.problem().await, None);
    assert!(page.microphone_is_on().await);
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(page.problem().await, None);
    assert_eq!(page.browser.value::<String>(STATUS).await, "Ready");
}

fn assert_all_differ(sentences: &BTreeMap<String, String>) {
    let by_sentence: BTreeMap<&String, &String> = sentences
        .iter()
        .map(|(kind, sentence)| (sentence, kind))
        .collect();
    assert_eq!(
        by_sentence.len(),
        sentences.len(),
        "two kinds share a sentence: {sentences:#?}"
    );
}

const STATUS: &str = "document.getElementById('status').textContent";

/// Makes an oscillator the microphone.
const CONNECT: &str = "void (MediaDevices.prototype.getUserMedia = async () => {
    const context = new AudioContext();
    const tone = new OscillatorNode(context);
    const output = context.createMediaStreamDestination();
    tone.connect(output);
    tone.start();
    window.watch.streams.push(output.stream);
    return output.stream;
})";

/// Makes `getUserMedia` wait for `allow()`, until `restore()` is called. Counts loaded worklets.
const DELAY_PERMISSION: &str = "window.worklets = 0, void ((add, open) => {
    AudioWorklet.prototype.addModule = async function (url) {
        await add.call(this, url);
        window.worklets++;
    };
    MediaDevices.prototype.getUserMedia = async function (constraints) {
        await new Promise((allow) => (window.allow = () => void allow()));
        return open.call(this, constraints);
    };
    window.restore = () => void (MediaDevices.prototype.getUserMedia = open);
})(AudioWorklet.prototype.addModule, MediaDevices.prototype.getUserMedia)";
