//! Resamplers that ours is compared with, behind one interface: mono Float32 at any rate, in pieces
//! of any size, is resampled to 16 kHz.
//!
//! Each has a cargo feature, so that a wasm module can contain only one of them.

#[cfg(target_family = "wasm")]
pub mod wasm;

mod interface;
mod linear;
#[cfg(feature = "ours")]
mod ours;

#[cfg(all(feature = "libsamplerate", not(target_family = "wasm")))]
mod libsamplerate;
#[cfg(feature = "resampler")]
mod resampler;
#[cfg(any(feature = "rubato-fft", feature = "rubato-sinc"))]
mod rubato;
#[cfg(feature = "speex")]
mod speex;

pub use interface::{OUTPUT_RATE_HZ, QUANTUM_FRAMES, Resample};

/// A resampler that can be built.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Name and settings, as shown in the document.
    pub name: &'static str,
    /// Short name. For resamplers on wasm, it is the name of the feature (`linear` has none).
    pub id: &'static str,
    /// Whether it can be built for wasm.
    pub in_wasm: bool,
    /// Creates the resampler for an input rate in hertz.
    pub build: fn(u32) -> Box<dyn Resample>,
}

/// Returns all resamplers of this build, ours first.
#[must_use]
pub fn all() -> Vec<Peer> {
    vec![
        #[cfg(feature = "ours")]
        Peer {
            name: "this filter",
            id: "ours",
            in_wasm: true,
            build: |rate_hz| Box::new(ours::Ours::new(rate_hz)),
        },
        #[cfg(feature = "rubato-sinc")]
        Peer {
            name: "rubato, sinc of 256",
            id: "rubato-sinc",
            in_wasm: true,
            build: |rate_hz| Box::new(rubato::Rubato::sinc(rate_hz)),
        },
        #[cfg(feature = "rubato-fft")]
        Peer {
            name: "rubato, FFT, blocks of 1024",
            id: "rubato-fft",
            in_wasm: true,
            build: |rate_hz| Box::new(rubato::Rubato::fft(rate_hz)),
        },
        #[cfg(feature = "speex")]
        Peer {
            name: "speexdsp, quality 10",
            id: "speex",
            in_wasm: true,
            build: |rate_hz| Box::new(speex::Speex::new(rate_hz)),
        },
        #[cfg(all(feature = "libsamplerate", not(target_family = "wasm")))]
        Peer {
            name: "libsamplerate, best",
            id: "libsamplerate-best",
            in_wasm: false,
            build: |rate_hz| Box::new(libsamplerate::Src::best(rate_hz)),
        },
        #[cfg(all(feature = "libsamplerate", not(target_family = "wasm")))]
        Peer {
            name: "libsamplerate, medium",
            id: "libsamplerate-medium",
            in_wasm: false,
            build: |rate_hz| Box::new(libsamplerate::Src::medium(rate_hz)),
        },
        #[cfg(feature = "resampler")]
        Peer {
            name: "resampler, FIR of 128",
            id: "resampler",
            in_wasm: true,
            build: |rate_hz| Box::new(resampler::Fir::new(rate_hz)),
        },
        Peer {
            name: "linear interpolation",
            id: "linear",
            in_wasm: true,
            build: |rate_hz| Box::new(linear::Linear::new(rate_hz)),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keep_the_duration_and_a_constant_signal() {
        for peer in all() {
            for rate_hz in [8_000, 44_100, 48_000, 192_000] {
                let mut resampler = (peer.build)(rate_hz);
                let mut output = Vec::new();
                for block in vec![0.5; rate_hz as usize].chunks(441) {
                    resampler.push(block, &mut output);
                }
                let name = peer.name;
                assert!(
                    (13_900..=16_010).contains(&output.len()),
                    "{name} at {rate_hz} Hz: {}",
                    output.len()
                );
                let middle = &output[8_000..9_000];
                assert!(
                    middle.iter().all(|sample| (sample - 0.5).abs() < 5e-3),
                    "{name} at {rate_hz} Hz"
                );
            }
        }
    }
}
