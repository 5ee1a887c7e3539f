//! A microphone that does not deliver is shown in the state line.

use inturn_client_core::session::{Awaited, Event, Hold, Outage, Progress, Sound, State};
use inturn_page_core::{
    page::Page,
    view::{StateView, Status},
};

use crate::support::{recording, report, report_state, shown};

const LIVE: State = State::Listening(Progress::Live);

fn hear(page: &mut Page, sound: Sound) -> StateView {
    shown(&report(page, Event::Sound(sound))).expect("the state is shown")
}

fn line(page: &mut Page, state: State) -> String {
    shown(&report_state(page, state)).map_or_else(String::new, |it| it.status)
}

fn view(sound: Sound, device: &str) -> StateView {
    let status = Status {
        state: LIVE,
        sound,
        ..Status::default()
    };
    StateView::new(&status, &Status::default(), device)
}

#[test]
fn each_sound_has_its_line_its_name_and_its_title() {
    for (sound, name, line, title) in [
        (Sound::Arriving, "listening", "Live", "● Recording"),
        (
            Sound::Preparing,
            "preparing",
            "Preparing Headset…",
            "○ Preparing",
        ),
        (
            Sound::Silent,
            "silent",
            "No sound from Headset",
            "○ No sound",
        ),
        (
            Sound::Held(Hold::Muted),
            "muted",
            "The microphone is muted",
            "○ Muted",
        ),
        (
            Sound::Held(Hold::Interrupted),
            "interrupted",
            "Microphone in use elsewhere, waiting",
            "○ Microphone in use",
        ),
        (
            Sound::Held(Hold::Suspended),
            "suspended",
            "Tap to resume",
            "○ Tap to resume",
        ),
        (
            Sound::Stalled,
            "stalled",
            "Waiting for the microphone…",
            "○ Waiting",
        ),
        (
            Sound::Missing { secs: 12 },
            "missing",
            "No microphone 0:12, looking for one",
            "○ No microphone 0:12",
        ),
    ] {
        let view = view(sound, "Headset");
        assert_eq!((view.name, view.status.as_str()), (name, line));
        assert_eq!(view.title, format!("{title} · Inturn"));
        assert!(view.is_recording);
    }
}

#[test]
fn a_device_without_a_name_is_the_microphone_and_a_long_name_is_cut_off() {
    assert_eq!(
        view(Sound::Preparing, "").status,
        "Preparing the microphone…"
    );
    assert_eq!(
        view(Sound::Silent, "").status,
        "No sound from the microphone"
    );
    let long = view(Sound::Silent, &"ä".repeat(500)).status;
    assert!(long.chars().count() <= 60, "{long}");
}

#[test]
fn the_microphone_takes_precedence_over_the_words_until_it_delivers() {
    let mut page = recording();
    assert_eq!(
        hear(&mut page, Sound::Silent).status,
        "No sound from Headset"
    );
    let offline = State::Reconnecting {
        outage: Outage::Offline,
        secs: 3,
    };
    for state in [State::Connecting, LIVE, offline] {
        assert_eq!(line(&mut page, state), "No sound from Headset");
    }
    let view = hear(&mut page, Sound::Arriving);
    assert_eq!(view.status, "Offline 0:03, keeping your words");
    assert!(view.is_announced);
}

#[test]
fn without_a_microphone_only_the_words_count() {
    for state in [
        State::Idle,
        State::AwaitingMicrophone,
        State::Paused,
        State::Finishing(Awaited::LastWords),
    ] {
        let mut page = recording();
        hear(&mut page, Sound::Silent);
        let said = line(&mut page, state);
        assert!(!said.contains("No sound"), "{said}");
        // The end is not reported, and the next recording starts without it.
        assert_eq!(line(&mut page, LIVE), "Live");
    }
}

#[test]
fn a_report_that_comes_late_is_not_shown() {
    for state in [
        State::Idle,
        State::AwaitingMicrophone,
        State::Paused,
        State::Finishing(Awaited::LastWords),
    ] {
        let mut page = recording();
        let said = line(&mut page, state);
        assert_eq!(hear(&mut page, Sound::Silent).status, said);
    }
}

#[test]
fn screen_readers_read_the_start_and_not_each_second() {
    let mut page = recording();
    assert!(hear(&mut page, Sound::Missing { secs: 0 }).is_announced);
    assert!(!hear(&mut page, Sound::Missing { secs: 1 }).is_announced);
    // The words' state changes, and the line does not.
    let behind = State::Listening(Progress::Behind { secs: 3 });
    let effects = report_state(&mut page, behind);
    assert_eq!(shown(&effects).map(|it| it.is_announced), Some(false));
    assert!(hear(&mut page, Sound::Preparing).is_announced);
}
