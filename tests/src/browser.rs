//! Real browsers, with a choice of microphones.

mod chromium;
mod driver;
mod end;
mod firefox;
mod launch;
mod suspend;
mod wait;
mod webkit;

use std::time::Duration;

use inturn_testkit::ProcessGroup;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{TimeoutConfiguration, WebDriver};

pub(crate) use self::end::{forget_ends, last_end_ms};
pub use self::{chromium::FILE_HZ, launch::Microphone};
use self::{
    driver::Driver,
    end::EndMark,
    launch::{Launch, SoundSource},
};
use crate::{pulse::SoundSystem, sound::Sound};

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, by chromedriver. Its microphone is a file.
    Chromium,
    /// Firefox, by geckodriver. Its microphone is a capture device of a private sound system.
    Firefox,
    /// WebKitGTK's MiniBrowser, by WebKitWebDriver. Its microphone is like Firefox's, or WebKit's
    /// mock.
    WebKit,
}

impl Engine {
    /// Returns the rate of the microphone that [`Microphone::Plays`] a sound. A sound at another
    /// rate would be resampled.
    pub fn microphone_hz(self) -> u32 {
        match self {
            Self::Chromium => chromium::FILE_HZ,
            Self::Firefox => firefox::DEVICE_HZ,
            Self::WebKit => webkit::DEVICE_HZ,
        }
    }
}

/// A running browser with a fresh profile, killed on drop (also if a test panics).
pub struct Browser {
    /// The WebDriver session.
    pub driver: WebDriver,
    /// The engine.
    pub engine: Engine,
    // Fields are dropped in this order: first the time is noted, then the driver's process group is
    // ended, then the sound system, then their files.
    _end: EndMark,
    process: Driver,
    sound_source: SoundSource,
    _screen: Option<ProcessGroup>,
    folder: TempDir,
}

impl Browser {
    /// Starts Chromium, in which all behaviour is tested.
    ///
    /// # Panics
    ///
    /// If it can't be started.
    pub async fn open(microphone: &Microphone) -> Self {
        Self::open_in(Engine::Chromium, microphone).await
    }

    /// Starts Chromium with additional command-line flags.
    ///
    /// # Panics
    ///
    /// If it can't be started.
    pub async fn open_with(microphone: &Microphone, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let launch = chromium::launch(microphone, folder.path(), flags);
        Self::begin(Engine::Chromium, launch, folder).await
    }

    /// Starts a browser.
    ///
    /// # Panics
    ///
    /// If it can't be started.
    pub async fn open_in(engine: Engine, microphone: &Microphone) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::open_in_folder(engine, microphone, folder).await
    }

    /// Kills all processes of the browser, and starts it again with the same profile.
    ///
    /// # Panics
    ///
    /// If it can't be started.
    pub async fn kill_and_restart(self, microphone: &Microphone) -> Self {
        let Self {
            engine,
            process,
            folder,
            ..
        } = self;
        // Kills the process group.
        drop(process);
        Self::open_in_folder(engine, microphone, folder).await
    }

    async fn open_in_folder(engine: Engine, microphone: &Microphone, folder: TempDir) -> Self {
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
            sound_source,
            screen,
        } = launch;
        let driver = WebDriver::new(process.url(), wanted)
            .await
            .unwrap_or_else(|error| {
                let output = process.output().join("\n");
                panic!("{engine:?} can't be started: {error}\n{output}")
            });
        // Dropping `driver` would wait for a reply of a process that has been killed.
        driver.clone().leak().expect("the session has been created");
        let timeouts = TimeoutConfiguration::new(Some(SCRIPT_TIMEOUT), None, None);
        driver
            .update_timeouts(timeouts)
            .await
            .expect("the browser responds");
        let browser = Self {
            driver,
            engine,
            _end: EndMark,
            process,
            sound_source,
            _screen: screen,
            folder,
        };
        if engine == Engine::Chromium {
            browser.before_each_page(WATCH).await;
        }
        browser
    }

    /// Sets the sound that the microphone plays when it is opened next.
    ///
    /// # Panics
    ///
    /// If the browser was opened without a sound.
    pub fn set_sound(&self, sound: &Sound) {
        match &self.sound_source {
            SoundSource::File => chromium::write(sound, self.folder.path()),
            SoundSource::Device(system) => system.set_sound(sound),
            SoundSource::Nothing => {
                panic!("the microphone of this browser plays no sound of the test")
            }
        }
    }

    /// Waits until the browser's capture device is open, or closed.
    ///
    /// # Panics
    ///
    /// On timeout, or if the browser has no capture device.
    pub async fn device_is_open(&self, open: bool) {
        self.sound_system().microphone_is(open).await;
    }

    /// Returns the sound system with the browser's capture device.
    ///
    /// # Panics
    ///
    /// If the browser has no capture device.
    pub fn sound_system(&self) -> &SoundSystem {
        let SoundSource::Device(system) = &self.sound_source else {
            panic!("this browser has no capture device");
        };
        system
    }

    /// Opens a URL and waits until it is loaded.
    ///
    /// # Panics
    ///
    /// If the browser doesn't respond.
    pub async fn go_to(&self, url: &str) {
        self.driver
            .goto(url)
            .await
            .expect("the browser loads the page");
        self.watch().await;
    }

    /// Goes back in the history.
    ///
    /// # Panics
    ///
    /// If the browser doesn't respond.
    pub async fn back(&self) {
        self.driver.back().await.expect("the browser can go back");
        self.watch().await;
    }

    /// Installs [`WATCH`] in Firefox and WebKit, whose drivers can't run a script before the
    /// page's. This is early enough: no microphone is opened before a click.
    async fn watch(&self) {
        if self.engine != Engine::Chromium {
            let watch =
                format!("(() => {{ if (window.MediaDevices && !window.watch) {{ {WATCH} }} }})()");
            self.value::<()>(&watch).await;
        }
    }

    /// Opens an empty tab and selects it.
    ///
    /// # Panics
    ///
    /// If the browser doesn't respond.
    pub async fn open_tab(&self) {
        let opened = async {
            let tab = self.driver.new_tab().await?;
            self.driver.switch_to_window(tab).await
        };
        opened.await.expect("the browser opens a tab");
        if self.engine == Engine::Chromium {
            self.before_each_page(WATCH).await;
        }
    }

    /// Runs a script before the page's scripts in each document from now on. Chromium only.
    ///
    /// # Panics
    ///
    /// If the browser doesn't respond.
    pub async fn before_each_page(&self, script: &str) {
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        )
        .await;
    }

    /// Calls a command of the Chrome DevTools Protocol.
    ///
    /// # Panics
    ///
    /// If the browser returns an error.
    pub async fn devtools(&self, method: &str, params: Value) -> Value {
        let answered = self.driver.cdp().send_raw(method, params).await;
        answered.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sets the answer to the permission prompt for the microphone. Chromium only.
    ///
    /// # Panics
    ///
    /// If the browser doesn't respond.
    pub async fn answer_prompt(&self, allowed: bool) {
        let setting = if allowed { "granted" } else { "denied" };
        let params = json!({ "permission": { "name": "microphone" }, "setting": setting });
        self.devtools("Browser.setPermission", params).await;
    }

    /// Evaluates a JavaScript expression and awaits promises.
    ///
    /// # Panics
    ///
    /// If it throws, or if the value has another type.
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

    /// Hides the page and waits until it reports that.
    ///
    /// # Panics
    ///
    /// If the page stays visible.
    pub async fn hide(&self) -> Hidden {
        let tab = match self.engine {
            Engine::Chromium => {
                let foreground = json!({ "url": "about:blank", "background": false });
                self.devtools("Target.createTarget", foreground).await
            }
            // If the driver switched to another tab, it could not run scripts in this one while
            // hidden.
            Engine::Firefox => self.value("void (window.front = window.open())").await,
            // New tabs open in the background, so the window is minimized instead.
            Engine::WebKit => {
                let minimized = self.driver.minimize_window().await;
                minimized.expect("the window can be minimized");
                Value::Null
            }
        };
        self.wait_for("document.hidden").await;
        Hidden(tab)
    }

    /// Shows the page again and waits until it reports that.
    ///
    /// # Panics
    ///
    /// If the page stays hidden.
    pub async fn show(&self, Hidden(tab): Hidden) {
        match self.engine {
            Engine::Chromium => {
                self.devtools("Target.closeTarget", tab).await;
            }
            Engine::Firefox => self.value("window.front.close()").await,
            Engine::WebKit => {
                let restored = self.driver.set_window_rect(0, 0, 1000, 800).await;
                restored.expect("the window can be restored");
            }
        }
        self.wait_for("!document.hidden").await;
    }

    /// Returns the console messages since the last call, of the page and its workers, of all
    /// levels.
    ///
    /// # Panics
    ///
    /// If the browser doesn't respond.
    pub async fn console(&self) -> Vec<String> {
        if self.engine != Engine::Chromium {
            return self.process.output();
        }
        let entries = self
            .driver
            .browser_log()
            .await
            .expect("the browser returns its log");
        entries
            .into_iter()
            .map(|entry| format!("{}: {}", entry.level, entry.message))
            .collect()
    }
}

/// A hidden page, to be passed to [`Browser::show`].
#[must_use]
pub struct Hidden(Value);

/// Records the use of the microphone in `window.watch`.
const WATCH: &str = "
    window.watch = { streams: [], openedAt: null, stoppedAt: null, rateHz: null, context: null };
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
    const createSource = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        window.watch.rateHz = this.sampleRate;
        window.watch.context = this;
        return createSource.call(this, stream);
    };
    window.watch.microphoneIsOn = () => window.watch.streams.some(
        (stream) => stream.getTracks().some((track) => track.readyState === 'live'));
";

/// Timeout of scripts: longer than any wait in a page.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(300);

/// Timeout of most waits: longer than needed even on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
