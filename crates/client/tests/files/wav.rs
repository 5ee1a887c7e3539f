//! WAV files of each kind give the samples that hound wrote.

use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::sound::{Played, floats, noise, write_wav};

#[tokio::test]
async fn samples_of_16_bit_are_exact_at_each_rate_and_number_of_channels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    for (rate_hz, channels) in [
        (8_000, 1),
        (11_025, 1),
        (16_000, 2),
        (44_100, 2),
        (48_000, 6),
    ] {
        let samples = noise(usize::from(channels) * 12_345);
        write_wav(&path, channels, rate_hz, &samples);
        let played = Played::file(&path).await;
        assert_eq!(played.rate_hz, rate_hz);
        assert_eq!(played.planes.len(), usize::from(channels));
        for (channel, plane) in played.planes.iter().enumerate() {
            let expected: Vec<_> = samples
                .iter()
                .skip(channel)
                .step_by(channels.into())
                .copied()
                .collect();
            assert_eq!(*plane, floats(&expected), "channel {channel} of {channels}");
        }
        let length_ms = 12_345 * 1_000 / u64::from(rate_hz);
        assert_eq!(played.progress.length_ms(), Some(length_ms));
        assert_eq!(played.progress.position_ms(), length_ms);
        assert_eq!(played.progress.problem(), None);
    }
}

#[tokio::test]
async fn samples_of_8_24_and_32_bit_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    for bits in [8, 24, 32] {
        let full_scale = 2_f64.powi(bits - 1);
        let samples: Vec<i32> = noise(5_000)
            .iter()
            .map(|sample| (f64::from(*sample) / 32_768.0 * full_scale) as i32)
            .collect();
        write(&path, bits as u16, SampleFormat::Int, &samples);
        let played = Played::file(&path).await;
        let expected: Vec<_> = samples
            .iter()
            .map(|sample| (f64::from(*sample) / full_scale) as f32)
            .collect();
        assert_eq!(played.planes, [expected], "{bits} bit");
    }
}

#[tokio::test]
async fn floating_point_samples_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.wav");
    let samples = floats(&noise(5_000));
    write(&path, 32, SampleFormat::Float, &samples);
    assert_eq!(Played::file(&path).await.planes, [samples]);
}

fn write<S: hound::Sample + Copy>(path: &Path, bits: u16, format: SampleFormat, samples: &[S]) {
    let spec = WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: bits,
        sample_format: format,
    };
    let mut writer = WavWriter::create(path, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
}
