//! A click on Record needs no request before sound is captured: what is said meanwhile would be
//! lost.
//!
//! The network is stalled during the click. So any request that stands in the way would stop the
//! recording, no matter how long a round trip takes.

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    network::{Network, Speed},
    page::Page,
    proxy::Proxy,
    signal,
    sound::Sound,
    stage::Setting,
    tap::{self, TappedClient},
};

use crate::support::for_engines;

for_engines!(sound_is_captured_without_any_request: Chromium, Firefox, WebKit);

async fn sound_is_captured_without_any_request(engine: Engine) {
    let client = TappedClient::copy();
    let stage = Setting::new()
        .exact()
        .with_client(client.dir())
        .open()
        .await;
    let proxy = Proxy::start(&stage.url, PREFIX).await;
    let network = Network::new();
    let relay = network.relay();
    let (address, _) = proxy.url.split_at(proxy.url.len() - PREFIX.len());
    relay.set_target(address);
    let microphone_hz = engine.microphone_hz();
    let sound = Sound::silence(microphone_hz, 0.5).then(&Sound::noise(microphone_hz, 6_000, 30.0));
    let browser = Browser::open_in(engine, &Microphone::Plays(sound.clone())).await;
    let page = Page::load(browser, &format!("{}{PREFIX}", relay.url)).await;

    // The second recording has a graph of its own.
    for count in 1..=2 {
        let is_loaded = format!("window.worklets === {count}");
        page.browser.wait_for(&is_loaded).await;
        let before = proxy.exchanges().len();
        network.set(Speed::Stalled);
        page.browser
            .value::<()>("void (window.tap = undefined)")
            .await;
        page.click().await;
        // More than a second, of which a part is the device's own start.
        let is_captured = format!(
            "window.tap && window.tap.parts.reduce((sum, it) => sum + it.length, 0)
                > {CAPTURED_SECS} * window.tap.rate_hz"
        );
        page.browser.wait_for(&is_captured).await;
        network.set(Speed::Free);
        page.wait_for_state("listening").await;
        page.stop().await;
        assert_eq!(page.problem().await, None);

        let log = stage.closed_session(count).await;
        assert!(log.terminated && log.error.is_none(), "{log:?}");
        let (received, captured) = (stage.recording(&log), tap::captured(&page).await);
        let what = format!("{engine:?}, recording {count}");
        match engine {
            Engine::Chromium => {
                tap::assert_copied(&received, &captured, &what);
                assert_begins_like_the_file(&received, &sound);
            }
            Engine::Firefox => {
                tap::assert_copied(&received, &captured, &what);
            }
            // Its buffers may lose sound before one of the two worklets.
            Engine::WebKit => tap::assert_as_long(&received, &captured, &what),
        }
        let requested: Vec<String> = proxy.exchanges()[before..]
            .iter()
            .map(|it| it.path.trim_start_matches(PREFIX).to_owned())
            // The second module may be loading. No recording waits for it.
            .filter(|it| !it.contains("documents") && it != "config")
            .collect();
        assert_eq!(requested.first().map(String::as_str), Some("token"));
        // The third is for the next recording.
        let worklets = requested.iter().filter(|it| *it == "audio-processor.js");
        assert!(worklets.count() <= 1, "{requested:?}");
    }
}

/// Asserts that nothing is missing at the beginning. Chromium plays the file from its beginning
/// each time its microphone is opened.
fn assert_begins_like_the_file(received: &Sound, file: &Sound) {
    let audible = signal::audible(received);
    let edge = received.rate_hz as usize / 200;
    let within = audible.start + edge..audible.end.saturating_sub(edge);
    let found = signal::locate(received, within, file).expect("the file was received");
    println!(
        "the recording begins {:.3} s after the file",
        found.start_secs
    );
    assert!(found.start_secs.abs() < DEVICE_START_SECS, "{found:?}");
}

const PREFIX: &str = "/scribe/";

/// Longer than a device needs to start, and than a round trip on any network that can transcribe.
const CAPTURED_SECS: f64 = 1.5;

/// Chromium loses the first blocks of a microphone, 10 ms each; more of them on a busy machine.
const DEVICE_START_SECS: f64 = 0.25;
