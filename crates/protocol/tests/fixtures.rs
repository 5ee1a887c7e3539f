//! One fixture per message: each survives a round trip through its type.

use inturn_protocol::{ClientMessage, ServerMessage};
use serde_json::Value;

macro_rules! server_fixtures {
    ($($name:ident => $variant:ident,)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!("fixtures/server/", stringify!($name), ".json"));
            let message = ServerMessage::decode(text).expect("the fixture decodes");
            assert!(matches!(message, ServerMessage::$variant(_)), "{message:?}");
            assert_same(&message.encode().expect("the message encodes"), text);
        }
    )*};
}

macro_rules! client_fixtures {
    ($($name:ident => $variant:pat,)*) => {$(
        #[test]
        fn $name() {
            let text = include_str!(concat!("fixtures/client/", stringify!($name), ".json"));
            let message = ClientMessage::decode(text).expect("the fixture decodes");
            assert!(matches!(message, $variant), "{message:?}");
            assert_same(&message.encode().expect("the message encodes"), text);
        }
    )*};
}

server_fixtures! {
    begin => Begin,
    speech_started => SpeechStarted,
    turn => Turn,
    termination => Termination,
    error => Error,
    warning => Warning,
    heartbeat => Heartbeat,
    silence => Silence,
    speaker_revision => SpeakerRevision,
    llm_gateway_response => LlmGatewayResponse,
}

client_fixtures! {
    terminate => ClientMessage::Terminate,
    force_endpoint => ClientMessage::ForceEndpoint,
    keep_alive => ClientMessage::KeepAlive,
    update_configuration => ClientMessage::UpdateConfiguration(_),
}

/// Asserts that both texts are the same JSON. Ignores the order of keys.
fn assert_same(encoded: &str, fixture: &str) {
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("the text is JSON");
    assert_eq!(parse(encoded), parse(fixture));
}
