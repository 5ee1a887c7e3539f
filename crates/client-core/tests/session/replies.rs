//! The answers of our server and the messages of the service.

use inturn_protocol::TokenReply;
use serde_json::json;

use super::ledger::TOKEN;

/// The lease that our server grants.
pub(crate) const LEASE: &str = "recording-1";

/// Returns the body of a successful token reply.
pub(crate) fn token_body() -> String {
    limited_token_body(10_800)
}

/// Returns the body of a successful token reply for a session of at most `max_secs`.
pub(crate) fn limited_token_body(max_secs: u32) -> String {
    let reply = TokenReply {
        token: TOKEN.to_owned(),
        websocket_url: "wss://service.test/v3/ws?speech_model=universal-3-5-pro".to_owned(),
        expires_in_seconds: 60,
        max_session_duration_seconds: max_secs,
        recording: Some(LEASE.to_owned()),
    };
    serde_json::to_string(&reply).expect("a reply serializes to JSON")
}

/// Returns a turn with words. Each has its start and its end in milliseconds of the session's
/// audio. The words are final if the turn has ended.
pub(crate) fn turn(turn: u32, words: &[(&str, u32, u32)], has_ended: bool) -> String {
    let text: Vec<&str> = words.iter().map(|(text, ..)| *text).collect();
    let words = words.iter().map(|(text, start, end)| {
        json!({"text": text, "start": start, "end": end, "confidence": 1,
            "word_is_final": has_ended})
    });
    json!({"type": "Turn", "turn_order": turn, "end_of_turn": has_ended,
        "turn_is_formatted": has_ended, "transcript": text.join(" "),
        "words": words.collect::<Vec<_>>()})
    .to_string()
}

/// Returns a partial of the Universal-3 family.
pub(crate) fn partial(turn: u32, text: &str) -> String {
    turn_message(turn, text, false)
}

/// Returns an end of the Universal-3 family.
pub(crate) fn end(turn: u32, text: &str) -> String {
    turn_message(turn, text, true)
}

fn turn_message(turn: u32, text: &str, end: bool) -> String {
    format!(
        r#"{{"type":"Turn","turn_order":{turn},"end_of_turn":{end},"turn_is_formatted":{end},
            "transcript":{text:?},"words":[]}}"#
    )
}

/// `Begin` of an older server, without an echo of the settings.
pub(crate) const BEGIN: &str = r#"{"type":"Begin","id":"s1","expires_at":1}"#;
pub(crate) const TERMINATION: &str =
    r#"{"type":"Termination","audio_duration_seconds":1,"session_duration_seconds":2}"#;
/// The line for the [`Effect::SendControl`] that ends a session.
pub(crate) const SEND_TERMINATE: &str = r#"send {"type":"Terminate"}"#;
