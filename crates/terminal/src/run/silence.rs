//! Decides when recordings that run together are forgotten.

use inturn_client::{Event, State};
use inturn_client_core::session::IDLE_COUNTDOWN;
use inturn_transcript::Change;

/// Counts the time without words of recordings that run together: words of one keep all of them.
///
/// As in a recording alone, the time is the length of the audio that was captured while a session
/// was live.
#[derive(Clone, Debug)]
pub(super) struct Silence {
    limit_ms: u32,
    lanes: Vec<Lane>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    captured_ms: u32,
    silent_ms: u32,
    /// The state of the recording; `None` before its first one.
    state: Option<State>,
}

impl Silence {
    /// `idle_secs` without words begin a countdown of a minute; 0 never does.
    pub(super) fn new(idle_secs: u32, recordings: usize) -> Self {
        let limit_ms = match idle_secs {
            0 => 0,
            secs => secs.saturating_mul(1_000).saturating_add(COUNTDOWN_MS),
        };
        Self {
            limit_ms,
            lanes: vec![Lane::default(); recordings],
        }
    }

    /// The time without words before the countdown, in seconds.
    pub(super) fn limit_secs(&self) -> u32 {
        (self.limit_ms / 1_000).saturating_sub(IDLE_COUNTDOWN.as_secs() as u32)
    }

    /// Notes an event of the recording at the place `at`.
    pub(super) fn note(&mut self, at: usize, event: &Event) {
        if let Event::Changed(Change::Turn(turn)) = event
            && !turn.text().is_empty()
        {
            self.lanes.iter_mut().for_each(|it| it.silent_ms = 0);
        }
        let Some(lane) = self.lanes.get_mut(at) else {
            return;
        };
        match event {
            Event::State(state) => lane.state = Some(*state),
            Event::Level(level) => {
                let new_ms = level.captured_ms.saturating_sub(lane.captured_ms);
                lane.captured_ms = level.captured_ms;
                if matches!(lane.state, Some(State::Listening(_))) {
                    lane.silent_ms = lane.silent_ms.saturating_add(new_ms);
                }
            }
            _ => {}
        }
    }

    /// Returns the seconds until the recordings stop, once the countdown has begun.
    pub(super) fn left_secs(&self) -> Option<u32> {
        let is_over = |it: &&Lane| matches!(it.state, Some(State::Idle | State::Finishing(_)));
        let running = self.lanes.iter().filter(|it| !is_over(it));
        let silent_ms = running.map(|it| it.silent_ms).min()?;
        let left_ms = self.limit_ms.saturating_sub(silent_ms);
        (self.limit_ms > 0 && left_ms <= COUNTDOWN_MS).then_some(left_ms.div_ceil(1_000))
    }
}

const COUNTDOWN_MS: u32 = IDLE_COUNTDOWN.as_millis() as u32;

#[cfg(test)]
mod tests {
    use inturn_client::{LevelReading, Progress};
    use inturn_transcript::{Turn, TurnId, Word, Words};

    use super::*;

    fn level(secs: u32) -> Event {
        Event::Level(LevelReading {
            percent: 0,
            captured_ms: secs * 1_000,
        })
    }

    fn words() -> Event {
        let mut words = Words::default();
        words.push(Word {
            text: "hello",
            ..Word::default()
        });
        let id = TurnId {
            session: 1,
            turn: 0,
        };
        Event::Changed(Change::Turn(Turn {
            words,
            ..Turn::new(id)
        }))
    }

    fn live(idle_secs: u32) -> Silence {
        let mut silence = Silence::new(idle_secs, 2);
        for at in 0..2 {
            silence.note(at, &Event::State(State::Listening(Progress::Live)));
        }
        silence
    }

    #[test]
    fn words_of_one_recording_keep_both() {
        let mut silence = live(240);
        silence.note(0, &level(239));
        silence.note(1, &level(238));
        silence.note(1, &words());
        silence.note(0, &level(470));
        silence.note(1, &level(470));
        assert_eq!(silence.left_secs(), None);
        silence.note(0, &level(500));
        silence.note(1, &level(500));
        assert_eq!(
            silence.left_secs(),
            Some(39),
            "the one with the least silence counts"
        );
        silence.note(0, &level(600));
        silence.note(1, &level(600));
        assert_eq!(silence.left_secs(), Some(0));
        assert_eq!(silence.limit_secs(), 240);
    }

    #[test]
    fn a_recording_that_is_over_or_not_live_does_not_count() {
        let mut silence = live(240);
        silence.note(0, &level(250));
        silence.note(1, &Event::State(State::Connecting));
        silence.note(1, &level(250));
        assert_eq!(silence.left_secs(), None);
        silence.note(1, &Event::State(State::Idle));
        assert_eq!(silence.left_secs(), Some(50));
        silence.note(0, &Event::State(State::Idle));
        assert_eq!(silence.left_secs(), None, "nothing is left to stop");
    }

    #[test]
    fn zero_is_never() {
        let mut silence = live(0);
        silence.note(0, &level(100_000));
        silence.note(1, &level(100_000));
        assert_eq!(silence.left_secs(), None);
    }
}
