//! Whole recordings: no word is lost, doubled or in the wrong place, whatever happens.

use std::time::Duration;

use inturn_client::{
    Event, Recording,
    transcript::{Change, Entry, GapReason, Transcript},
};
use inturn_testkit::serving::Transport;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    cases::{self, Case, Person},
    stage::{Stage, numbers},
};

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_no_word_is_lost_or_doubled() {
    tell_all(Transport::Tcp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_no_word_is_lost_or_doubled() {
    tell_all(Transport::Tls).await;
}

/// Runs all cases at the same time: most of their time is that of the speech.
async fn tell_all(transport: Transport) {
    let mut results = JoinSet::new();
    for case in cases::all() {
        results.spawn(tell(case, transport));
    }
    let wrong: Vec<String> = results.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns what happened in a case, if that is wrong.
async fn tell(case: Case, transport: Transport) -> Option<String> {
    let stage = Stage::start(transport, case.faults).await;
    let options = stage.options().with_idle_secs(case.idle_secs);
    let (handle, mut events) = Recording::start(case.source, options);
    let mut person = Person {
        handle: Some(handle),
        steps: 0,
    };
    let (mut seen, mut problem) = (Vec::new(), None);
    while let Some(event) = timeout(PATIENCE, events.next()).await.unwrap_or_default() {
        (case.react)(&mut person, &event, &events);
        if let Event::Problem(it) = event {
            problem = Some(it);
        }
        seen.extend(brief(&event));
    }
    let sessions = timeout(PATIENCE, stage.closed_sessions()).await;
    let sessions = sessions.unwrap_or_else(|_| stage.emulator.sessions());
    let transcript = events.transcript();
    let is_right = numbers(transcript) == case.words
        && gaps(transcript) == case.gaps
        && problem == case.problem
        && sessions.len() == case.sessions
        && events.dropped().as_millis() == case.dropped_ms
        // The service ignores what comes after the end.
        && sessions.iter().all(|it| it.frames.after_terminate == 0)
        && seen.last().is_some_and(|it| it.starts_with("Billed") || it == "State(Idle)");
    let sessions = sessions.iter().map(|it| {
        format!(
            "{} {} ms {} {:?}",
            it.number, it.audio_ms, it.terminated, it.closed
        )
    });
    (!is_right).then(|| {
        let sessions = Vec::from_iter(sessions).join("\n  ");
        format!("{}\n  {}\n  {sessions}", case.name, seen.join("\n  "))
    })
}

/// Returns a line about an event, unless it is one of many.
fn brief(event: &Event) -> Option<String> {
    match event {
        Event::Level(_) => None,
        Event::Changed(Change::Turn(turn)) => Some(format!("{:?} {}", turn.id, turn.text())),
        event => Some(format!("{event:?}")),
    }
}

fn gaps(transcript: &Transcript) -> Vec<GapReason> {
    let entries = transcript.entries().iter();
    let reasons = entries.filter_map(|entry| match entry {
        Entry::Gap(gap) => Some(gap.reason),
        Entry::Turn(_) => None,
    });
    reasons.collect()
}

/// Far longer than anything here takes without an event.
const PATIENCE: Duration = Duration::from_secs(30);
