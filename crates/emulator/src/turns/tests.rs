use inturn_protocol::ConnectionParameters;

use super::*;

/// Recognises a word, and fails when it is asked for words this many times.
struct Failing {
    answers: usize,
}

impl Recogniser for Failing {
    fn begin_turn(&mut self) {}

    fn process(&mut self, _samples: &[i16], _voiced: bool) {}

    fn words(&mut self) -> Result<Vec<RecognisedWord>, String> {
        if self.answers == 0 {
            return Err("the process has ended".to_owned());
        }
        self.answers -= 1;
        Ok(vec![RecognisedWord {
            text: "one".to_owned(),
            start_ms: 0,
            end_ms: 100,
            confidence: 1.0,
            settled: false,
            voice: crate::recogniser::Voice::default(),
        }])
    }

    fn finish_turn(&mut self) -> Result<Vec<RecognisedWord>, String> {
        self.words()
    }
}

fn engine(answers: usize) -> TurnEngine {
    let policy = TurnPolicy::new(&ConnectionParameters::default());
    TurnEngine::new(policy, Box::new(Failing { answers }), 16_000)
}

fn voice(ms: usize) -> Vec<i16> {
    let sample = |index| if index / 8 % 2 == 0 { 8_000 } else { -8_000 };
    (0..16 * ms).map(sample).collect()
}

fn failure() -> EngineResult {
    Err("the process has ended".to_owned())
}

#[test]
fn nothing_follows_a_failure_in_mid_turn() {
    let events = engine(30).audio(&voice(5_000));
    assert_eq!(events.last(), Some(&failure()));
    let failures = events.iter().filter(|event| event.is_err());
    assert_eq!(failures.count(), 1, "{events:?}");
    assert!(
        events.len() > 1,
        "words from before are reported: {events:?}"
    );
}

#[test]
fn a_failure_at_the_end_of_a_turn_is_no_end() {
    for end in [TurnEngine::force_end, TurnEngine::finish] {
        let mut engine = engine(1);
        // Long enough for one look at the words.
        engine.audio(&voice(150));
        assert_eq!(end(&mut engine), [failure()]);
    }
}
