//! What a browser captured from a true device is what the service receives, each sample once.
//!
//! The browsers' own capture loses and fills in samples when the machine is busy, so what was
//! captured is taken from a tap in the page's own graph.

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
    support::played_in,
};

played_in!(each_device_rate_arrives_whole: Chromium, Firefox);
played_in!(a_stalled_page_costs_no_sample: Firefox);
played_in!(half_a_minute_in_a_hidden_page_costs_no_sample: Chromium, Firefox);
played_in!(a_service_that_is_late_costs_no_sample: Firefox);

async fn each_device_rate_arrives_whole(engine: Engine) {
    let client = TappedClient::copy();
    let stage = Setting::new().with_client(client.dir()).open().await;
    for (index, rate_hz) in RATES_HZ.into_iter().enumerate() {
        let context_hz =
            record_a_copy(engine, &stage, index + 1, rate_hz, While::Undisturbed).await;
        let expected_hz = match engine {
            // Without a screen its speakers are its own, at this rate: it resamples what it captures.
            Engine::Chromium => engine.microphone_hz(),
            Engine::Firefox | Engine::WebKit => rate_hz,
        };
        assert_eq!(context_hz, expected_hz, "{engine:?}, {rate_hz} Hz");
    }
}

async fn a_stalled_page_costs_no_sample(engine: Engine) {
    record_one(engine, While::Stalled).await;
}

async fn half_a_minute_in_a_hidden_page_costs_no_sample(engine: Engine) {
    record_one(engine, While::Hidden).await;
}

async fn a_service_that_is_late_costs_no_sample(engine: Engine) {
    record_one(engine, While::Waiting).await;
}

async fn record_one(engine: Engine, meanwhile: While) {
    let client = TappedClient::copy();
    let stage = Setting::new().with_client(client.dir()).open().await;
    if meanwhile == While::Waiting {
        stage.set_faults(&json!([{ "fault": "slow_begin", "ms": 2_000 }]));
    }
    record_a_copy(engine, &stage, 1, 48_000, meanwhile).await;
}

/// Records noise at a device's rate, and gives the rate of the context.
async fn record_a_copy(
    engine: Engine,
    stage: &Stage,
    count: usize,
    rate_hz: u32,
    meanwhile: While,
) -> u32 {
    // Within what the device can carry, and what the service gets.
    let top_hz = (rate_hz / 8 * 3).min(6_000);
    let seconds = match meanwhile {
        // What a browser does to a hidden tab, it does after a while.
        While::Hidden => 30.0,
        While::Undisturbed | While::Stalled | While::Waiting => 3.0,
    };
    let sound = Sound::silence(rate_hz, 0.5).then(&Sound::noise(rate_hz, top_hz, seconds + 6.0));
    let browser = Browser::open_in(engine, &Microphone::Captures(sound, rate_hz)).await;
    let page = Page::load(browser, &stage.url).await;
    tap::set(&page).await;
    let heard = record_while(&page, stage, count, meanwhile, seconds).await;
    let captured = tap::drawn(&page).await;

    let what = format!("{engine:?}, {rate_hz} Hz, {meanwhile:?}");
    let worst = tap::assert_copied(&heard, &captured, &what);
    println!(
        "{engine:?}, {rate_hz} Hz, {meanwhile:?}: {:.1} s, worst agreement {worst:.4}",
        heard.seconds(),
    );
    captured.rate_hz
}

/// Telephone headsets, Bluetooth's wide band, compact discs, most devices, studios.
const RATES_HZ: [u32; 5] = [8_000, 16_000, 44_100, 48_000, 96_000];
