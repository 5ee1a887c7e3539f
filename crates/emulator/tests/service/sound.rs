//! Test audio: 16 kHz, 16 bits.

/// A voice for the script recogniser: a loud tone.
pub(crate) fn voice(ms: usize) -> Vec<i16> {
    (0..ms * 16)
        .map(|index| {
            let phase = index as f64 * 937.0 / 16_000.0 * std::f64::consts::TAU;
            (8_000.0 * phase.sin()) as i16
        })
        .collect()
}

pub(crate) fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 16]
}
