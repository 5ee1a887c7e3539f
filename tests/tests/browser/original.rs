//! A page written for the JavaScript original works against the server.

use inturn_tests::{
    browser::{Browser, Microphone},
    stage::Setting,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_a_session_as_in_the_original() {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.go_to(&stage.url).await;
    let messages: Vec<Value> = browser.value(SESSION).await;

    let kind = |message: &Value| message["type"].as_str().map(str::to_owned);
    let kinds: Vec<_> = messages.iter().filter_map(kind).collect();
    assert_eq!(
        kinds.first().map(String::as_str),
        Some("Begin"),
        "{messages:?}"
    );
    assert_eq!(
        kinds.last().map(String::as_str),
        Some("Termination"),
        "{messages:?}"
    );
    let last = messages.last().expect("messages were received");
    assert_eq!(
        last["audio_duration_seconds"].as_f64().map(f64::round),
        Some(0.0),
        "{last}"
    );
    let log = stage.closed_session(1).await;
    assert!(log.terminated && log.error.is_none(), "{log:?}");
    assert_eq!(log.audio_ms, 100, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_has_an_error_text_as_in_the_original() {
    let stage = Setting::new().open().await;
    let browser = Browser::open(&Microphone::Missing).await;
    browser.go_to(&stage.url).await;
    for status in [401, 402, 403, 422, 429, 500] {
        stage.set_faults(&json!([{ "fault": "token_status", "status": status }]));
        let reply: Value = browser
            .value("fetch('/token').then((reply) => reply.json())")
            .await;
        let sentence = reply["error"]
            .as_str()
            .unwrap_or_else(|| panic!("{status}: {reply}"));
        assert!(
            sentence.ends_with('.') && !sentence.contains("[object"),
            "{status}: {reply}"
        );
        assert!(reply.get("token").is_none(), "{status}: {reply}");
    }
}

/// Does what the original's page does, with 0.1 s of silence as audio.
const SESSION: &str = "(async () => {
    const data = await fetch('/token').then((reply) => reply.json());
    if (data.error || !data.token) throw new Error(data.error);
    const separator = data.websocket_url.includes('?') ? '&' : '?';
    const socket = new WebSocket(`${data.websocket_url}${separator}token=${data.token}`);
    const messages = [];
    return new Promise((resolve, reject) => {
        socket.onmessage = (event) => {
            const message = JSON.parse(event.data);
            messages.push(message);
            if (message.type === 'Begin') {
                socket.send(new Int16Array(1600).buffer);
                socket.send(JSON.stringify({ type: 'Terminate' }));
            }
        };
        socket.onerror = () => reject(new Error('the socket failed'));
        socket.onclose = () => resolve(messages);
    });
})()";
