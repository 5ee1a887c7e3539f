//! Samples from one form to another: planar channels to mono, Float32 to Int16.

/// A Float32 sample as Int16: 1.0 is 32768 steps, which gives back exactly what a browser made of
/// 16-bit audio. Rounds to nearest, ties to even; clamps what is beyond full scale, infinities as
/// well; NaN is silence.
#[must_use]
pub fn to_int16(sample: f32) -> i16 {
    // Ties to even adds no offset and is one instruction in wasm. `as` saturates and maps NaN to 0.
    (sample * 32_768.0).round_ties_even() as i16
}

/// Fills `mono` with the average of the channels, from frame `start` of the block on.
///
/// For stereo this is the Web Audio "speakers" rule, `0.5 · (left + right)`.
pub(super) fn mix_down(planar: &[f32], channels: usize, start: usize, mono: &mut [f32]) {
    let frames = planar.len() / channels;
    mono.fill(0.0);
    for channel in planar.chunks_exact(frames).take(channels) {
        for (mixed, &sample) in mono.iter_mut().zip(&channel[start..]) {
            *mixed += tame(sample);
        }
    }
    if channels > 1 {
        for mixed in mono {
            *mixed /= channels as f32;
        }
    }
}

/// Makes a sample safe to filter: one NaN or infinity would spoil the whole length of the filter, and
/// numbers that fade away would slow it down.
pub(super) fn tame(sample: f32) -> f32 {
    // NaN is in no relation to anything.
    if sample.abs() >= INAUDIBLE {
        sample.clamp(-HEADROOM, HEADROOM)
    } else {
        0.0
    }
}

/// Float audio may pass full scale for a while and come back by filtering or mixing, so it is
/// clamped only at the end; 12 dB above full scale is more than any device gives.
const HEADROOM: f32 = 4.0;

/// 200 dB below full scale: far beneath the steps of any converter. What echo cancellation and other
/// recursive filters leave behind in silence shrinks for ever, into numbers with which processors
/// compute many times slower; a wasm module can't have them rounded to zero.
const INAUDIBLE: f32 = 1e-10;

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
    fn every_int16_survives_the_way_through_float() {
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
    fn what_is_no_number_does_not_reach_the_filter() {
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
    fn numbers_too_small_to_compute_with_do_not_reach_the_filter() {
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
