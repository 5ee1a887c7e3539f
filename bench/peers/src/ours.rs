//! Our resampler alone, without the rest of the pipeline.

use inturn_client_core::audio::Resampler;

use crate::interface::Resample;

pub(crate) struct Ours(Resampler);

impl Ours {
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self(Resampler::new(rate_hz).expect("only supported rates are measured"))
    }
}

impl Resample for Ours {
    fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        self.0.process(input, output);
    }
}
