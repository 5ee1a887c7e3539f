//! Control messages are read as strictly as the service reads them.

use inturn_protocol::{ClientMessage, TERMINATE};
use proptest::prelude::*;

#[test]
fn malformed_messages_get_the_services_own_words() {
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
fn fields_beside_the_type_are_passed_over() {
    let message = ClientMessage::decode(r#"{"why":"bye","type":"Terminate"}"#).expect("is read");
    assert_eq!(message, ClientMessage::Terminate);
}

#[test]
fn the_constant_is_the_message() {
    assert_eq!(
        ClientMessage::Terminate.encode().expect("is written"),
        TERMINATE
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_decoder_panic(text in any::<String>()) {
        let _ = ClientMessage::decode(&text);
    }
}
