//! Recorded voices with transcripts, as they are, with noise, and over the telephone.

use std::path::Path;

use anyhow::Context as _;
use inturn_tests::{machine, sound::Sound};

/// A recording and what is said in it.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    pub(super) sound: Sound,
    pub(super) text: &'static str,
}

/// What has happened to the sound.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    Clean,
    /// Pink noise, whose power is this much below that of the voice, in dB.
    Noise(f64),
    /// Sampled at 8 kHz.
    Telephone,
}

impl Condition {
    pub(super) const ALL: [Self; 4] = [
        Self::Clean,
        Self::Noise(10.0),
        Self::Noise(5.0),
        Self::Telephone,
    ];

    pub(super) fn name(self) -> String {
        match self {
            Self::Clean => "clean".to_owned(),
            Self::Noise(db) => format!("noise, {db:.0} dB"),
            Self::Telephone => "telephone".to_owned(),
        }
    }

    pub(super) fn apply(self, sound: &Sound) -> Sound {
        match self {
            Self::Clean => sound.clone(),
            Self::Noise(db) => with_noise(sound, db),
            Self::Telephone => sound.at_rate(8_000).at_rate(RATE_HZ),
        }
    }
}

/// Reads the recordings: sentences of a novel and names of cards, from the test data of
/// PocketSphinx, and a page of another novel from Moonshine's package.
pub(super) fn recordings(package: &Path) -> anyhow::Result<Vec<Recording>> {
    let voices = machine::voices();
    let long = package.join("moonshine_voice/assets/two_cities.wav");
    let mut recordings = Vec::new();
    for (name, text) in SENTENCES {
        recordings.push(read(&voices.join(format!("{name}.wav")), text)?);
    }
    recordings.push(read(&long, TWO_CITIES)?);
    Ok(recordings)
}

fn read(path: &Path, text: &'static str) -> anyhow::Result<Recording> {
    let sound = Sound::read_wav(path).with_context(|| format!("can't read {}", path.display()))?;
    Ok(Recording {
        sound: sound.at_rate(RATE_HZ),
        text,
    })
}

fn with_noise(voice: &Sound, db: f64) -> Sound {
    let noise = pink(&Sound::noise(RATE_HZ, RATE_HZ / 2, voice.seconds()).samples);
    let power = |samples: &[f64]| {
        samples.iter().map(|it| it * it).sum::<f64>() / samples.len().max(1) as f64
    };
    let gain = (power(&voice.samples) / power(&noise) / 10_f64.powf(db / 10.0)).sqrt();
    let mixed = voice.samples.iter().zip(&noise);
    Sound {
        rate_hz: voice.rate_hz,
        samples: mixed.map(|(voice, noise)| voice + gain * noise).collect(),
    }
}

/// Filters white noise so that its power falls by 3 dB per octave: the sum of white noise and of
/// three low passes four octaves apart, which is within 1 dB from 40 Hz to 8 kHz.
fn pink(white: &[f64]) -> Vec<f64> {
    let mut low = [0.0; POLES.len()];
    white
        .iter()
        .map(|sample| {
            let mut sum = 0.1848 * sample;
            for (state, (pole, gain)) in low.iter_mut().zip(POLES) {
                *state = pole * *state + gain * sample;
                sum += *state;
            }
            sum
        })
        .collect()
}

/// Poles and gains of the filter that Paul Kellet published in 1999 as the "economy" version,
/// <https://www.firstpr.com.au/dsp/pink-noise/>.
const POLES: [(f64, f64); 3] = [
    (0.997_65, 0.099_046),
    (0.963_00, 0.296_516_4),
    (0.570_00, 1.052_691_3),
];

/// The rate that the service receives.
pub(super) const RATE_HZ: u32 = 16_000;

/// So many of [`SENTENCES`] are from a novel. They come first.
pub(super) const NOVEL_SENTENCES: usize = 5;

/// File names of PocketSphinx's test data, and what is said.
const SENTENCES: [(&str, &str); 10] = [
    (
        "librivox/sense_and_sensibility_01_austen_64kb-0870",
        "and mr john dashwood had then leisure to consider how much there might be prudently in \
         his power to do for them",
    ),
    (
        "librivox/sense_and_sensibility_01_austen_64kb-0880",
        "he was not an ill disposed young man",
    ),
    (
        "librivox/sense_and_sensibility_01_austen_64kb-0890",
        "unless to be rather cold hearted and rather selfish is to be ill disposed",
    ),
    (
        "librivox/sense_and_sensibility_01_austen_64kb-0920",
        "had he married a more amiable woman he might have been made still more respectable than \
         he was",
    ),
    (
        "librivox/sense_and_sensibility_01_austen_64kb-0930",
        "he might even have been made amiable himself",
    ),
    ("cards/001", "ten of clubs"),
    ("cards/002", "four queen of clubs"),
    ("cards/003", "seven of clubs"),
    ("cards/004", "five five"),
    ("cards/005", "eight of spades four of clubs seven of hearts"),
];

const TWO_CITIES: &str = "it was the best of times it was the worst of times it was the age of \
    wisdom it was the age of foolishness it was the epoch of belief it was the epoch of \
    incredulity it was the season of light it was the season of darkness it was the spring of \
    hope it was the winter of despair we had everything before us we had nothing before us we \
    were all going direct to heaven we were all going direct the other way in short the period \
    was so far like the present period that some of its noisiest authorities insisted on its \
    being received for good or for evil in the superlative degree of comparison only";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_chosen_distance_from_the_voice() {
        let voice = Sound::tone(RATE_HZ, 440.0, 2.0);
        let noisy = Condition::Noise(10.0).apply(&voice);
        let noise: f64 = noisy
            .samples
            .iter()
            .zip(&voice.samples)
            .map(|(a, b)| (a - b).powi(2))
            .sum();
        let signal: f64 = voice.samples.iter().map(|it| it * it).sum();
        let db = 10.0 * (signal / noise).log10();
        assert!((db - 10.0).abs() < 0.01, "{db}");
    }
}
