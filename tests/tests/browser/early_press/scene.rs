//! A page that loads as slowly as a test wants.

use std::time::Duration;

use inturn_tests::{
    browser::{Browser, Engine, Microphone},
    network::{Network, Relay},
    page::Page,
    signal,
    sound::Sound,
    stage::{Setting, Stage},
    tap::{self, TappedClient},
};
use serde_json::Value;

/// A page whose module and whose first worklet are loaded only when the test releases them.
pub(super) struct Scene {
    pub(super) page: Page,
    pub(super) stage: Stage,
    sound: Sound,
    _client: TappedClient,
    _relay: Option<Relay>,
}

impl Scene {
    pub(super) async fn open(engine: Engine) -> Self {
        Self::open_with(engine, Setting::new(), "").await
    }

    /// For [`Self::assert_complete`].
    pub(super) async fn open_exact(engine: Engine) -> Self {
        Self::open_with(engine, Setting::new().exact(), "").await
    }

    pub(super) async fn open_with(engine: Engine, setting: Setting, script: &str) -> Self {
        let client = TappedClient::copy_with_early_tap(&format!("{HOLD};{script}"));
        let stage = setting.with_client(client.dir()).open().await;
        let (sound, microphone) = noise(engine);
        let browser = Browser::open_in(engine, &microphone).await;
        let url = stage.url.clone();
        let scene = Self::load(browser, stage, client, &url).await;
        Self { sound, ..scene }
    }

    /// Opens the page in Chromium with this round trip to the server.
    pub(super) async fn open_over(round_trip: Duration) -> Self {
        let network = Network::with_round_trip(round_trip);
        let relay = network.relay();
        let client = TappedClient::copy_with_early_tap(&format!("{HOLD};{NOTE_DELAY}"));
        let stage = Setting::new()
            .exact()
            .with_client(client.dir())
            .open()
            .await;
        relay.set_target(&stage.url);
        let (sound, microphone) = noise(Engine::Chromium);
        let browser = Browser::open(&microphone).await;
        let scene = Self::load(browser, stage, client, &relay.url).await;
        Self {
            sound,
            _relay: Some(relay),
            ..scene
        }
    }

    pub(super) async fn asking() -> Self {
        let client = TappedClient::copy_with_early_tap(HOLD);
        let stage = Setting::new().with_client(client.dir()).open().await;
        let browser = Browser::open(&Microphone::Asks).await;
        let url = stage.url.clone();
        Self::load(browser, stage, client, &url).await
    }

    async fn load(browser: Browser, stage: Stage, client: TappedClient, url: &str) -> Self {
        browser.go_to(url).await;
        let page = Page { browser };
        page.browser
            .wait_for("document.getElementById('record')?.disabled === false")
            .await;
        page.wait_for_state("loading").await;
        Self {
            page,
            stage,
            sound: Sound::silence(16_000, 0.0),
            _client: client,
            _relay: None,
        }
    }

    pub(super) async fn release(&self, what: &str) {
        self.page
            .browser
            .value::<()>(&format!("void window.held.{what}.release()"))
            .await;
    }

    pub(super) async fn fail(&self, what: &str) {
        self.page
            .browser
            .value::<()>(&format!("void window.held.{what}.fail(new Error('gone'))"))
            .await;
    }

    /// Waits until the tap has recorded this many seconds of the microphone.
    pub(super) async fn capture(&self, secs: f64) {
        let captured = format!(
            "window.tap && window.tap.parts.reduce((sum, it) => sum + it.length, 0)
                > {secs} * window.tap.rate_hz"
        );
        self.page.browser.wait_for(&captured).await;
    }

    /// Waits until the worklet has the sound.
    pub(super) async fn wait_until_open(&self) {
        let open = "document.getElementById('status').textContent
            === 'Loading… you can start talking.'";
        self.page.browser.wait_for(open).await;
    }

    pub(super) async fn microphone_is_on(&self) -> bool {
        let live = "window.tap.source.mediaStream.getTracks()
            .some((track) => track.readyState === 'live')";
        self.page.browser.value(live).await
    }

    /// Asserts that the microphone is off, and that its graph is closed.
    pub(super) async fn assert_released(&self) {
        assert!(!self.microphone_is_on().await);
        let exposed = "'inturnMicrophone' in window || 'inturnEarly' in window";
        assert!(!self.page.browser.value::<bool>(exposed).await);
        // A closed context can't be resumed, so it can't run again.
        let closed = "window.contexts.every((it) => it.state !== 'running')";
        self.page.browser.wait_for(closed).await;
    }

    /// Asserts that the service received all that the microphone has heard since it was opened.
    pub(super) async fn assert_complete(&self) {
        assert_eq!(self.page.problem().await, None);
        let log = self.stage.closed_session(1).await;
        assert!(log.terminated && log.error.is_none(), "{log:?}");
        let received = self.stage.recording(&log);
        let captured = tap::captured(&self.page).await;
        match self.page.browser.engine {
            Engine::Chromium => {
                // It plays the file from its beginning each time its microphone is opened.
                let audible = signal::audible(&received);
                let edge = received.rate_hz as usize / 200;
                let within = audible.start + edge..audible.end - edge;
                let found = signal::locate(&received, within, &self.sound);
                let found = found.expect("the file was received");
                assert!(found.start_secs < DEVICE_START_SECS, "{found:?}");
                tap::assert_copied(&received, &captured, "Chromium");
            }
            Engine::Firefox => {
                tap::assert_copied(&received, &captured, "Firefox");
            }
            // Its buffers may lose sound before one of the two worklets.
            Engine::WebKit => tap::assert_as_long(&received, &captured, "WebKit"),
        }
    }

    /// Returns the constraints of all requests for the microphone.
    pub(super) async fn requests(&self) -> Vec<Value> {
        self.page.browser.value("window.requests").await
    }

    /// Returns the texts of the button and the state line.
    pub(super) async fn shown(&self) -> (String, String) {
        let shown =
            "['record-label', 'status'].map((id) => document.getElementById(id).textContent)";
        self.page.browser.value(shown).await
    }
}

/// A sound for the microphone that never repeats itself.
fn noise(engine: Engine) -> (Sound, Microphone) {
    let rate_hz = engine.microphone_hz();
    let sound = Sound::silence(rate_hz, 0.1).then(&Sound::noise(rate_hz, 6_000, 40.0));
    (sound.clone(), Microphone::Plays(sound))
}

/// Makes the module and the first worklet of the page wait for the test. Notes the page's graphs,
/// and its requests for the microphone.
const HOLD: &str = "
    ;((fetch, addModule, open, Context) => {
        const hold = () => {
            const held = {};
            held.promise = new Promise((release, fail) => Object.assign(held, { release, fail }));
            held.promise.catch(() => {});
            return held;
        };
        window.held = { module: hold(), worklet: hold() };
        window.fetch = async (what, ...more) => {
            if (String(what).endsWith('.wasm')) await window.held.module.promise;
            return fetch(what, ...more);
        };
        let count = 0;
        AudioWorklet.prototype.addModule = async function (url) {
            if (url !== 'tap.js' && ++count === 1) await window.held.worklet.promise;
            return addModule.call(this, url);
        };
        window.requests = [];
        MediaDevices.prototype.getUserMedia = function (constraints) {
            window.requests.push(constraints);
            return open.call(this, constraints);
        };
        window.contexts = [];
        window.AudioContext = class extends Context {
            constructor(...all) {
                super(...all);
                window.contexts.push(this);
            }
        };
    })(window.fetch, AudioWorklet.prototype.addModule, MediaDevices.prototype.getUserMedia,
        AudioContext);
";

/// A person's choice, stored before the page's other scripts run.
pub(super) const CHOICE: &str = "localStorage.setItem('inturn.noiseSuppression', 'on');";

/// Notes how late the worklet was.
const NOTE_DELAY: &str = "
    ;((Node) => {
        window.AudioWorkletNode = class extends Node {
            constructor(context, name, options) {
                super(context, name, options);
                const late = options?.processorOptions?.lateFrames;
                if (late) window.lateSecs = late / context.sampleRate;
            }
        };
    })(AudioWorkletNode);
";

/// Lets the test decide when loading takes too long: with `window.expire()`.
pub(super) const LIMIT: &str = "
    ;((setTimeout) => {
        window.setTimeout = (f, ms, ...more) =>
            ms === 60000 ? void (window.expire = f) : setTimeout(f, ms, ...more);
    })(window.setTimeout);
";

/// Counts the requests for the configuration, of which the first is a preload.
pub(super) const CONFIG_REQUESTS: &str = "performance.getEntriesByType('resource')
    .filter((it) => it.name.endsWith('/config')).length";

/// Chromium loses the first blocks of a microphone, 10 ms each; more of them on a busy machine.
const DEVICE_START_SECS: f64 = 0.25;
