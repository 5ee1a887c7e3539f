//! Audio of tests.

use std::{ops::Range, path::Path};

use inturn_emulator::ToneSpeech;

/// Words in turns of three.
pub(crate) fn speech(words: Range<u32>) -> ToneSpeech {
    ToneSpeech::new(words, RATE_HZ).with_turns_of(3, 2_000)
}

/// The samples of `speech`, as 16-bit little-endian bytes.
pub(crate) fn raw(speech: &ToneSpeech) -> Vec<u8> {
    samples(speech).flat_map(i16::to_le_bytes).collect()
}

/// Writes a WAV file.
pub(crate) fn write_wav(path: &Path, speech: &ToneSpeech) {
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: speech.rate_hz(),
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, format).expect("a file");
    for sample in samples(speech) {
        wav.write_sample(sample).expect("written");
    }
    wav.finalize().expect("written");
}

/// The lines of such speech as text. The service writes capitals and full stops.
pub(crate) fn lines(words: Range<u32>) -> String {
    let words = Vec::from_iter(words);
    let lines = words.chunks(3).map(|turn| {
        let words: Vec<String> = turn.iter().map(|number| format!("word{number}")).collect();
        words.join(" ").replacen('w', "W", 1) + ".\n"
    });
    lines.collect()
}

/// The words of such speech, from the beginning.
pub(crate) fn words(count: u32) -> Vec<String> {
    (0..count).map(|number| format!("word{number}")).collect()
}

fn samples(speech: &ToneSpeech) -> impl Iterator<Item = i16> {
    let samples = speech.samples().into_iter();
    samples.map(|sample| (sample * f32::from(i16::MAX)).round() as i16)
}

pub(crate) const RATE_HZ: u32 = 16_000;
