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
}

/// A server, a service behind a relay, and a browser with the tap in it.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) relay: Relay,
    pub(super) browser: Browser,
}

impl Scene {
    pub(super) async fn open(client: &Path, chunk_ms: u32) -> anyhow::Result<Self> {
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
        let browser = Browser::open(&Microphone::Plays(clicks::sound(1.0))).await;
        browser.before_each_page(include_str!("tap.js")).await;
        Ok(Self {
            stage,
            relay,
            browser,
        })
    }

    /// Returns the time of the system's monotonic clock at which the page's clock was zero.
    pub(super) async fn page_zero_ms(&self) -> anyhow::Result<f64> {
        self.browser
            .devtools("Performance.enable", serde_json::json!({}))
            .await;
        let metrics = self
            .browser
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
}

/// Script with many different words, so that successive turns differ.
const WORDS: &str = "amber basket copper dancer ember falcon garden harbor island jungle kettle \
                     lantern marble needle orchid pepper quartz ribbon saddle timber umber velvet \
                     walnut yellow zephyr anchor button candle donkey engine feather ginger hammer";
