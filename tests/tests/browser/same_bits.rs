//! The audio path in wasm gives the same bits as in native code, where its quality is measured. So
//! the SIMD code, which only wasm has, computes the same.

use std::time::Duration;

use inturn_client_core::audio::{ChunkLength, Pipeline};
use inturn_tests::{
    browser::{Browser, FILE_HZ, Microphone},
    page::Page,
    sound::Sound,
    stage::{Setting, Stage},
};

use crate::support;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_sends_the_same_bits_as_the_native_core() {
    let client = tempfile::tempdir().expect("a temporary folder");
    support::copy_client(client.path(), |name, script| {
        if name == "audio-processor.js" {
            let register = r#"registerProcessor("audio-processor",AudioProcessor);"#;
            assert!(
                script.contains(register),
                "the processor's code has changed"
            );
            *script = script.replace(register, KNOWN_SOUND);
        }
        true
    });
    let stage = Setting::new().with_client(client.path()).open().await;
    let browser = Browser::open(&Microphone::Repeats(Sound::silence(FILE_HZ, 1.0))).await;
    let first_hz = RATES_HZ[0];
    browser
        .before_each_page(&format!(
            "window.contextHz = {first_hz}; {CONTEXT_AT_ANY_RATE}"
        ))
        .await;
    let page = Page::load(browser, &stage.url).await;

    for (index, rate_hz) in RATES_HZ.into_iter().enumerate() {
        let next_hz = RATES_HZ.get(index + 1).copied().unwrap_or(rate_hz);
        let sent = record(&page, &stage, rate_hz, next_hz, index + 1).await;
        assert!(sent.len() > 4_000, "{rate_hz} Hz: {} samples", sent.len());
        assert!(
            is_made_of_known_sound(&sent, rate_hz),
            "{rate_hz} Hz: {} samples, of {:?}…",
            sent.len(),
            &sent[..16]
        );
    }
}

/// Records with an audio context at `rate_hz`; the next one is at `next_hz`. Returns the samples
/// that the service received.
async fn record(
    page: &Page,
    stage: &Stage,
    rate_hz: u32,
    next_hz: u32,
    session: usize,
) -> Vec<i16> {
    page.record().await;
    let context_hz: u32 = page.browser.value("window.watch.rateHz").await;
    assert_eq!(context_hz, rate_hz);
    page.wait_until_recorded(Duration::from_millis(500)).await;
    // The page creates the next context when the recording has ended.
    page.browser
        .value::<()>(&format!("void (window.contextHz = {next_hz})"))
        .await;
    page.stop().await;
    assert_eq!(page.problem().await, None);
    let log = stage.closed_session(session).await;
    let received = stage.recording(&log).samples;
    received
        .iter()
        .map(|&sample| (sample * 32_768.0).round() as i16)
        .collect()
}

/// Returns whether the native core gives these samples for the known sound. The number of quanta is
/// not known exactly, only that it fits the number of samples.
fn is_made_of_known_sound(sent: &[i16], rate_hz: u32) -> bool {
    let samples = |quanta: u64| core(rate_hz).samples_for(quanta * QUANTUM_FRAMES) as usize;
    (1..)
        .skip_while(|&quanta| samples(quanta) + SHORTEST < sent.len())
        .take_while(|&quanta| samples(quanta) <= sent.len())
        .any(|quanta| made_by_core(rate_hz, quanta) == sent)
}

fn made_by_core(rate_hz: u32, quanta: u64) -> Vec<i16> {
    let (mut pipeline, mut sound) = (core(rate_hz), known_sound());
    for _ in 0..quanta {
        pipeline.push_block(&sound(), 2);
    }
    let (mut tail, mut samples) = (pipeline.flush(), Vec::new());
    while let Some(chunk) = tail.next_chunk() {
        samples.extend_from_slice(chunk);
    }
    samples
}

fn core(rate_hz: u32) -> Pipeline {
    Pipeline::new(rate_hz, ChunkLength::default()).expect("the rate is supported")
}

/// Generates the sound of [`KNOWN_SOUND`] by quanta: planar noise in two channels. At times they
/// have opposite phase, so that the mix uses only one of them.
fn known_sound() -> impl FnMut() -> Vec<f32> {
    let (mut state, mut quanta) = (1_u32, 0);
    move || {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut channel = || (0..QUANTUM_FRAMES).map(|_| next()).collect::<Vec<_>>();
        let (left, mut right) = (channel(), channel());
        if quanta / QUANTA_OF_A_KIND % 2 == 1 {
            right = left.iter().map(|sample| -sample).collect();
        }
        quanta += 1;
        [left, right].concat()
    }
}

/// The processor, with this noise instead of the microphone's sound.
const KNOWN_SOUND: &str = r#"
class KnownSound extends AudioProcessor {
  process(inputs, outputs) {
    this.state ??= 1;
    const next = () => {
      this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
      return (this.state >>> 8) / 2 ** 23 - 1;
    };
    const channel = () => Float32Array.from({ length: outputs[0][0].length }, next);
    const left = channel();
    let right = channel();
    this.quanta ??= 0;
    if (Math.floor(this.quanta++ / 32) % 2 === 1) right = left.map((sample) => -sample);
    // Quanta after the end are not part of the recording.
    return super.process([this.ended ? [] : [left, right]], outputs);
  }
}
registerProcessor("audio-processor", KnownSound);
"#;

/// Sets the rate of audio contexts. It must run before the page's scripts, which keep the
/// constructor.
const CONTEXT_AT_ANY_RATE: &str = "
window.AudioContext = class extends AudioContext {
  constructor(options) {
    super({ ...options, sampleRate: window.contextHz });
  }
};";

/// Rates with whole-number ratios down and up, with an interpolated table, and without a filter.
const RATES_HZ: [u32; 6] = [8_000, 16_000, 44_099, 44_100, 48_000, 96_000];

/// Rendering quanta until the phase of the channels changes: longer than the mixer's switch takes
/// at 96 kHz. [`KNOWN_SOUND`] has the same number.
const QUANTA_OF_A_KIND: u32 = 32;

/// Frames in a rendering quantum of the tested browsers.
const QUANTUM_FRAMES: u64 = 128;

/// Samples to which the last chunk is padded.
const SHORTEST: usize = 800;
