//! Each failure has its own sentence. One that cannot pass ends the recording, and Record works
//! again. All others interrupt it, and it continues by itself.

use std::collections::BTreeMap;

use inturn_tests::{
    browser::{Browser, Microphone},
    page::{Page, Problem},
    stage::Setting,
};
use serde_json::{Value, json};

use crate::support::{Scene, speaking};

/// A fault that closes each session after its first words.
fn close(code: u16, text: &str) -> Value {
    json!({ "fault": "close", "after_audio_ms": 300, "code": code, "text": text })
}

fn refuse(text: &str) -> Value {
    json!({ "fault": "refuse", "code": 1008, "text": text })
}

fn token(status: u16) -> Value {
    json!({ "fault": "token_status", "status": status })
}

/// Faults that cannot pass by themselves, with the resulting kind of problem.
fn lasting_faults() -> Vec<(&'static str, Value)> {
    vec![
        // The token.
        ("key-refused", token(401)),
        ("payment-required", token(402)),
        ("account-forbidden", token(403)),
        ("request-refused", token(422)),
        // The socket, before the session begins.
        (
            "credentials-missing",
            refuse("Unauthorized Connection: Missing Authorization header"),
        ),
        (
            "token-refused",
            refuse("Unauthorized Connection: Invalid API key"),
        ),
        // The second token has expired too.
        (
            "token-expired",
            refuse("Unauthorized Connection: Signature has expired"),
        ),
        // During a session.
        (
            "account-refused",
            close(1008, "Unauthorized Connection: Insufficient balance"),
        ),
        (
            "frame-too-big",
            json!({ "fault": "close", "after_audio_ms": 300, "code": 1009 }),
        ),
        (
            "session-refused",
            close(3006, "User Input Validation Error: Invalid 'sample_rate'"),
        ),
        (
            "frame-duration",
            close(
                3007,
                "Input Duration Error: Input Duration Violation: 20.0 ms. \
                 Expected between 50 and 1000 ms",
            ),
        ),
    ]
}

/// Faults that may pass, with the kind of problem that is shown meanwhile.
fn passing_faults() -> Vec<(&'static str, Value)> {
    let silent_close = |code: u16| json!({ "fault": "close", "after_audio_ms": 300, "code": code });
    vec![
        // The token.
        ("service-failed", token(500)),
        (
            "service-reply-invalid",
            json!({ "fault": "token_not_json" }),
        ),
        // The socket, before the session begins.
        (
            "socket-refused",
            json!({ "fault": "refuse_upgrade", "status": 403 }),
        ),
        // During a session.
        ("connection-lost", silent_close(1001)),
        (
            "connection-lost",
            json!({ "fault": "cut", "after_audio_ms": 300 }),
        ),
        ("service-fault", silent_close(1011)),
        ("service-busy", silent_close(1013)),
        (
            "service-fault",
            close(3005, "Session Cancelled: An error occurred"),
        ),
        (
            "inactivity",
            close(
                3006,
                "Session terminated due to inactivity: No messages received for 30 seconds",
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

/// Faults that require a wait of many seconds.
fn limits() -> Vec<(&'static str, Value)> {
    let too_many = "Too many concurrent sessions";
    vec![
        ("rate-limited", token(429)),
        (
            "too-many-sessions",
            refuse(&format!("Unauthorized Connection: {too_many}")),
        ),
        ("too-many-sessions", close(3009, too_many)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_cannot_pass_ends_the_recording() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let mut sentences = BTreeMap::new();
    for (kind, fault) in lasting_faults() {
        stage.set_faults(&json!([fault]));
        page.press().await;
        page.wait_for_state("idle").await;
        let problem = page.wait_for_problem().await;
        assert_eq!(problem.kind, kind, "{fault}: {problem:?}");
        assert_is_over(&page, &problem).await;
        sentences.insert(problem.kind, problem.sentence);
        stage.set_faults(&json!([]));
        assert_record_works(&page).await;
    }
    assert_all_differ(&sentences);
    stage.no_session_is_open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_passes_only_interrupts_the_recording() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    let mut sentences = BTreeMap::new();
    for (kind, fault) in passing_faults() {
        stage.set_faults(&json!([fault]));
        page.press().await;
        let problem = page.wait_for_problem().await;
        assert_eq!(problem.kind, kind, "{fault}: {problem:?}");
        assert_is_interrupted(&page, &problem).await;
        sentences.insert(problem.kind, problem.sentence);
        stage.set_faults(&json!([]));
        assert_recovers(&page).await;
    }
    assert_all_differ(&sentences);
    stage.no_session_is_open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_shown_with_its_wait_and_a_second_stop_ends_it() {
    let Scene { stage, page } = speaking(Setting::new()).await;
    for (kind, fault) in limits() {
        stage.set_faults(&json!([fault]));
        page.press().await;
        let problem = page.wait_for_problem().await;
        assert_eq!(problem.kind, kind, "{fault}: {problem:?}");
        assert_is_interrupted(&page, &problem).await;
        page.press().await;
        page.wait_for_state("finishing").await;
        page.press().await;
        page.wait_for_state("idle").await;
        assert_eq!(page.wait_for_problem().await.kind, "cut-short");
        stage.set_faults(&json!([]));
        assert_record_works(&page).await;
    }
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
    assert_is_interrupted(&page, &no_token).await;
    stage.start_service().await;
    assert_recovers(&page).await;

    // The server is unreachable. The worklet is already loaded.
    stage.stop_server().await;
    page.press().await;
    let no_server = page.wait_for_problem().await;
    assert_eq!(no_server.kind, "server-unreachable");
    assert_is_interrupted(&page, &no_server).await;
    stage.start_server().await;
    assert_recovers(&page).await;

    // The server becomes unreachable while the browser's permission prompt is open.
    page.browser.value::<()>(DELAY_PERMISSION).await;
    page.press().await;
    page.browser.wait_for("window.allow").await;
    stage.stop_server().await;
    page.browser.value::<()>("window.allow()").await;
    let no_server = page.wait_for_problem().await;
    assert_eq!(no_server.kind, "server-unreachable");
    assert_is_interrupted(&page, &no_server).await;
    stage.start_server().await;
    page.browser.value::<()>("window.restore()").await;
    assert_recovers(&page).await;

    // The socket opens, and the service sends nothing.
    stage.set_faults(&json!([{ "fault": "no_begin", "times": 1 }]));
    page.press().await;
    let silent = page.wait_for_problem().await;
    assert_eq!(silent.kind, "no-begin");
    assert_is_interrupted(&page, &silent).await;
    assert_recovers(&page).await;
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

/// Asserts that the microphone is still on, and that the page asks to stay open.
async fn assert_is_interrupted(page: &Page, problem: &Problem) {
    assert!(page.microphone_is_on().await, "{problem:?}");
    let sentence = &problem.sentence;
    assert!(
        sentence.contains("eave this page open") && sentence.matches(". ").count() == 1,
        "{sentence}"
    );
}

/// Asserts that the recording goes on by itself, clears the problem, and ends without one.
async fn assert_recovers(page: &Page) {
    page.browser
        .wait_for("document.getElementById('problem').hidden")
        .await;
    page.wait_for_state("listening").await;
    page.press().await;
    page.wait_for_state("idle").await;
    assert_eq!(page.problem().await, None);
    assert_eq!(page.browser.value::<String>(STATUS).await, "Ready");
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

/// Makes `getUserMedia` wait for `allow()`, until `restore()` is called.
const DELAY_PERMISSION: &str = "void ((open) => {
    MediaDevices.prototype.getUserMedia = async function (constraints) {
        await new Promise((allow) => (window.allow = () => void allow()));
        return open.call(this, constraints);
    };
    window.restore = () => void (MediaDevices.prototype.getUserMedia = open);
})(MediaDevices.prototype.getUserMedia)";
