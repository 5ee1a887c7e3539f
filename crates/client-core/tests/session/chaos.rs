//! Random inputs at random times: the ledger's invariants hold and nothing panics.

use std::time::Duration;

use inturn_client_core::{
    problem::{MicrophoneFailure, TokenFailure},
    session::{Attempt, Effect, Hold, Input},
};
use proptest::prelude::*;

use super::{
    start::recording_works_again,
    story::{BEGIN, INFO, Script, Story, TERMINATION, end, partial, token_body, turn},
};

/// An input, or the passing of time.
#[derive(Clone, Debug)]
enum Step {
    Record,
    Stop,
    Leave,
    MicrophoneOpened(u32),
    MicrophoneFailed,
    MicrophoneLost,
    MicrophoneHeld(Option<Hold>),
    DevicesChanged,
    Pause,
    Resume,
    Block(usize, usize, f32),
    AudioEnded,
    /// The first field of this and the following steps counts attempts back from the last one.
    Token(u32, u16, String),
    TokenFailed(u32),
    SocketOpened(u32),
    Message(u32, String),
    Closed(u32, u16),
    Unsent(u32, u64),
    Probed(u32, bool),
    Offline,
    Online,
    Shown,
    KeepRecording,
    Wake,
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let rate = prop_oneof![4 => Just(48_000), 1 => any::<u32>()];
    let back = prop_oneof![8 => Just(0_u32), 1 => 1_u32..4];
    let body = prop_oneof![4 => Just(token_body()), 1 => ".*"];
    let status = prop_oneof![4 => Just(200_u16), 1 => any::<u16>()];
    let code = prop_oneof![
        Just(1000_u16),
        Just(1006),
        Just(1008),
        Just(3005),
        Just(3008),
        Just(3009),
        any::<u16>()
    ];
    let sample = prop_oneof![Just(0.5_f32), any::<f32>()];
    let word = (0_u32..4, 0_u32..60_000, any::<bool>());
    let message = prop_oneof![
        6 => Just(BEGIN.to_owned()),
        1 => Just(TERMINATION.to_owned()),
        6 => word.prop_map(|(order, ms, is_end)| turn(order, &[("word", ms, ms + 300)], is_end)),
        1 => (0_u64..60_000).prop_map(|ms| {
            format!(r#"{{"type":"Heartbeat","total_audio_received_ms":{ms}}}"#)
        }),
        6 => (0_u32..4, "[a-z]{0,3}").prop_map(|(turn, text)| partial(turn, &text)),
        6 => (0_u32..4, "[a-z]{0,3}").prop_map(|(turn, text)| end(turn, &text)),
        1 => Just(r#"{"type":"Error","error_code":3005,"error":"x"}"#.to_owned()),
        1 => ".*",
    ];
    prop_oneof![
        4 => Just(Step::Record),
        1 => Just(Step::Stop),
        1 => Just(Step::Leave),
        4 => rate.prop_map(Step::MicrophoneOpened),
        1 => Just(Step::MicrophoneFailed),
        1 => Just(Step::MicrophoneLost),
        1 => Just(Step::MicrophoneHeld(Some(Hold::Muted))),
        1 => Just(Step::MicrophoneHeld(None)),
        1 => Just(Step::DevicesChanged),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        16 => (0_usize..20_000, 0_usize..4, sample).prop_map(|(len, channels, sample)| {
            Step::Block(len, channels, sample)
        }),
        1 => Just(Step::AudioEnded),
        4 => (back.clone(), status, body).prop_map(|(back, status, body)| {
            Step::Token(back, status, body)
        }),
        1 => back.clone().prop_map(Step::TokenFailed),
        2 => back.clone().prop_map(Step::SocketOpened),
        24 => (back.clone(), message).prop_map(|(back, text)| Step::Message(back, text)),
        1 => (back.clone(), code).prop_map(|(back, code)| Step::Closed(back, code)),
        1 => (back.clone(), 0_u64..1_000_000).prop_map(|(back, bytes)| Step::Unsent(back, bytes)),
        1 => (back, any::<bool>()).prop_map(|(back, is_up)| Step::Probed(back, is_up)),
        1 => Just(Step::Offline),
        1 => Just(Step::Online),
        1 => Just(Step::Shown),
        1 => Just(Step::KeepRecording),
        1 => Just(Step::Wake),
        8 => (0_u64..3_000).prop_map(Step::Advance),
        1 => (0_u64..60_000).prop_map(Step::Advance),
    ]
}

/// Each peer answers by itself or leaves it to the steps, so that some recordings get far.
fn script() -> impl Strategy<Value = Script> {
    let delay = || prop::option::weighted(0.7, (0_u64..3_000).prop_map(Duration::from_millis));
    (any::<bool>(), delay(), delay(), delay(), delay()).prop_map(
        |(microphone, audio_end, token, begin, termination)| Script {
            microphone: microphone.then_some(Ok(48_000)),
            audio_end,
            token: token.map(|delay| (delay, Ok((200, token_body())))),
            begin,
            termination,
            ..Script::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn random_inputs_in_random_order_keep_all_invariants(
        script in script(),
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut story = Story::new(script);
        story.recorder.set_idle_secs(1);
        for step in steps {
            apply(&mut story, step);
        }
        // A second Stop ends every recording.
        story.stop();
        story.stop();
        prop_assert_eq!(story.state(), "idle");
        prop_assert_eq!(story.ledger.microphones.opened, story.ledger.microphones.closed);
        prop_assert_eq!(story.ledger.sockets.opened, story.ledger.sockets.closed);
        prop_assert!(story.ledger.terminated <= story.ledger.sockets.opened);
        recording_works_again(story);
    }

    #[test]
    fn every_stopped_recording_becomes_idle(
        script in script(),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut story = Story::new(script);
        story.recorder.set_idle_secs(1);
        for step in steps {
            apply(&mut story, step);
        }
        if matches!(story.state(), "starting" | "listening" | "reconnecting" | "paused") {
            story.stop();
        }
        story.run_until_idle();
    }
}

fn apply(story: &mut Story, step: Step) {
    // Attempts are counted from 1, tokens and sockets alike.
    let token = |(_, effect): &&(_, Effect)| matches!(effect, Effect::FetchToken { .. });
    let fetched = story.log.iter().filter(token).count() as u32;
    let attempt = |back: u32| Attempt(fetched.saturating_sub(back));
    match step {
        Step::Record => story.handle(Input::Record),
        Step::Stop => story.handle(Input::Stop),
        Step::Leave => story.handle(Input::Leave),
        Step::MicrophoneOpened(rate_hz) => story.handle(Input::MicrophoneOpened {
            rate_hz,
            recording: INFO,
        }),
        Step::MicrophoneFailed => {
            story.handle(Input::MicrophoneFailed(MicrophoneFailure::Other));
        }
        Step::MicrophoneLost => story.handle(Input::MicrophoneLost),
        Step::MicrophoneHeld(hold) => story.handle(Input::MicrophoneHeld(hold)),
        Step::DevicesChanged => story.handle(Input::DevicesChanged),
        Step::Pause => story.handle(Input::Pause),
        Step::Resume => story.handle(Input::Resume),
        Step::Block(len, channels, sample) => story.handle(Input::Block {
            planar: &vec![sample; len],
            channels,
        }),
        Step::AudioEnded => story.handle(Input::AudioEnded),
        Step::Token(back, status, body) => story.handle(Input::TokenReply {
            attempt: attempt(back),
            status,
            body: &body,
        }),
        Step::TokenFailed(back) => story.handle(Input::TokenFailed {
            attempt: attempt(back),
            failure: TokenFailure::Unreachable,
        }),
        Step::SocketOpened(back) => story.handle(Input::SocketOpened(attempt(back))),
        Step::Message(back, text) => story.handle(Input::SocketMessage {
            attempt: attempt(back),
            text: &text,
        }),
        Step::Closed(back, code) => story.handle(Input::SocketClosed {
            attempt: attempt(back),
            code,
            reason: "",
        }),
        Step::Unsent(back, bytes) => story.handle(Input::Unsent {
            attempt: attempt(back),
            bytes,
        }),
        Step::Probed(back, is_up) => story.handle(Input::NetworkProbed {
            attempt: attempt(back),
            is_up,
        }),
        Step::Offline => story.handle(Input::Offline),
        Step::Online => story.handle(Input::Online),
        Step::Shown => story.handle(Input::Shown),
        Step::KeepRecording => story.handle(Input::KeepRecording),
        Step::Wake => story.handle(Input::Wake),
        Step::Advance(ms) => story.advance(ms),
    }
}
