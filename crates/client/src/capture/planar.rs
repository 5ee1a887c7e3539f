//! The order of samples.

/// Converts interleaved samples to planes, one after another.
pub(super) fn planar(interleaved: &[f32], channels: usize) -> Vec<f32> {
    let frames = interleaved.len() / channels;
    (0..channels)
        .flat_map(|channel| {
            let plane = interleaved.iter().skip(channel).step_by(channels);
            plane.take(frames)
        })
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_follow_one_another() {
        let interleaved = [1.0, -1.0, 2.0, -2.0, 3.0];
        assert_eq!(planar(&interleaved, 2), [1.0, 2.0, -1.0, -2.0]);
        assert_eq!(planar(&interleaved[..3], 1), [1.0, -1.0, 2.0]);
    }
}
