//! The service receives each sample that a browser captured from a real device once.
//!
//! On a busy machine, browsers lose and insert samples while capturing. So the reference is a tap
//! in the page's audio graph.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    page::Page,
    sound::Sound,
    stage::{Setting, Stage},
    tap::{self, TappedClient},
};
use serde_json::json;

use crate::{
    every_sample::{While, record_while},
    support::for_engines,
};

for_engines!(all_samples_arrive_at_each_device_rate: Chromium, Firefox);
for_engines!(a_stalled_page_loses_no_sample: Firefox);
for_engines!(a_page_hidden_for_half_a_minute_loses_no_sample: Firefox);
for_engines!(a_late_service_loses_no_sample: Firefox);

async fn all_samples_arrive_at_each_device_rate(engine: Engine) {
    let client = TappedClient::copy();
    let stage = Setting::new()
        .exact()
        .with_client(client.dir())
        .open()
        .await;
    for (index, rate_hz) in RATES_HZ.into_iter().enumerate() {
        let context_hz =
            record_a_copy(engine, &stage, index + 1, rate_hz, While::Undisturbed).await;
        let expected_hz = match engine {
            // Headless Chromium has virtual speakers at this rate, and resamples the captured
            // audio.
            Engine::Chromium => engine.microphone_hz(),
            Engine::Firefox | Engine::WebKit => rate_hz,
        };
        assert_eq!(context_hz, expected_hz, "{engine:?}, {rate_hz} Hz");
    }
}

async fn a_stalled_page_loses_no_sample(engine: Engine) {
    record_one(engine, While::Stalled).await;
}

async fn a_page_hidden_for_half_a_minute_loses_no_sample(engine: Engine) {
    record_one(engine, While::Hidden).await;
}

async fn a_late_service_loses_no_sample(engine: Engine) {
    record_one(engine, While::Waiting).await;
}

async fn record_one(engine: Engine, meanwhile: While) {
    let client = TappedClient::copy();
    let stage = Setting::new()
        .exact()
        .with_client(client.dir())
        .open()
        .await;
    if meanwhile == While::Waiting {
        stage.set_faults(&json!([{ "fault": "slow_begin", "ms": 2_000 }]));
    }
    record_a_copy(engine, &stage, 1, 48_000, meanwhile).await;
}

/// Records noise from a device at `rate_hz`. Returns the rate of the audio context.
async fn record_a_copy(
    engine: Engine,
    stage: &Stage,
    count: usize,
    rate_hz: u32,
    meanwhile: While,
) -> u32 {
    // Within the band of the device and of the service.
    let top_hz = (rate_hz / 8 * 3).min(6_000);
    let seconds = match meanwhile {
        // Browsers throttle a hidden tab only after some time.
        While::Hidden => 30.0,
        While::Undisturbed | While::Stalled | While::Waiting => 3.0,
    };
    let sound = Sound::silence(rate_hz, 0.5).then(&Sound::noise(rate_hz, top_hz, seconds + 6.0));
    let browser = Browser::open_in(engine, &Microphone::Captures(sound, rate_hz)).await;
    let page = Page::load(browser, &stage.url).await;
    let received = record_while(&page, stage, count, meanwhile, seconds).await;
    let captured = tap::captured(&page).await;

    let what = format!("{engine:?}, {rate_hz} Hz, {meanwhile:?}");
    let worst = tap::assert_copied(&received, &captured, &what);
    println!(
        "{engine:?}, {rate_hz} Hz, {meanwhile:?}: {:.1} s, worst agreement {worst:.4}",
        received.seconds(),
    );
    captured.rate_hz
}

/// Rates of phone headsets, Bluetooth wideband, CDs, most devices, and studios.
const RATES_HZ: [u32; 5] = [8_000, 16_000, 44_100, 48_000, 96_000];
