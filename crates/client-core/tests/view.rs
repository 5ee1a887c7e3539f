//! What a person sees, and that it crosses from one thread to the other as it is.

use inturn_client_core::bridge::{self, ToPage, ToRecorder};
use inturn_client_core::problem::{MicrophoneFailure, Problem};
use inturn_client_core::turns::{Row, RowState, TurnKey};
use inturn_client_core::view::{
    Action, MeterView, ProblemView, RecordingState, StateView, TurnView, ViewChange, notice,
    sign_in_url,
};
use inturn_protocol::{LocalService, PageConfig};

const KEY: TurnKey = TurnKey {
    session: 2,
    turn: 10,
};

fn row(state: RowState, start_ms: u64) -> Row {
    Row {
        firm: "the ferry".to_owned(),
        tentative: "lea".to_owned(),
        state,
        start_ms,
        language: None,
    }
}

#[test]
fn each_state_has_its_name_its_button_and_its_words() {
    use Action::{Record, Stop};
    use RecordingState::{Finishing, Idle, Listening, Starting};
    let table = [
        (StateView::idle(), Idle, "idle", "Record", Record, false),
        (
            StateView::awaiting_microphone(),
            Starting,
            "starting",
            "Stop",
            Stop,
            true,
        ),
        (
            StateView::connecting(),
            Starting,
            "starting",
            "Stop",
            Stop,
            true,
        ),
        (
            StateView::listening(),
            Listening,
            "listening",
            "Stop",
            Stop,
            true,
        ),
        (
            StateView::finishing(),
            Finishing,
            "finishing",
            "Stop waiting",
            Stop,
            false,
        ),
    ];
    for (view, state, name, label, action, recording) in &table {
        assert_eq!(view.state, *state);
        assert_eq!(view.state.name(), *name);
        assert_eq!(view.label, *label);
        assert_eq!(view.action, *action);
        assert_eq!(view.recording, *recording);
        // One word has no full stop.
        let is_sentence = view.status.contains(' ');
        assert_eq!(
            view.status.ends_with(['.', '…']),
            is_sentence,
            "{}",
            view.status
        );
    }
    for (place, (view, ..)) in table.iter().enumerate() {
        let same = table
            .iter()
            .filter(|(other, ..)| other.status == view.status);
        assert_eq!(same.count(), 1, "status {place} is not its own");
    }
}

#[test]
fn beside_a_problem_nothing_is_ready() {
    let stopped = StateView::idle().beside_problem();
    assert_eq!(
        (stopped.status.as_str(), stopped.state),
        ("Stopped", RecordingState::Idle)
    );
    assert_eq!(stopped.action, Action::Record);
    for view in [
        StateView::connecting(),
        StateView::listening(),
        StateView::finishing(),
    ] {
        assert_eq!(view.clone().beside_problem(), view);
    }
}

#[test]
fn the_placeholder_asks_for_record_only_while_it_can_be_pressed() {
    use RecordingState::{Finishing, Idle, Listening, Starting};
    assert!(Idle.placeholder().contains("Press Record"));
    for state in [Starting, Listening, Finishing] {
        assert!(!state.placeholder().contains("Record"), "{state:?}");
    }
}

#[test]
fn a_turn_shows_its_time_as_people_read_it() {
    for (start_ms, time) in [
        (0, "0:00"),
        (999, "0:00"),
        (1_000, "0:01"),
        (65_000, "1:05"),
        (3_599_999, "59:59"),
        (3_600_000, "1:00:00"),
        (10_800_000, "3:00:00"),
    ] {
        assert_eq!(
            TurnView::new(KEY, &row(RowState::Open, start_ms)).time,
            time
        );
    }
}

#[test]
fn a_turn_is_final_when_it_has_ended_and_remarked_when_it_broke_off() {
    for (state, is_final, remarked) in [
        (RowState::Open, false, false),
        (RowState::Unfinished, true, true),
        (RowState::Raw, true, false),
        (RowState::Formatted, true, false),
    ] {
        let view = TurnView::new(KEY, &row(state, 0));
        assert_eq!((view.session, view.turn), (2, 10));
        assert_eq!(
            (view.firm.as_str(), view.tentative.as_str()),
            ("the ferry", "lea")
        );
        assert_eq!(view.is_final, is_final);
        assert_eq!(view.remark.is_some(), remarked);
        let announced = if remarked {
            "the ferry (cut off here)"
        } else {
            "the ferry"
        };
        assert_eq!(view.announcement(), announced);
    }
}

#[test]
fn a_turn_has_its_language_as_documents_name_it() {
    for (code, tag) in [
        (None, None),
        (Some("he"), Some("he")),
        (Some("en_us"), Some("en-us")),
    ] {
        let row = Row {
            language: code.map(str::to_owned),
            ..row(RowState::Raw, 0)
        };
        assert_eq!(TurnView::new(KEY, &row).language.as_deref(), tag);
    }
}

#[test]
fn a_problem_shows_its_name_and_its_sentence() {
    let signed_out = Problem::Microphone(MicrophoneFailure::SignedOut);
    let label = ProblemView::new(&signed_out).sign_in;
    assert_eq!(label.as_deref(), Some("Sign in again"));

    let view = ProblemView::new(&Problem::NoBegin);
    assert_eq!(view.sign_in, None);
    assert_eq!(view.kind, "no-begin");
    assert_eq!(view.sentence, Problem::NoBegin.to_string());
}

#[test]
fn demo_mode_says_what_it_is() {
    let with = |local_service| PageConfig {
        local_service,
        ..PageConfig::default()
    };
    assert_eq!(notice(&with(None)), None);
    let recogniser = notice(&with(Some(LocalService::Pocketsphinx)));
    let script = notice(&with(Some(LocalService::Script)));
    assert!(recogniser.is_some_and(|text| text.contains("recogniser")));
    assert!(script.is_some_and(|text| text.contains("whatever you say")));
}

#[test]
fn all_that_the_recorder_says_reaches_the_page_as_it_was() {
    let changes = [
        ViewChange::State(StateView::connecting()),
        ViewChange::Turn(TurnView::new(KEY, &row(RowState::Unfinished, 1))),
        ViewChange::TurnRemoved {
            session: 1,
            turn: u32::MAX,
        },
        ViewChange::Problem(ProblemView::new(&Problem::CutShort)),
        ViewChange::ProblemCleared,
        ViewChange::Meter(MeterView {
            level_percent: 50,
            elapsed: "0:01".to_owned(),
        }),
    ];
    let mut messages = vec![
        ToPage::Ready,
        ToPage::OpenMicrophone,
        ToPage::CloseMicrophone,
    ];
    messages.extend(changes.map(ToPage::View));
    for message in messages {
        let text = bridge::encode(&message).expect("encodes");
        assert_eq!(bridge::decode::<ToPage>(&text).expect("decodes"), message);
    }
}

#[test]
fn all_that_the_page_says_reaches_the_recorder_as_it_was() {
    for message in [
        ToRecorder::Configure {
            chunk_ms: 100,
            sessions: 3,
        },
        ToRecorder::Pressed(Action::Record),
        ToRecorder::Pressed(Action::Stop),
        ToRecorder::MicrophoneOpened { rate_hz: 44_100 },
        ToRecorder::MicrophoneFailed(MicrophoneFailure::InsecurePage),
        ToRecorder::MicrophoneLost,
        ToRecorder::Leaving,
    ] {
        let text = bridge::encode(&message).expect("encodes");
        assert_eq!(
            bridge::decode::<ToRecorder>(&text).expect("decodes"),
            message
        );
    }
}

#[test]
fn leaving_is_the_byte_that_a_crashed_page_says() {
    let bytes = bridge::encode(&ToRecorder::Leaving).expect("encodes");
    assert_eq!(
        bytes,
        [0],
        "crash.js says `Leaving` by itself: change it there too"
    );
}

#[test]
fn a_message_of_another_version_is_an_error_and_no_panic() {
    assert!(bridge::decode::<ToPage>(&[9]).is_none());
    assert!(bridge::decode::<ToRecorder>(&[]).is_none());
}

#[test]
fn the_way_to_the_sign_in_is_the_servers_or_whoever_stands_before_the_page() {
    let mut config = PageConfig::default();
    assert_eq!(sign_in_url(&config), "./");
    config.sign_in_url = Some("sign-in?again=1".to_owned());
    assert_eq!(sign_in_url(&config), "sign-in?again=1");
}
