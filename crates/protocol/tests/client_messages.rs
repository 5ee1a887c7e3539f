//! Control messages are decoded as strictly as by the service.

use inturn_protocol::{ClientMessage, TERMINATE};
use proptest::prelude::*;

#[test]
fn malformed_messages_get_the_services_own_wording() {
    let cases = [
        ("{", "Invalid JSON: "),
        ("", "Invalid JSON: "),
        ("[]", "Invalid Message: "),
        ("null", "Invalid Message: "),
        ("{}", "Invalid Message: "),
        (r#"{"type":1}"#, "Invalid Message: "),
        (
            r#"{"type":"UpdateConfiguration","format_turns":"yes"}"#,
            "Invalid Message: ",
        ),
        (
            r#"{"type":"terminate_session"}"#,
            "Invalid Message Type: terminate_session",
        ),
        (r#"{"type":"terminate"}"#, "Invalid Message Type: terminate"),
    ];
    for (text, expected) in cases {
        let error = ClientMessage::decode(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let message = ClientMessage::decode(r#"{"why":"bye","type":"Terminate"}"#).expect("it decodes");
    assert_eq!(message, ClientMessage::Terminate);
}

#[test]
fn the_constant_equals_the_encoded_message() {
    assert_eq!(
        ClientMessage::Terminate.encode().expect("it encodes"),
        TERMINATE
    );
}

proptest! {
    #[test]
    fn the_decoder_never_panics(text in any::<String>()) {
        let _ = ClientMessage::decode(&text);
    }
}
