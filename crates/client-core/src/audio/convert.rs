//! Conversions of samples: planar channels to mono, Float32 to Int16.

/// Converts a Float32 sample to Int16.
///
/// 1.0 is 32768 steps, so that 16-bit audio which the browser converted to Float32 comes back
/// unchanged. Rounds to nearest, ties to even. Clamps values beyond full scale, and infinities. NaN
/// becomes silence.
#[must_use]
pub fn to_int16(sample: f32) -> i16 {
    // Ties to even adds no DC offset and is one instruction in wasm. `as` saturates and maps NaN
    // to 0.
    (sample * 32_768.0).round_ties_even() as i16
}

/// Fills `mono` with the average of the channels, starting at frame `start` of the block.
///
/// For stereo this is Web Audio's "speakers" rule, `0.5 · (left + right)`.
pub(super) fn mix_down(planar: &[f32], channels: usize, start: usize, mono: &mut [f32]) {
    let frames = planar.len() / channels;
    mono.fill(0.0);
    for channel in planar.chunks_exact(frames).take(channels) {
        for (mixed, &sample) in mono.iter_mut().zip(&channel[start..]) {
            *mixed += sanitize(sample);
        }
    }
    if channels > 1 {
        for mixed in mono {
            *mixed /= channels as f32;
        }
    }
}

/// Makes a sample safe to filter: one NaN or infinity would corrupt the whole length of the filter,
/// and denormal numbers would slow it down.
pub(super) fn sanitize(sample: f32) -> f32 {
    // This comparison is false for NaN.
    if sample.abs() >= SILENCE_FLOOR {
        sample.clamp(-HEADROOM, HEADROOM)
    } else {
        0.0
    }
}

/// Limit for input samples: 12 dB above full scale, more than any device delivers. Float audio may
/// exceed full scale temporarily, and filtering or mixing can bring it back. So it is clamped to
/// full scale only at the end.
const HEADROOM: f32 = 4.0;

/// 200 dB below full scale, far below the resolution of any converter. Samples below it become 0.
/// In silence, the output of echo cancellation and other recursive filters decays into denormal
/// numbers, which CPUs process many times slower. Wasm cannot flush them to zero.
const SILENCE_FLOOR: f32 = 1e-10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scale_clamps_on_both_sides() {
        assert_eq!(
            [1.0, -1.0, 1.5, -1.5].map(to_int16),
            [32_767, -32_768, 32_767, -32_768]
        );
        assert_eq!(
            [f32::INFINITY, f32::NEG_INFINITY].map(to_int16),
            [32_767, -32_768]
        );
    }

    #[test]
    fn nan_is_silence() {
        assert_eq!(to_int16(f32::NAN), 0);
    }

    #[test]
    fn rounds_to_nearest_and_ties_to_even() {
        let steps = [0.4, 0.5, 0.6, 1.5, 2.5, -0.5, -0.6, -1.5];
        assert_eq!(
            steps.map(|s: f32| to_int16(s / 32_768.0)),
            [0, 0, 1, 2, 2, 0, -1, -2]
        );
    }

    #[test]
    fn every_int16_survives_a_round_trip_through_float() {
        for value in i16::MIN..=i16::MAX {
            assert_eq!(to_int16(f32::from(value) / 32_768.0), value);
        }
    }

    #[test]
    fn channels_are_averaged() {
        let mut mono = [0.0; 2];
        mix_down(
            &[0.9, 1.0, 0.0, 0.5, 0.25, -0.5, 0.75, 0.5],
            2,
            1,
            &mut mono,
        );
        assert_eq!(mono, [0.25, 0.375]);
    }

    #[test]
    fn nan_and_infinity_do_not_reach_the_filter() {
        let mut mono = [0.0; 3];
        mix_down(
            &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY],
            1,
            0,
            &mut mono,
        );
        assert_eq!(mono, [0.0, HEADROOM, -HEADROOM]);
    }

    #[test]
    fn denormal_numbers_do_not_reach_the_filter() {
        let mut mono = [1.0; 4];
        let smallest_step_of_24_bits = 2.0_f32.powi(-23);
        let fading = [1e-40, -f32::MIN_POSITIVE / 2.0, 1e-12];
        mix_down(
            &[&fading[..], &[smallest_step_of_24_bits]].concat(),
            1,
            0,
            &mut mono,
        );
        assert_eq!(mono, [0.0, 0.0, 0.0, smallest_step_of_24_bits]);
    }
}
