//! What can go wrong, as data, and what the transcript has then.

use inturn_client::{Event, Events, Piece, Problem, RecordingHandle, State, transcript::GapReason};
use inturn_emulator::ToneSpeech;

use crate::{
    sources::{RATE_HZ, Script, blocks, spoken, until_end},
    stage::has_heard,
};

/// A recording, and what is expected of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Faults of the emulator.
    pub(crate) faults: &'static str,
    pub(crate) source: Script,
    /// The time without words after which the countdown to the end begins.
    pub(crate) idle_secs: u32,
    /// What the person does after an event.
    pub(crate) react: fn(&mut Person, &Event, &Events),
    /// The numbers of the words that the transcript must have, in order.
    pub(crate) words: Vec<u32>,
    pub(crate) gaps: &'static [GapReason],
    /// The problem at the end.
    pub(crate) problem: Option<Problem>,
    /// How many sockets the service has opened.
    pub(crate) sessions: usize,
    /// How much audio the system has dropped, in milliseconds.
    pub(crate) dropped_ms: u128,
}

/// The person at a recording.
pub(crate) struct Person {
    /// `None` once it is dropped.
    pub(crate) handle: Option<RecordingHandle>,
    /// What was done so far.
    pub(crate) steps: u32,
}

impl Person {
    /// Does something once, if its time has come.
    fn once(&mut self, step: u32, is_time: bool, act: impl FnOnce(&mut Option<RecordingHandle>)) {
        if self.steps == step && is_time {
            self.steps += 1;
            act(&mut self.handle);
        }
    }
}

impl Case {
    fn new(name: &'static str, faults: &'static str) -> Self {
        Self {
            name,
            faults,
            source: Script::speech(0..12),
            idle_secs: 0,
            react: |_, _, _| {},
            words: Vec::from_iter(0..12),
            gaps: &[],
            problem: None,
            sessions: 1,
            dropped_ms: 0,
        }
    }

    fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions;
        self
    }

    fn dropped_ms(mut self, ms: u128) -> Self {
        self.dropped_ms = ms;
        self
    }

    fn problem(mut self, problem: Problem) -> Self {
        self.problem = Some(problem);
        self
    }

    fn source(mut self, source: Script) -> Self {
        self.source = source;
        self
    }

    fn words(mut self, words: impl IntoIterator<Item = u32>) -> Self {
        self.words = Vec::from_iter(words);
        self
    }

    fn gaps(mut self, gaps: &'static [GapReason]) -> Self {
        self.gaps = gaps;
        self
    }

    fn react(mut self, react: fn(&mut Person, &Event, &Events)) -> Self {
        self.react = react;
        self
    }
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    [losses(), endings(), sources(), people()]
        .into_iter()
        .flatten()
        .collect()
}

/// The connection to the service is lost, or does not come about.
fn losses() -> Vec<Case> {
    vec![
        Case::new("nothing", "[]"),
        Case::new(
            "a cut connection",
            r#"[{"fault": "cut", "after_audio_ms": 2100, "session": 1}]"#,
        )
        .sessions(2),
        Case::new(
            "a cut connection, and its successor too",
            r#"[{"fault": "cut", "after_audio_ms": 1500, "session": 1},
                {"fault": "cut", "after_audio_ms": 1500, "session": 2}]"#,
        )
        .sessions(3),
        Case::new(
            "a session that the service closes",
            r#"[{"fault": "close", "after_audio_ms": 2100, "code": 3005, "text": "Broken",
                "session": 1}]"#,
        )
        .sessions(2),
        Case::new(
            "a refused upgrade",
            r#"[{"fault": "refuse_upgrade", "status": 503, "session": 1}]"#,
        ),
        Case::new(
            "a rate limit for tokens",
            r#"[{"fault": "token_status", "status": 429, "retry_after_seconds": 1, "request": 1}]"#,
        ),
        Case::new(
            "a token endpoint that fails",
            r#"[{"fault": "token_status", "status": 500, "request": 1},
                {"fault": "token_not_json", "request": 2}]"#,
        ),
        Case::new(
            "a dead connection",
            r#"[{"fault": "dead_connection", "after_audio_ms": 1000, "session": 1}]"#,
        )
        .source(Script::speech(0..50))
        .words(0..50)
        .sessions(3),
    ]
}

/// The last words.
fn endings() -> Vec<Case> {
    vec![
        Case::new(
            "last words that come late",
            r#"[{"fault": "hold_final", "ms": 3000}]"#,
        ),
        Case::new(
            "a service that does not confirm the end",
            r#"[{"fault": "no_termination"}]"#,
        )
        .problem(Problem::EndUnconfirmed),
        Case::new(
            "a connection that is cut while the last words are awaited",
            r#"[{"fault": "close_on_terminate", "code": 3005, "session": 1}]"#,
        )
        .sessions(2),
    ]
}

/// The source.
fn sources() -> Vec<Case> {
    let speech_of = |words| spoken(&ToneSpeech::new(words, RATE_HZ));
    let mut returning = Script::speech(0..5);
    returning.openings[0].pop();
    returning.openings[0].push(Piece::Lost {
        cause: "pulled out".to_owned(),
    });
    // The lost one, the default one, and both again two seconds later.
    returning.openings.extend([vec![], vec![]]);
    let returning = returning.then(until_end(speech_of(5..12)));

    let mut overrun = speech_of(0..5);
    overrun.push(Piece::Overrun {
        samples: u64::from(RATE_HZ) * 3 / 2,
    });
    overrun.extend(speech_of(8..12));
    vec![
        Case::new("a source that is lost and comes back", "[]")
            .source(returning)
            .gaps(&[GapReason::NoAudio]),
        Case::new("audio that the system has dropped", "[]")
            .source(Script::of(RATE_HZ, until_end(overrun)).paced())
            .words((0..5).chain(8..12))
            .gaps(&[GapReason::NoAudio])
            .dropped_ms(1_500),
    ]
}

/// What the person does.
fn people() -> Vec<Case> {
    let mut paused = Script::endless(0..6);
    let second = spoken(&ToneSpeech::new(6..12, RATE_HZ));
    paused.openings.push_back(until_end(second));
    let mut forgotten = Script::endless(0..12);
    forgotten.paced = spoken(&ToneSpeech::new(0..12, RATE_HZ)).len();
    forgotten.openings[0].extend(blocks(RATE_HZ, &vec![0.0; RATE_HZ as usize * 60]));
    vec![
        Case::new("a pause", "[]")
            .source(paused)
            .react(|person, event, events| {
                let last_heard = has_heard(5, events);
                person.once(0, last_heard, |handle| {
                    handle.as_ref().expect("it is there").pause();
                });
                let is_paused = matches!(event, Event::State(State::Paused));
                person.once(1, is_paused, |handle| {
                    handle.as_ref().expect("it is there").resume();
                });
            })
            .gaps(&[GapReason::Paused])
            .sessions(2),
        Case::new("a second stop", r#"[{"fault": "hold_final", "ms": 60000}]"#)
            .source(Script::endless(0..12))
            .react(|person, event, events| {
                person.once(0, has_heard(11, events), |handle| {
                    handle.as_ref().expect("it is there").stop();
                });
                let is_finishing = matches!(event, Event::State(State::Finishing(_)));
                person.once(1, is_finishing, |handle| {
                    handle.as_ref().expect("it is there").stop();
                });
            })
            .problem(Problem::CutShort),
        // The minute of the countdown is audio without words, which comes at once.
        Case {
            idle_secs: 5,
            ..Case::new("a forgotten recording", "[]")
        }
        .source(forgotten)
        .problem(Problem::IdleStopped { limit_secs: 5 }),
        Case::new("a handle that is dropped", "[]")
            .source(Script::endless(0..12))
            .react(|person, _, events| person.once(0, has_heard(11, events), |it| *it = None)),
    ]
}
