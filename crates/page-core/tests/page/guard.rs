//! The countdown to the end of a forgotten recording, and the cost of the current one.

use inturn_client_core::{
    problem::Problem,
    recording::RecordingInfo,
    session::{Event, Progress, State},
};
use inturn_page_core::{
    messages::ToRecorder,
    page::{Effect, Input, Page},
    view::{
        StateView,
        guard::{BilledView, IdleView},
    },
};
use inturn_protocol::{PageConfig, SessionCost};

use crate::support::{handle, problem, ready, recording, report, report_state, sent};

const TEN_MINUTES: u32 = 600;

/// Returns a page that is recording and has this configuration.
fn configured(config: PageConfig) -> Page {
    let mut page = recording();
    handle(&mut page, Input::Configured(Ok(config)));
    page
}

fn watched() -> Page {
    configured(PageConfig {
        idle_seconds: TEN_MINUTES,
        ..PageConfig::default()
    })
}

fn count_down(page: &mut Page, secs: impl Into<Option<u32>>) -> Vec<Effect> {
    report(page, Event::IdleCountdown(secs.into()))
}

/// Returns the line in these effects. `Some(None)` hides it.
fn line(effects: &[Effect]) -> Option<Option<IdleView>> {
    effects.iter().find_map(|effect| match effect {
        Effect::ShowIdle(view) => Some(view.clone()),
        _ => None,
    })
}

fn state(effects: &[Effect]) -> Option<StateView> {
    effects.iter().find_map(|effect| match effect {
        Effect::ShowState(view) => Some(view.clone()),
        _ => None,
    })
}

fn title(effects: &[Effect]) -> Option<String> {
    state(effects).map(|view| view.title)
}

#[test]
fn the_line_counts_down_and_is_read_at_its_start_and_at_ten_seconds() {
    let mut page = watched();
    for secs in (1..=60).rev() {
        let effects = count_down(&mut page, secs);
        let view = line(&effects).flatten().expect("the line is shown");
        let sentence = format!(
            "No words for 10 minutes. Recording ends in {}.",
            clock(secs)
        );
        assert_eq!(view.sentence, sentence);
        assert_eq!(view.is_announced, secs == 60 || secs == 10, "{secs} s");
    }
    assert_eq!(line(&count_down(&mut page, None)), Some(None));
}

#[test]
fn one_tone_is_played_when_the_countdown_starts() {
    let mut page = watched();
    for _ in 0..2 {
        assert!(count_down(&mut page, 60).contains(&Effect::PlayTone));
        assert!(!count_down(&mut page, 59).contains(&Effect::PlayTone));
        assert!(!count_down(&mut page, None).contains(&Effect::PlayTone));
    }
}

#[test]
fn the_title_counts_down_and_the_state_is_not_read_again() {
    let mut page = watched();
    let effects = count_down(&mut page, 42);
    assert_eq!(title(&effects).as_deref(), Some("● Ends in 0:42 · Inturn"));
    assert_eq!(state(&effects).map(|it| it.is_announced), Some(false));
    // A change of the state keeps it.
    let behind = State::Listening(Progress::Behind { secs: 3 });
    let effects = report_state(&mut page, behind);
    assert_eq!(title(&effects).as_deref(), Some("● Ends in 0:42 · Inturn"));
    let effects = count_down(&mut page, None);
    assert_eq!(title(&effects).as_deref(), Some("● 3 s behind · Inturn"));
}

#[test]
fn keep_recording_reaches_the_recorder_only_during_a_recording() {
    let mut page = watched();
    count_down(&mut page, 42);
    let pressed = handle(&mut page, Input::KeepRecording);
    assert_eq!(sent(&pressed), [ToRecorder::KeepRecording]);
    assert_eq!(handle(&mut ready(), Input::KeepRecording), []);
}

#[test]
fn leaving_the_page_hides_the_line() {
    let mut page = watched();
    count_down(&mut page, 42);
    assert_eq!(line(&handle(&mut page, Input::Leaving)), Some(None));
    assert_eq!(line(&handle(&mut watched(), Input::Leaving)), None);
}

#[test]
fn the_end_is_explained() {
    for (limit_secs, length) in [
        (300, "5 minutes"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (1, "1 second"),
    ] {
        let mut page = watched();
        report_state(&mut page, State::Idle);
        let stopped = Event::Problem(Problem::IdleStopped { limit_secs });
        let (kind, sentence, is_announced) =
            problem(&report(&mut page, stopped)).expect("a problem is shown");
        assert_eq!(kind, "idle-stopped");
        let cause = format!("No words were heard for {length}, so recording ended.");
        let remedy = "Press Record to continue in the same transcript.";
        assert_eq!(sentence, format!("{cause} {remedy}"));
        assert!(is_announced);
    }
}

#[test]
fn the_time_connected_is_shown_and_the_cost_only_with_a_price() {
    let shown = |cost| {
        let mut page = configured(PageConfig {
            cost,
            ..PageConfig::default()
        });
        match report(&mut page, Event::Billed(192)).as_slice() {
            [Effect::ShowBilled(view)] => view.clone(),
            other => panic!("expected one effect: {other:?}"),
        }
    };
    let view = shown(None);
    assert_eq!(view.text(), "3:12 connected");
    assert_eq!(view.cost, "");
    let view = shown(Some(price(450_000, "$")));
    assert_eq!(view.text(), "3:12 connected · about $0.03");
    assert_eq!(view.connected, "3:12 connected");
}

#[test]
fn a_new_recording_starts_from_nothing() {
    let mut page = recording();
    report(&mut page, Event::Billed(192));
    let effects = report(&mut page, Event::Began(RecordingInfo::default()));
    assert_eq!(effects, [Effect::ShowBilled(BilledView::default())]);
    assert_eq!(BilledView::default().text(), "");
}

#[test]
fn amounts_are_rounded_up_to_the_cent() {
    for (secs, per_hour_micros, currency, cost) in [
        (0, 450_000, "$", "under $0.01"),
        (1, 450_000, "$", "under $0.01"),
        (79, 450_000, "$", "under $0.01"),
        // Exactly a cent, and a little more.
        (80, 450_000, "$", "about $0.01"),
        (81, 450_000, "$", "about $0.02"),
        (3_600, 450_000, "€", "about €0.45"),
        (36_000, 450_000, "CHF\u{a0}", "about CHF\u{a0}4.50"),
        (3_601, 12_340_000, "US$", "about US$12.35"),
        (3_600, 1_000_000_000_000, "$", "about $1000000.00"),
    ] {
        let view = BilledView::new(secs, Some(&price(per_hour_micros, currency)));
        assert_eq!(view.cost, cost, "{secs} s at {per_hour_micros}");
    }
    // Any number from a server is survived.
    BilledView::new(u32::MAX, Some(&price(u64::MAX, "")));
}

fn price(per_hour_micros: u64, currency: &str) -> SessionCost {
    SessionCost {
        per_hour_micros,
        currency: currency.to_owned(),
    }
}

fn clock(secs: u32) -> String {
    format!("{}:{:02}", secs / 60, secs % 60)
}
