//! The active faults: counts their uses and selects those of each session.

use std::sync::Mutex;

use super::{
    fault::{Fault, Rule},
    list::Faults,
};
use crate::session_log::lock;

/// The active faults, with the numbers of sessions and token requests so far.
pub(crate) struct ActiveFaults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    sessions: u64,
    requests: u64,
}

impl ActiveFaults {
    pub(crate) fn new(faults: Faults) -> Self {
        let state = State {
            rules: faults.rules,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
        }
    }

    pub(crate) fn set(&self, faults: Faults) {
        *lock(&self.state) = State {
            rules: faults.rules,
            ..State::default()
        };
    }

    /// Counts a token request and returns its fault, if it has one.
    pub(crate) fn next_request(&self) -> Option<Fault> {
        let mut state = lock(&self.state);
        state.requests += 1;
        let number = state.requests;
        state.take(number, true).into_iter().next()
    }

    /// Counts a session. Returns its number and its faults.
    pub(crate) fn next_session(&self) -> (u64, Vec<Fault>) {
        let mut state = lock(&self.state);
        state.sessions += 1;
        let number = state.sessions;
        (number, state.take(number, false))
    }
}

impl State {
    /// Returns the faults of request or session `number`, and counts their uses.
    fn take(&mut self, number: u64, for_tokens: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        for rule in &mut self.rules {
            let applies = rule.fault.is_token_fault() == for_tokens
                && rule.number.is_none_or(|only| only == number)
                && rule.times != Some(0);
            if applies {
                rule.times = rule.times.map(|times| times - 1);
                faults.push(rule.fault.clone());
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_used_up_after_their_times() {
        let json = r#"[
            {"fault": "no_begin", "times": 2},
            {"fault": "cut", "after_audio_ms": 5, "session": 2}]"#;
        let active = ActiveFaults::new(Faults::from_json(json).expect("a valid list"));
        let counts: Vec<usize> = (0..3).map(|_| active.next_session().1.len()).collect();
        assert_eq!(counts, [1, 2, 0]);
    }
}
