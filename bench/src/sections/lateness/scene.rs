//! Setup of a recording: server, relay, service and browser.

use std::path::Path;

use anyhow::Context as _;
use inturn_tests::{
    browser::{Browser, Microphone},
    stage::{Setting, Stage},
};

use super::{clicks, relay::Relay};

/// The measured page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// The page of this repository.
    Page,
    /// A page with the usual structure, `original/`.
    Conventional,
    /// The page of this repository with another way to capture, see `ways.js`.
    Way(&'static str),
}

/// A server, a service behind a relay, and a browser with the tap in it.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) relay: Relay,
    pub(super) browser: Browser,
    /// How much the intervals between clicks may differ from the file's.
    pub(super) tolerance_secs: f64,
}

impl Program {
    /// Returns the URL of the page on this server.
    pub(super) fn url(self, server: &str) -> String {
        match self {
            Self::Page => server.to_owned(),
            Self::Conventional => format!("{server}original.html"),
            Self::Way(options) => format!("{server}?way={}", options.replace(' ', "")),
        }
    }
}

impl Scene {
    /// Opens a scene whose microphone is Chromium's fake device.
    pub(super) async fn open(client: &Path, chunk_ms: u32) -> anyhow::Result<Self> {
        Self::open_with(
            client,
            chunk_ms,
            &Microphone::Plays(clicks::sound(1.0)),
            0.000_2,
        )
        .await
    }

    pub(super) async fn open_with(
        client: &Path,
        chunk_ms: u32,
        microphone: &Microphone,
        tolerance_secs: f64,
    ) -> anyhow::Result<Self> {
        let relay = Relay::start().await?;
        let stage = Setting::new()
            .with_client(client)
            .with_script(WORDS)
            .with_flag("--chunk-ms", &chunk_ms.to_string())
            // This model family sends each word at once, so there are many turns to paint.
            .with_flag("--speech-model", "universal-streaming-english")
            .with_relay(&relay.url)
            .open()
            .await;
        let service = stage.service_url.trim_start_matches("http://");
        relay.set_service(service.parse()?);
        let browser = Browser::open(microphone).await;
        browser
            .before_each_page(include_str!("track_blocks.js"))
            .await;
        browser.before_each_page(include_str!("tap.js")).await;
        Ok(Self {
            stage,
            relay,
            browser,
            tolerance_secs,
        })
    }

    pub(super) async fn page_zero_ms(&self) -> anyhow::Result<f64> {
        page_zero_ms(&self.browser).await
    }
}

/// Returns the time of the system's monotonic clock at which the page's clock was zero.
pub(super) async fn page_zero_ms(browser: &Browser) -> anyhow::Result<f64> {
    browser
        .devtools("Performance.enable", serde_json::json!({}))
        .await;
    let metrics = browser
        .devtools("Performance.getMetrics", serde_json::json!({}))
        .await;
    let start = metrics["metrics"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|metric| metric["name"] == "NavigationStart")
        .and_then(|metric| metric["value"].as_f64())
        .context("the browser reported no NavigationStart")?;
    Ok(start * 1_000.0)
}

/// Script with many different words, so that successive turns differ.
const WORDS: &str = "amber basket copper dancer ember falcon garden harbor island jungle kettle \
                     lantern marble needle orchid pepper quartz ribbon saddle timber umber velvet \
                     walnut yellow zephyr anchor button candle donkey engine feather ginger hammer";
