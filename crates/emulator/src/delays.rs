//! Delays of the emulator's responses.

use std::time::Duration;

/// Delays of the emulator's responses. All are zero by default, so that tests are fast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From a request for a token to the token.
    pub token: Duration,
    /// From a request for a token to a refusal.
    pub token_refusal: Duration,
    /// From the open socket to `Begin`.
    pub begin: Duration,
    /// From the open socket to a refusal instead of `Begin`.
    pub refusal: Duration,
    /// To process a second of audio. Audio at real time is processed while it is spoken, so this
    /// delays only a backlog: audio that is sent faster than it was spoken.
    pub audio_second: Duration,
    /// From the audio to the words in it, Universal-3 family.
    pub words_universal_3: Duration,
    /// From the audio to the words in it, Universal-Streaming family.
    pub words_universal_streaming: Duration,
    /// From the raw end of a turn to the formatted one, Universal-Streaming family.
    pub formatted_end: Duration,
    /// From `ForceEndpoint` or `Terminate` to the end of the open turn.
    pub forced_end: Duration,
    /// From `Terminate` to `Termination`, with no turn open.
    pub termination: Duration,
    /// From `Terminate` to `Termination`, with a turn open.
    pub termination_after_turn: Duration,
    /// Added to the two before if a `SpeakerRevision` is sent.
    pub revision: Duration,
    /// From `Termination` to the close.
    pub close: Duration,
    /// From a bad control message to the `Error`.
    pub bad_message: Duration,
}

impl Delays {
    /// The delays that were measured on the real service in autumn 2026.
    pub fn like_the_real_service() -> Self {
        let ms = Duration::from_millis;
        Self {
            // 0.8 to 1.2 s; about 0.2 s for a refusal.
            token: ms(1_000),
            token_refusal: ms(200),
            // Socket open after 0.3 s, `Begin` after 0.9 s.
            begin: ms(600),
            // Refused connections took 0.6 to 0.9 s in total.
            refusal: ms(450),
            // A backlog is processed at 1.25 times real time, by the vendor's documents. One
            // measurement found 1.0.
            audio_second: ms(800),
            // A final came 418 ms after its last word; 128 ms of these are `min_turn_silence`. With
            // this delay and frames of 100 ms, the first partial comes 1.19 s after the onset in
            // `balanced` and 0.69 s in `min_latency`. Measured: 1.0 to 1.17 s and 0.58 s.
            words_universal_3: ms(290),
            // The first text came 0.9 s after the onset. The engine first asks for words after
            // 0.1 s.
            words_universal_streaming: ms(800),
            // 300 to 800 ms.
            formatted_end: ms(500),
            // Medians: 140 ms on 3.6, 120 ms on 3.5.
            forced_end: ms(140),
            // 0.55 to 0.72 s.
            termination: ms(640),
            termination_after_turn: ms(1_200),
            revision: ms(400),
            close: ms(900),
            // 952 ms in one measurement, "about 1 s" in the others.
            bad_message: ms(950),
        }
    }
}
