//! The views of states, entries, levels and problems.

use inturn_client_core::{
    problem::{MicrophoneFailure, Problem},
    session::{Awaited, LevelReading, Outage, Progress, State},
};
use inturn_page_core::{
    view::{Action, EntryView, LevelView, ProblemView, StateView, Status, notice, sign_in_url},
    wording::Wording,
};
use inturn_protocol::{LocalService, PageConfig};
use inturn_transcript::{Entry, Gap, GapReason, Turn, TurnId, TurnState, Word, Words};

const UPLOAD: State = State::Finishing(Awaited::Upload { secs: 12 });

const BEHIND: State = State::Listening(Progress::Behind { secs: 12 });

const OFFLINE: State = State::Reconnecting {
    outage: Outage::Offline,
    secs: 41,
};

const STATES: [State; 15] = [
    State::Idle,
    State::AwaitingMicrophone,
    State::Connecting,
    State::Listening(Progress::Live),
    BEHIND,
    State::Listening(Progress::Filling { secs: 72 }),
    OFFLINE,
    State::Reconnecting {
        outage: Outage::Service,
        secs: 2,
    },
    State::Reconnecting {
        outage: Outage::SignIn,
        secs: 65,
    },
    State::Finishing(Awaited::LastWords),
    UPLOAD,
    State::Finishing(Awaited::Connection(Outage::Service)),
    State::Finishing(Awaited::Connection(Outage::Offline)),
    State::Finishing(Awaited::Connection(Outage::SignIn)),
    State::Paused,
];

/// Returns the view of a state that follows `Idle`, without a problem.
fn state(state: State) -> StateView {
    after(state, State::Idle)
}

/// Returns the view of a state that follows another, without a problem.
fn after(state: State, old: State) -> StateView {
    let [new, old] = [state, old].map(|state| Status {
        state,
        ..Status::default()
    });
    StateView::new(&new, &old, "")
}

fn turn(state: TurnState, start_ms: u32) -> Turn {
    let mut words = Words::default();
    for text in ["the", "ferry", "lea"] {
        words.push(Word {
            text,
            ..Word::default()
        });
    }
    Turn {
        state,
        start_ms,
        words,
        firm_words: 2,
        ..Turn::new(TurnId {
            session: 2,
            turn: 10,
        })
    }
}

fn entry(turn: Turn) -> EntryView {
    EntryView::new(&Entry::Turn(turn))
}

#[test]
fn each_state_has_its_name_button_and_status() {
    use Action::{Record, Stop};
    let expected = [
        ("idle", "Record", Record, false),
        ("starting", "Stop", Stop, true),
        ("starting", "Stop", Stop, true),
        ("listening", "Stop", Stop, true),
        ("listening", "Stop", Stop, true),
        ("listening", "Stop", Stop, true),
        ("reconnecting", "Stop", Stop, true),
        ("reconnecting", "Stop", Stop, true),
        ("reconnecting", "Stop", Stop, true),
        ("finishing", "Stop waiting", Stop, false),
        ("finishing", "Stop waiting", Stop, false),
        ("finishing", "Stop waiting", Stop, false),
        ("finishing", "Stop waiting", Stop, false),
        ("finishing", "Stop waiting", Stop, false),
        ("paused", "Stop", Stop, false),
    ];
    let views = STATES.map(state);
    for (view, (name, label, action, is_recording)) in views.iter().zip(expected) {
        assert_eq!((view.name, view.label, view.action), (name, label, action));
        assert_eq!(view.is_recording, is_recording);
        let is_titled = is_recording || name == "paused";
        assert_eq!(view.title == "Inturn", !is_titled);
        // A single word, or one with a number, has no full stop.
        let is_sentence = view.status.contains(' ') && !view.status.contains(", ");
        assert_eq!(
            view.status.ends_with(['.', '…']),
            is_sentence,
            "{}",
            view.status
        );
        let same = views.iter().filter(|other| other.status == view.status);
        assert_eq!(same.count(), 1, "{} is not unique", view.status);
    }
    assert!(state(UPLOAD).status.contains("12 s"));
}

#[test]
fn the_status_says_how_far_the_words_are_behind_and_what_is_missing() {
    let behind = |secs| state(State::Listening(Progress::Behind { secs })).status;
    assert_eq!(behind(12), "12 s behind, nothing lost");
    assert_eq!(behind(125), "2:05 behind, nothing lost");
    let statuses: Vec<String> = STATES[3..9].iter().map(|it| state(*it).status).collect();
    assert_eq!(
        statuses,
        [
            "Live",
            "12 s behind, nothing lost",
            "Live, catching up on 1:12",
            "Offline 0:41, keeping your words",
            "Reconnecting 0:02, keeping your words",
            "Waiting for you to sign in, 1:05 kept",
        ]
    );
}

#[test]
fn the_title_says_in_a_background_tab_that_the_words_are_late() {
    let titles: Vec<String> = STATES[3..9].iter().map(|it| state(*it).title).collect();
    assert_eq!(
        titles,
        [
            "● Recording · Inturn",
            "● 12 s behind · Inturn",
            "● Recording · Inturn",
            "○ Offline 0:41 · Inturn",
            "○ Reconnecting 0:02 · Inturn",
            "○ Sign in, 1:05 kept · Inturn",
        ]
    );
}

#[test]
fn with_a_problem_only_the_idle_state_changes() {
    for it in STATES {
        let status = Status {
            state: it,
            has_problem: true,
            ..Status::default()
        };
        let view = StateView::new(&status, &Status::default(), "");
        if it == State::Idle {
            assert_eq!((view.status.as_str(), view.name), ("Stopped", "idle"));
            assert_eq!(view.action, Action::Record);
        } else {
            assert_eq!(view, state(it));
        }
    }
}

#[test]
fn a_status_that_changes_every_second_is_announced_once() {
    let before = State::Finishing(Awaited::LastWords);
    let next = State::Finishing(Awaited::Upload { secs: 11 });
    assert!(after(UPLOAD, before).is_announced);
    assert!(!after(next, UPLOAD).is_announced);
    assert!(after(before, next).is_announced);

    let later = State::Reconnecting {
        outage: Outage::Offline,
        secs: 42,
    };
    assert!(!after(later, OFFLINE).is_announced);
    assert!(after(OFFLINE, BEHIND).is_announced);
    let further = State::Listening(Progress::Behind { secs: 13 });
    assert!(!after(further, BEHIND).is_announced);
    assert!(after(State::Listening(Progress::Live), BEHIND).is_announced);
}

#[test]
fn the_placeholder_mentions_record_only_while_it_can_be_pressed() {
    for it in STATES {
        let mentions_record = state(it).placeholder.contains("Press Record");
        assert_eq!(mentions_record, it == State::Idle, "{it:?}");
    }
}

#[test]
fn times_are_formatted_as_minutes_and_seconds() {
    for (ms, time) in [
        (0, "0:00"),
        (999, "0:00"),
        (1_000, "0:01"),
        (65_000, "1:05"),
        (3_599_999, "59:59"),
        (3_600_000, "1:00:00"),
        (10_800_000, "3:00:00"),
    ] {
        assert_eq!(entry(turn(TurnState::Open, ms)).time, time);
        let level = LevelView::new(LevelReading {
            percent: 50,
            captured_ms: ms,
        });
        assert_eq!((level.percent, level.elapsed.as_str()), (50, time));
    }
}

#[test]
fn a_turn_is_final_once_it_has_ended_and_remarked_if_it_was_cut_off() {
    for (state, is_final, remarked) in [
        (TurnState::Open, false, false),
        (TurnState::Unfinished, true, true),
        (TurnState::Raw, true, false),
        (TurnState::Formatted, true, false),
    ] {
        let view = entry(turn(state, 0));
        let texts = (view.firm.as_str(), view.tentative.as_str());
        if is_final {
            assert_eq!(texts, ("the ferry lea", ""));
            let announced = if remarked {
                "the ferry lea (cut off here)"
            } else {
                "the ferry lea"
            };
            assert_eq!(view.announcement(), announced);
        } else {
            assert_eq!(texts, ("the ferry", "lea"));
        }
        assert_eq!(view.is_final, is_final);
        assert_eq!(view.remark.is_some(), remarked);
    }
}

#[test]
fn a_gap_shows_its_time_and_reason() {
    for reason in [
        GapReason::Disconnected,
        GapReason::NoAudio,
        GapReason::Paused,
    ] {
        let view = EntryView::new(&Entry::Gap(Gap {
            from_ms: 65_000,
            to_ms: 70_000,
            reason,
        }));
        assert_eq!(view.time, "1:05");
        assert!(view.remark.is_some_and(|it| !it.is_empty()));
        assert!(view.is_final && view.firm.is_empty() && view.tentative.is_empty());
    }
}

#[test]
fn a_turns_language_is_a_bcp_47_tag() {
    for (code, tag) in [
        (None, None),
        (Some("he"), Some("he")),
        (Some("en_us"), Some("en-us")),
    ] {
        let turn = Turn {
            language: code.map(str::to_owned),
            ..turn(TurnState::Raw, 0)
        };
        assert_eq!(entry(turn).language.as_deref(), tag);
    }
}

#[test]
fn a_problem_shows_its_name_and_sentence() {
    let signed_out = Problem::Microphone(MicrophoneFailure::SignedOut);
    let label = ProblemView::new(&signed_out, "", true).sign_in;
    assert_eq!(label, Some("Sign in again"));

    let view = ProblemView::new(&Problem::NoBegin, "", true);
    assert_eq!(view.sign_in, None);
    assert_eq!(view.kind, "no-begin");
    assert_eq!(view.sentence, Wording::of(&Problem::NoBegin).text());
}

#[test]
fn the_local_service_shows_a_notice() {
    let with = |local_service| PageConfig {
        local_service,
        ..PageConfig::default()
    };
    assert_eq!(notice(&with(None)), None);
    let recogniser = notice(&with(Some(LocalService::Pocketsphinx)));
    let accurate = notice(&with(Some(LocalService::Moonshine)));
    let other = notice(&with(Some(LocalService::OtherModel)));
    let script = notice(&with(Some(LocalService::Script)));
    assert!(recogniser.is_some_and(|text| text.contains("1 word in 3")));
    assert!(accurate.is_some_and(|text| text.contains("1 word in 20")));
    assert!(other.is_some_and(|text| text.contains("no sound") && !text.contains("English")));
    assert!(script.is_some_and(|text| text.contains("whatever you say")));
}

#[test]
fn the_sign_in_address_defaults_to_the_page_itself() {
    let mut config = PageConfig::default();
    assert_eq!(sign_in_url(&config), "./");
    config.sign_in_url = Some("sign-in?again=1".to_owned());
    assert_eq!(sign_in_url(&config), "sign-in?again=1");
}

#[test]
fn a_turn_shows_its_speaker_if_the_service_labels_speakers() {
    let labelled = |label: Option<&str>| {
        let turn = Turn {
            speaker: label.map(str::to_owned),
            ..turn(TurnState::Formatted, 0)
        };
        entry(turn).speaker
    };
    assert_eq!(labelled(Some("B")).as_deref(), Some("Speaker B"));
    assert_eq!(labelled(Some("UNKNOWN")).as_deref(), Some("…"));
    assert_eq!(labelled(Some("PENDING")).as_deref(), Some("…"));
    assert_eq!(labelled(None), None);
}
