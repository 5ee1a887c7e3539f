//! The recordings of a run that follow each other. There are two of these lanes if two recordings
//! run at the same time.

use inturn_client::{Event, Problem, Sound, State};
use inturn_protocol::SessionCost;

use crate::{
    recordings::Recordings,
    screen::Status,
    track::{Side, Track},
    wording::{ExitStatus, Wording},
};

/// Recordings that follow each other; usually the only one.
#[derive(Debug, Default)]
pub(super) struct Lane {
    side: Option<Side>,
    pub(super) recordings: Recordings,
    pub(super) status: Status,
    /// The start of the recording, in milliseconds since the first that runs with it began.
    pub(super) offset_ms: u32,
    /// The last problem, if nothing came after it: it has ended the recording then.
    problem: Option<Problem>,
    /// Whether the recording has had a session.
    has_begun: bool,
    /// Whether the program has given the recording up.
    is_given_up: bool,
    /// For how long the sessions of the recordings that are over were connected.
    pub(super) connected_secs: u32,
}

impl Lane {
    /// Creates a lane without recordings. `price` is for the status.
    pub(super) fn new(side: Option<Side>, price: Option<SessionCost>) -> Self {
        Self {
            side,
            status: Status {
                price,
                ..Status::default()
            },
            ..Self::default()
        }
    }

    /// The recording, as the screen and the outputs see it.
    fn track(&self) -> Track<'_> {
        Track {
            side: self.side,
            transcript: self.recordings.transcript(),
            offset_ms: self.offset_ms,
        }
    }

    /// Another recording follows.
    pub(super) fn restart(&mut self) {
        (self.has_begun, self.is_given_up) = (false, false);
    }

    /// Gives the recording up because of a problem that interrupts it, if that can't change: its
    /// headers stay the same, and no session had begun with them.
    pub(super) fn gives_up(&mut self, problem: Problem) -> bool {
        let is_refused = ExitStatus::of_problem(problem) == ExitStatus::Refused;
        self.is_given_up |= is_refused && !self.has_begun;
        self.is_given_up
    }

    /// Returns what to say about a problem that interrupts the recording.
    pub(super) fn interruption(&self, problem: &Problem, has_files: bool) -> String {
        match problem {
            Problem::MicrophoneLost | Problem::MicrophonePaused if has_files => NO_INPUT.to_owned(),
            problem => self.labelled(&Wording::interrupted(problem).text()),
        }
    }

    /// Notes what an event says about the status. Returns the problem that has ended the recording.
    pub(super) fn note(&mut self, event: &Event) -> Option<Problem> {
        self.status.note(event);
        match event {
            Event::State(State::Idle) => {
                let problem = self.problem.take();
                return problem.filter(|it| *it != Problem::CutShort || !self.is_given_up);
            }
            Event::State(state) => {
                self.problem = None;
                self.has_begun |= matches!(state, State::Listening(_));
            }
            Event::Problem(problem) => self.problem = Some(*problem),
            _ => {}
        }
        None
    }

    /// Returns `text` with the name of this lane, if there are several.
    pub(super) fn labelled(&self, text: &str) -> String {
        Side::labelled(self.side, text)
    }

    /// Whether an event means nothing here: if nothing plays, no microphone is muted.
    pub(super) fn ignores(&self, event: &Event) -> bool {
        self.side == Some(Side::Meeting)
            && matches!(
                event,
                Event::Sound(Sound::Silent)
                    | Event::Problem(Problem::MicrophoneSilent)
                    | Event::Resolved(Problem::MicrophoneSilent)
            )
    }

    /// For how long was recorded, in milliseconds.
    pub(super) fn recorded_ms(&self) -> u32 {
        let parts = self.recordings.document().parts().iter();
        parts.map(|it| it.length_ms()).sum()
    }
}

/// Returns the recordings that run together.
pub(super) fn tracks(lanes: &[Lane]) -> Vec<Track<'_>> {
    lanes.iter().map(Lane::track).collect()
}

const NO_INPUT: &str = "No audio arrives on standard input. The recording goes on when it does.";
