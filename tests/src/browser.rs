//! Real browsers, each with a microphone of the test's choosing.

mod chromium;
mod driver;
mod firefox;
mod launch;
mod webkit;

use std::time::Duration;

use inturn_testkit::ProcessGroup;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{TimeoutConfiguration, WebDriver};

pub use self::chromium::FILE_HZ;
pub use self::launch::Microphone;
use self::{
    driver::Driver,
    launch::{Hears, Launch},
};
use crate::sound::Sound;

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, by chromedriver. Its microphone is a file.
    Chromium,
    /// Firefox, by geckodriver. Its microphone is a capture device of a sound system of its own.
    Firefox,
    /// WebKitGTK's MiniBrowser, by WebKitWebDriver. Its microphone is as Firefox's, or its own mock.
    WebKit,
}

impl Engine {
    /// The rate of the microphone that [`Microphone::Plays`] a sound: at another one, the sound
    /// would be resampled on its way.
    pub fn microphone_hz(self) -> u32 {
        match self {
            Self::Chromium => chromium::FILE_HZ,
            Self::Firefox => firefox::DEVICE_HZ,
            Self::WebKit => webkit::DEVICE_HZ,
        }
    }
}

/// A browser with a fresh profile. It ends with this value, also when a test panics.
pub struct Browser {
    /// What it is driven with.
    pub driver: WebDriver,
    /// Which one it is.
    pub engine: Engine,
    // In this order: the driver's group is ended before what it plays on, and both before their
    // files.
    process: Driver,
    hears: Hears,
    _screen: Option<ProcessGroup>,
    folder: TempDir,
}

impl Browser {
    /// Starts Chromium, in which every behaviour is tested.
    ///
    /// # Panics
    ///
    /// When it can't be started.
    pub async fn open(microphone: &Microphone) -> Self {
        Self::open_in(Engine::Chromium, microphone).await
    }

    /// Starts Chromium with more flags on its command line.
    ///
    /// # Panics
    ///
    /// When it can't be started.
    pub async fn open_with(microphone: &Microphone, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let launch = chromium::launch(microphone, folder.path(), flags);
        Self::begin(Engine::Chromium, launch, folder).await
    }

    /// Starts a browser.
    ///
    /// # Panics
    ///
    /// When it can't be started.
    pub async fn open_in(engine: Engine, microphone: &Microphone) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let launch = match engine {
            Engine::Chromium => chromium::launch(microphone, folder.path(), &[]),
            Engine::Firefox => firefox::launch(microphone, folder.path()),
            Engine::WebKit => webkit::launch(microphone, folder.path()),
        };
        Self::begin(engine, launch, folder).await
    }

    async fn begin(engine: Engine, launch: Launch, folder: TempDir) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Launch {
            process,
            wanted,
            hears,
            screen,
        } = launch;
        let driver = WebDriver::new(process.url(), wanted)
            .await
            .unwrap_or_else(|error| {
                let said = process.said().join("\n");
                panic!("{engine:?} can't be started: {error}\n{said}")
            });
        // A drop of `driver` would wait for an answer from a program that has been ended.
        driver.clone().leak().expect("the session has just begun");
        let timeouts = TimeoutConfiguration::new(Some(SCRIPT_TIMEOUT), None, None);
        driver
            .update_timeouts(timeouts)
            .await
            .expect("the browser answers");
        let browser = Self {
            driver,
            engine,
            process,
            hears,
            _screen: screen,
            folder,
        };
        if engine == Engine::Chromium {
            browser.before_each_page(WATCH).await;
        }
        browser
    }

    /// Puts another sound before the microphone, from the next time it is opened on.
    ///
    /// # Panics
    ///
    /// When the browser was opened without one.
    pub fn set_sound(&self, sound: &Sound) {
        match &self.hears {
            Hears::File => chromium::write(sound, self.folder.path()),
            Hears::Device(system) => system.set_sound(sound),
            Hears::Nothing => panic!("this browser hears nothing that could be changed"),
        }
    }

    /// Waits until the device that this browser hears through is open, or is free again.
    ///
    /// # Panics
    ///
    /// When it isn't in time, or there is no such device.
    pub async fn device_is_open(&self, open: bool) {
        let Hears::Device(system) = &self.hears else {
            panic!("this browser hears through no device");
        };
        system.microphone_is(open).await;
    }

    /// Opens an address and waits until it is loaded.
    ///
    /// # Panics
    ///
    /// When the browser doesn't answer.
    pub async fn go_to(&self, url: &str) {
        self.driver
            .goto(url)
            .await
            .expect("the browser loads the page");
        self.watch().await;
    }

    /// Goes back to the page before.
    ///
    /// # Panics
    ///
    /// When the browser doesn't answer.
    pub async fn back(&self) {
        self.driver.back().await.expect("the browser can go back");
        self.watch().await;
    }

    /// These drivers run nothing before the page does; but nothing opens a microphone before somebody
    /// clicks.
    async fn watch(&self) {
        if self.engine != Engine::Chromium {
            let watch =
                format!("(() => {{ if (window.MediaDevices && !window.watch) {{ {WATCH} }} }})()");
            self.value::<()>(&watch).await;
        }
    }

    /// Runs a script before any of the page's own, in every document from now on. In Chromium only.
    ///
    /// # Panics
    ///
    /// When the browser doesn't answer.
    pub async fn before_each_page(&self, script: &str) {
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        )
        .await;
    }

    /// Calls a command of Chromium's own protocol.
    ///
    /// # Panics
    ///
    /// When the browser refuses it.
    pub async fn devtools(&self, method: &str, params: Value) -> Value {
        let answered = self.driver.cdp().send_raw(method, params).await;
        answered.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Gives a person's answer to the question for the microphone, in advance. In Chromium only.
    ///
    /// # Panics
    ///
    /// When the browser doesn't answer.
    pub async fn answer_prompt(&self, allowed: bool) {
        let setting = if allowed { "granted" } else { "denied" };
        let params = json!({ "permission": { "name": "microphone" }, "setting": setting });
        self.devtools("Browser.setPermission", params).await;
    }

    /// The value of a JavaScript expression; promises are awaited.
    ///
    /// # Panics
    ///
    /// When it throws, or gives something else.
    pub async fn value<T: DeserializeOwned>(&self, expression: &str) -> T {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             Promise.resolve().then(() => ({expression})).then(
                 (value) => done({{ value: value === undefined ? null : value }}),
                 (error) => done({{ error: String(error) }}));"
        );
        let answer = self.driver.execute_async(script, Vec::new()).await;
        let mut answer = answer
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
            .json()
            .clone();
        if let Some(error) = answer.get("error") {
            panic!("{expression}: {error}");
        }
        serde_json::from_value(answer["value"].take())
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits, in the page, until a JavaScript expression is true, and gives its value.
    ///
    /// # Panics
    ///
    /// When it is not within [`PATIENCE`]; then with what the page shows.
    pub async fn wait_for(&self, expression: &str) -> Value {
        self.wait_within(PATIENCE, expression).await
    }

    /// As [`Self::wait_for`], with a deadline of its own.
    ///
    /// # Panics
    ///
    /// When the expression is not true in time.
    pub async fn wait_within(&self, patience: Duration, expression: &str) -> Value {
        let waiting = format!(
            "new Promise((resolve, reject) => {{
                 const look = () => {{
                     let value;
                     try {{ value = ({expression}); }} catch (error) {{ end(() => reject(error)); return; }}
                     if (value) end(() => resolve({{ value }}));
                 }};
                 const watch = new MutationObserver(look);
                 const timer = setInterval(look, 50);
                 const deadline = setTimeout(() => end(() => resolve(null)), {});
                 const end = (how) => {{
                     watch.disconnect(); clearInterval(timer); clearTimeout(deadline); how();
                 }};
                 watch.observe(document, {{
                     subtree: true, childList: true, characterData: true, attributes: true }});
                 look();
             }})",
            patience.as_millis()
        );
        let found: Value = self.value(&waiting).await;
        match found {
            Value::Null => {
                let page: String = self.value("document.body.innerText").await;
                let console = self.console().await.join("\n");
                panic!(
                    "not within {patience:?}: {expression}\nThe page:\n{page}\nIts console:\n{console}"
                )
            }
            mut found => found["value"].take(),
        }
    }

    /// Brings another tab to the front and waits until the page knows.
    ///
    /// # Panics
    ///
    /// When the page stays in sight.
    pub async fn hide(&self) -> Hidden {
        let tab = match self.engine {
            Engine::Chromium => {
                let foreground = json!({ "url": "about:blank", "background": false });
                self.devtools("Target.createTarget", foreground).await
            }
            // A driver that goes to another tab could not come back without showing this one.
            Engine::Firefox => self.value("void (window.front = window.open())").await,
            // Its new tabs stay behind; a window that is put away is as hidden.
            Engine::WebKit => {
                let put_away = self.driver.minimize_window().await;
                put_away.expect("the window can be put away");
                Value::Null
            }
        };
        self.wait_for("document.hidden").await;
        Hidden(tab)
    }

    /// Takes the other tab away and waits until the page knows.
    ///
    /// # Panics
    ///
    /// When the page stays hidden.
    pub async fn show(&self, Hidden(tab): Hidden) {
        match self.engine {
            Engine::Chromium => {
                self.devtools("Target.closeTarget", tab).await;
            }
            Engine::Firefox => self.value("window.front.close()").await,
            Engine::WebKit => {
                let brought_back = self.driver.set_window_rect(0, 0, 1000, 800).await;
                brought_back.expect("the window can be brought back");
            }
        }
        self.wait_for("!document.hidden").await;
    }

    /// What the console got since the last call: of the page and of its workers, of every level.
    ///
    /// # Panics
    ///
    /// When the browser doesn't answer.
    pub async fn console(&self) -> Vec<String> {
        if self.engine != Engine::Chromium {
            return self.process.said();
        }
        let entries = self
            .driver
            .browser_log()
            .await
            .expect("the browser keeps a log");
        entries
            .into_iter()
            .map(|entry| format!("{}: {}", entry.level, entry.message))
            .collect()
    }
}

/// A page behind another tab.
#[must_use]
pub struct Hidden(Value);

/// Keeps an eye on the microphone for the test, in `window.watch`.
const WATCH: &str = "
    window.watch = { streams: [], openedAt: null, stoppedAt: null, rateHz: null };
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
        const stream = await open.call(this, constraints);
        window.watch.streams.push(stream);
        window.watch.openedAt = performance.now();
        return stream;
    };
    const stop = MediaStreamTrack.prototype.stop;
    MediaStreamTrack.prototype.stop = function () {
        if (this.readyState === 'live') window.watch.stoppedAt = performance.now();
        return stop.call(this);
    };
    const hear = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        window.watch.rateHz = this.sampleRate;
        return hear.call(this, stream);
    };
    window.watch.microphoneIsOn = () => window.watch.streams.some(
        (stream) => stream.getTracks().some((track) => track.readyState === 'live'));
";

/// Longer than anything here takes, even on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than any wait within a page.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(110);
