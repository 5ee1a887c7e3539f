//! A real Chromium with a microphone of the test's choosing.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, TimeoutConfiguration,
    WebDriver,
};

use crate::{machine, sound::Sound};

/// What the browser hears.
#[derive(Clone, Debug)]
pub enum Microphone {
    /// A sound, once, from the moment the microphone is opened. The person always allows it.
    Plays(Sound),
    /// A sound over and over.
    Repeats(Sound),
    /// There is one that hums, and the person has yet to allow it: see [`Browser::answer_prompt`].
    Asks,
    /// The machine has none.
    Missing,
}

/// A browser with a fresh profile. It ends with this value, also when a test panics.
pub struct Browser {
    /// What it is driven with.
    pub driver: WebDriver,
    // In this order: the driver's group is ended before its files go.
    _process: DriverProcess,
    folder: TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// When it can't be started.
    pub async fn open(microphone: &Microphone) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().expect("a temporary folder");
        if let Microphone::Plays(sound) | Microphone::Repeats(sound) = microphone {
            write(sound, folder.path());
        }
        let (process, port) = DriverProcess::start(folder.path());
        let mut wanted = DesiredCapabilities::chrome();
        for arg in arguments(microphone, folder.path()) {
            wanted.add_arg(&arg).expect("arguments are text");
        }
        let binary = machine::chromium();
        wanted
            .set_binary(&binary.to_string_lossy())
            .and_then(|()| wanted.set_browser_log_level(LoggingPrefsLogLevel::All))
            .expect("capabilities are JSON");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted)
            .await
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", binary.display()));
        // A drop of `driver` would wait for an answer from a program that has been ended.
        driver.clone().leak().expect("the session has just begun");
        let timeouts = TimeoutConfiguration::new(Some(SCRIPT_TIMEOUT), None, None);
        driver
            .update_timeouts(timeouts)
            .await
            .expect("the browser answers");
        let browser = Self {
            driver,
            _process: process,
            folder,
        };
        browser.before_each_page(WATCH).await;
        browser
    }

    /// Puts another sound before the microphone, from the next time it is opened on.
    ///
    /// # Panics
    ///
    /// When the browser was opened without one.
    pub fn set_sound(&self, sound: &Sound) {
        assert!(
            sound_file(self.folder.path()).exists(),
            "this browser hears no file"
        );
        write(sound, self.folder.path());
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
    }

    /// Runs a script before any of the page's own, in every document from now on.
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

    /// Calls a command of the browser's own protocol.
    ///
    /// # Panics
    ///
    /// When the browser refuses it.
    pub async fn devtools(&self, method: &str, params: Value) -> Value {
        let answered = self.driver.cdp().send_raw(method, params).await;
        answered.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Gives a person's answer to the question for the microphone, in advance.
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

    /// What the console got since the last call: of the page and of its workers, of every level.
    ///
    /// # Panics
    ///
    /// When the browser doesn't answer.
    pub async fn console(&self) -> Vec<String> {
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

/// The driver, which leads a process group of its own that its browser joins.
struct DriverProcess(Child);

impl DriverProcess {
    fn start(folder: &Path) -> (Self, u16) {
        let program = machine::chromedriver();
        let mut child = Command::new(&program)
            .arg("--port=0")
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}.", program.display()));
        let output = child.stdout.take().expect("it is piped");
        let process = Self(child);
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            })
            .unwrap_or_else(|| panic!("{} does not tell its port.", program.display()));
        // Read to its end, so that the driver never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        (process, port)
    }
}

impl Drop for DriverProcess {
    fn drop(&mut self) {
        // The whole group, for a driver that is killed leaves its browser behind.
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// At the rate at which Chromium plays a file unchanged.
fn write(sound: &Sound, folder: &Path) {
    let file = sound_file(folder);
    sound
        .at_rate(FILE_HZ)
        .write_wav(&file)
        .expect("the folder is ours");
}

fn sound_file(folder: &Path) -> PathBuf {
    folder.join("sound.wav")
}

fn arguments(microphone: &Microphone, folder: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
    arguments.push(format!(
        "--user-data-dir={}",
        folder.join("profile").display()
    ));
    let file = match microphone {
        Microphone::Plays(_) => Some(format!("{}%noloop", sound_file(folder).display())),
        Microphone::Repeats(_) => Some(sound_file(folder).display().to_string()),
        Microphone::Asks => {
            arguments.push("--use-fake-device-for-media-stream".to_owned());
            None
        }
        Microphone::Missing => None,
    };
    if let Some(file) = file {
        arguments.push("--use-fake-device-for-media-stream".to_owned());
        arguments.push("--use-fake-ui-for-media-stream".to_owned());
        arguments.push(format!("--use-file-for-fake-audio-capture={file}"));
    }
    arguments
}

/// What makes Chromium run without a screen, as root, and without calls of its own.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1000,800",
];

/// Keeps an eye on the microphone for the test, in `window.watch`.
const WATCH: &str = "
    window.watch = { streams: [], openedAt: null, stoppedAt: null };
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
    window.watch.microphoneIsOn = () => window.watch.streams.some(
        (stream) => stream.getTracks().some((track) => track.readyState === 'live'));
";

/// The rate of Chromium's fake device: at another one, a file would be resampled on its way.
pub const FILE_HZ: u32 = 44_100;

/// Longer than anything here takes, even on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than any wait within a page.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(110);
