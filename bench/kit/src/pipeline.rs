//! The core's path from an audio block to a frame, as a separate WebAssembly module.
//!
//! It contains the same [`Recorder`] as the page, built with the client's profile. A worker in a
//! browser feeds it and measures the time: see the section `cost`.

#![expect(unsafe_code, reason = "exports functions to JavaScript")]

use std::{cell::RefCell, time::Duration};

use inturn_client_core::{
    Moment,
    audio::Resampler,
    recording::RecordingInfo,
    session::{Attempt, Effect, Input, Recorder},
};

thread_local! {
    static FEED: RefCell<Option<Feed>> = const { RefCell::new(None) };
}

/// A recording with its input buffer. Its time advances with the audio.
struct Feed {
    recorder: Recorder,
    samples: Vec<f32>,
    now: Moment,
    block: Duration,
    frames: u32,
    bytes: u32,
}

/// Begins a recording from a device at `rate_hz` in blocks of `block_frames` mono frames. Returns
/// the address of the input block, or null if the core does not support the rate.
// `no_mangle` is safe here and below: no other symbol in this module has the same name.
#[unsafe(no_mangle)]
pub extern "C" fn begin(rate_hz: u32, block_frames: u32) -> *mut f32 {
    let Some(mut feed) = Feed::begin(rate_hz, block_frames) else {
        return std::ptr::null_mut();
    };
    let samples = feed.samples.as_mut_ptr();
    FEED.set(Some(feed));
    samples
}

/// Processes the block at the input address, and advances the time by its duration.
#[unsafe(no_mangle)]
pub extern "C" fn take() {
    FEED.with_borrow_mut(|feed| {
        if let Some(feed) = feed {
            feed.take();
        }
    });
}

/// Returns the number of frames so far.
#[unsafe(no_mangle)]
pub extern "C" fn frames() -> u32 {
    FEED.with_borrow(|feed| feed.as_ref().map_or(0, |feed| feed.frames))
}

/// Returns the number of bytes in all frames so far.
#[unsafe(no_mangle)]
pub extern "C" fn bytes() -> u32 {
    FEED.with_borrow(|feed| feed.as_ref().map_or(0, |feed| feed.bytes))
}

/// Returns the number of filter coefficients for one output sample.
#[unsafe(no_mangle)]
pub extern "C" fn taps(rate_hz: u32) -> u32 {
    Resampler::new(rate_hz).map_or(0, |resampler| {
        let reach = resampler.delay().as_secs_f64() * f64::from(rate_hz);
        2 * reach.round() as u32
    })
}

/// Performs only the multiplications and additions for this number of samples, in four vector
/// registers and on data in the cache. It is an upper limit for the speed of a filter with this
/// many `taps`.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[unsafe(no_mangle)]
pub extern "C" fn multiply(samples: u32, taps: u32) -> f32 {
    use core::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, v128};

    let row = vec![[f32x4_splat(0.5); 4]; taps as usize / 16];
    let window = vec![[f32x4_splat(0.25); 4]; row.len()];
    let mut total = f32x4_splat(0.0);
    for _ in 0..samples {
        let (window, row) = (std::hint::black_box(&window), std::hint::black_box(&row));
        let add = |sum: v128, a, b| f32x4_add(sum, f32x4_mul(a, b));
        let (mut first, mut second, mut third, mut fourth) = (total, total, total, total);
        for (a, b) in window.iter().zip(row) {
            first = add(first, a[0], b[0]);
            second = add(second, a[1], b[1]);
            third = add(third, a[2], b[2]);
            fourth = add(fourth, a[3], b[3]);
        }
        total = f32x4_mul(
            f32x4_add(f32x4_add(first, second), f32x4_add(third, fourth)),
            f32x4_splat(1e-6),
        );
    }
    f32x4_extract_lane::<0>(total)
}

impl Feed {
    fn begin(rate_hz: u32, block_frames: u32) -> Option<Self> {
        let mut feed = Self {
            recorder: Recorder::default(),
            samples: vec![0.0; block_frames as usize],
            now: Moment::default(),
            block: Duration::from_secs(1) * block_frames / rate_hz.max(1),
            frames: 0,
            bytes: 0,
        };
        let attempt = Attempt(1);
        let began = [
            Input::Record,
            Input::MicrophoneOpened {
                rate_hz,
                recording: RecordingInfo::default(),
            },
            Input::TokenReply {
                attempt,
                status: 200,
                body: TOKEN,
            },
            Input::SocketMessage {
                attempt,
                text: BEGIN,
            },
        ];
        for input in began {
            feed.recorder.handle(feed.now, input);
            feed.perform();
        }
        // A recorder with a pending wake has a token, a socket and a microphone.
        feed.recorder.next_wake()?;
        Some(feed)
    }

    fn take(&mut self) {
        self.now = self.now + self.block;
        let block = Input::Block {
            planar: &self.samples,
            channels: 1,
        };
        self.recorder.handle(self.now, block);
        self.perform();
    }

    /// Handles effects like the recorder's shell, but only counts frames.
    fn perform(&mut self) {
        while let Some(effect) = self.recorder.next_effect() {
            if let Effect::SendAudio { frame, .. } = effect {
                self.frames += 1;
                self.bytes += frame.len() as u32;
            }
        }
    }
}

/// A reply of our server to `/token`.
const TOKEN: &str = r#"{
    "token": "t",
    "websocket_url": "ws://localhost/v3/ws?speech_model=universal-3-5-pro",
    "expires_in_seconds": 60,
    "max_session_duration_seconds": 10800
}"#;

/// The first message of the service.
const BEGIN: &str = r#"{"type":"Begin","id":"bench","expires_at":0}"#;
