//! What is said in a recording, as audio that tells each word by its samples alone.

use super::random::Random;

/// Samples per millisecond at the service's rate.
pub(crate) const SAMPLES_PER_MS: u64 = 16;

/// Amplitude of word 0. Each following word is louder by [`STEP`].
const BASE: u64 = 1_000;
const STEP: u64 = 8;
/// Number of different words. A longer script repeats them.
pub(crate) const CODES: u64 = 3_900;
/// Amplitude of the noise in a pause, below the threshold of silence.
const NOISE: u64 = 30;

/// Shortest stretch that is surely a word, or a part of one: longer than the reach of the filter
/// that converts the rate of a microphone, which blurs the edges of words.
const SURE_SAMPLES: u64 = 5 * SAMPLES_PER_MS;

/// A word, in samples of the script at the service's rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Whether the pause after it is digital silence.
    is_followed_by_zeros: bool,
}

impl Word {
    pub(crate) fn samples(&self) -> u64 {
        self.end - self.start
    }
}

/// Consecutive samples of a frame that belong to one word, or to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) code: Option<u64>,
    pub(crate) samples: u64,
}

/// The words of a recording. The index of a word is its number.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) words: Vec<Word>,
    /// The word at which the next sample is, or after which it is.
    cursor: usize,
}

impl Script {
    /// Creates a script of at least `ms`. One of `slowness` pauses is long.
    pub(crate) fn new(random: &mut Random, ms: u64, slowness: u64) -> Self {
        let mut words = Vec::new();
        let mut at = random.range(100, 1_500);
        while at < ms {
            let end = at + random.range(200, 400);
            let is_long = random.range(1, slowness) == 1;
            let pause = match is_long {
                true => random.range(2_000, 20_000),
                false => random.range(100, 600),
            };
            words.push(Word {
                start: at * SAMPLES_PER_MS,
                end: end * SAMPLES_PER_MS,
                is_followed_by_zeros: is_long && random.chance(30),
            });
            at = end + pause;
        }
        Self { words, cursor: 0 }
    }

    /// Fills `block`. Its first frame is frame `first` of a microphone, and frame n is at sample
    /// `at(n)`. The samples of a word are equal, so that another rate does not change them.
    pub(crate) fn fill(&mut self, block: &mut [f32], at: impl Fn(u64) -> u64, first: u64) {
        for (sample, frame) in block.iter_mut().zip(first..) {
            let at = at(frame);
            while self
                .words
                .get(self.cursor + 1)
                .is_some_and(|it| it.start <= at)
            {
                self.cursor += 1;
            }
            let amplitude = match self.words.get(self.cursor) {
                Some(word) if at < word.start => at % NOISE,
                Some(word) if at < word.end => amplitude(self.cursor as u64),
                Some(word) if word.is_followed_by_zeros => 0,
                _ => at % NOISE,
            };
            // The inverse of the conversion to Int16, which is exact.
            *sample = amplitude as f32 / 32_768.0;
        }
    }
}

fn amplitude(number: u64) -> u64 {
    BASE + number % CODES * STEP
}

/// Returns the words in a frame of little-endian samples.
pub(crate) fn listen(frame: &[u8]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for bytes in frame.chunks_exact(2) {
        let sample = i16::from_le_bytes([bytes[0], bytes[1]]).unsigned_abs();
        // Conversion of the rate may change a sample by the last bit.
        let code = (u64::from(sample) + STEP / 2).checked_sub(BASE);
        let code = code.map(|it| it / STEP);
        match stretches.last_mut() {
            Some(last) if last.code == code => last.samples += 1,
            _ => stretches.push(Stretch { code, samples: 1 }),
        }
    }
    stretches
}

/// Returns the last word in the audio.
pub(crate) fn newest(stretches: &[Stretch]) -> Option<u64> {
    let mut sure = stretches.iter().filter(|it| it.samples >= SURE_SAMPLES);
    sure.rfind(|it| it.code.is_some()).and_then(|it| it.code)
}

#[test]
fn each_word_is_told_by_its_samples() {
    let mut script = Script::new(&mut Random::new(1, 0), 60_000, 20);
    let mut block = vec![0.0; 60_000 * SAMPLES_PER_MS as usize];
    script.fill(&mut block, |frame| frame, 0);
    let frame: Vec<u8> = block
        .iter()
        .flat_map(|it| inturn_client_core::audio::to_int16(*it).to_le_bytes())
        .collect();
    let mut at = 0;
    let mut heard = Vec::new();
    for stretch in listen(&frame) {
        if let Some(code) = stretch.code {
            heard.push((code, at, at + stretch.samples));
        }
        at += stretch.samples;
    }
    let said = script.words.iter().enumerate();
    let said: Vec<_> = said.map(|(at, it)| (at as u64, it.start, it.end)).collect();
    assert!(said.len() > 30);
    assert_eq!(heard[..said.len() - 1], said[..said.len() - 1]);
}
