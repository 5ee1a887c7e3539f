//! Private sound servers, with an output whose sound can be recorded.

use std::{
    env,
    fs::{self, File},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

/// A sound server with the output `speakers`. Dropping it ends it.
///
/// Its programs are those of the variables `INTURN_PULSEAUDIO`, `INTURN_PACTL` and `INTURN_PACAT`,
/// or those on `PATH`.
#[derive(Debug)]
pub struct SoundServer {
    folder: TempDir,
    processes: Vec<Child>,
}

impl SoundServer {
    /// Starts PulseAudio.
    ///
    /// # Panics
    ///
    /// Panics if it is not installed, or doesn't answer within a minute.
    pub async fn pulseaudio() -> Self {
        let mut server = Self::new();
        let socket = server.socket();
        let protocol = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        let sink = format!("module-null-sink {SPEAKERS}");
        server.spawn(
            "pulseaudio",
            &[
                "-n",
                "--daemonize=no",
                "--use-pid-file=no",
                "--exit-idle-time=-1",
                "--log-level=info",
                "-L",
                &sink,
                "-L",
                &protocol,
            ],
        );
        server.wait_until_it_answers().await;
        server
    }

    /// Starts PipeWire, with the server that speaks PulseAudio's protocol.
    ///
    /// # Panics
    ///
    /// As [`pulseaudio`](Self::pulseaudio).
    pub async fn pipewire() -> Self {
        let mut server = Self::new();
        server.spawn("pipewire", NO_ARGUMENTS);
        server.wait_for_file("pipewire-0").await;
        // Connects streams to devices. It ends with PipeWire, and its bus with it.
        let mut manager = server.logged("dbus-run-session");
        manager.args(["--", "wireplumber"]).kill_on_drop(false);
        drop(
            manager.spawn().expect(
                "dbus-run-session of the package dbus-daemon: `cargo xtask test` installs it",
            ),
        );
        server.spawn("pipewire-pulse", NO_ARGUMENTS);
        server.wait_until_it_answers().await;
        let mut sink = vec!["load-module", "module-null-sink"];
        sink.extend(SPEAKERS.split(' '));
        server.pactl(&sink).await;
        // The manager has taken over when there is a default output.
        let has_default = async {
            while server.pactl(&["get-default-sink"]).await != "speakers" {
                sleep(POLL).await;
            }
        };
        if timeout(DEADLINE, has_default).await.is_err() {
            panic!("PipeWire has no default output: {}", server.log());
        }
        server
    }

    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("pulse")).expect("a folder");
        Self {
            folder,
            processes: Vec::new(),
        }
    }

    fn spawn(&mut self, name: &str, arguments: &[&str]) {
        let child = self.logged(name).args(arguments).spawn();
        let child = child.unwrap_or_else(|error| {
            panic!("{name} doesn't start ({error}): `cargo xtask test` installs it")
        });
        self.processes.push(child);
    }

    /// A command whose output goes to the log.
    fn logged(&self, name: &str) -> Command {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path());
        let log = log.expect("a log");
        let mut command = self.command(name);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        command
    }

    /// A command whose sound server is this one. Dropping its process ends it.
    pub fn command(&self, program: &str) -> Command {
        let variable = format!("INTURN_{}", program.to_uppercase());
        let named = env::var_os(variable).filter(|value| !value.is_empty());
        let mut command = Command::new(named.unwrap_or_else(|| program.into()));
        command
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("PULSE_SERVER", format!("unix:{}", self.socket().display()))
            .env("LC_ALL", "C")
            .env_remove("DISPLAY")
            .kill_on_drop(true);
        command
    }

    async fn wait_until_it_answers(&self) {
        let answers = async {
            while !self.pactl_succeeds(&["info"]).await {
                sleep(POLL).await;
            }
        };
        if timeout(DEADLINE, answers).await.is_err() {
            panic!("the sound server doesn't answer: {}", self.log());
        }
    }

    async fn wait_for_file(&self, name: &str) {
        let path = self.folder.path().join(name);
        let exists = async {
            while !path.exists() {
                sleep(POLL).await;
            }
        };
        if timeout(DEADLINE, exists).await.is_err() {
            panic!("there is no {name}: {}", self.log());
        }
    }

    async fn pactl_succeeds(&self, arguments: &[&str]) -> bool {
        let output = self.command("pactl").args(arguments).output().await;
        output
            .expect("pactl of the package pulseaudio-utils: `cargo xtask test` installs it")
            .status
            .success()
    }

    /// Runs pactl, and returns what it prints.
    ///
    /// # Panics
    ///
    /// Panics if it fails.
    pub async fn pactl(&self, arguments: &[&str]) -> String {
        let output = self.command("pactl").args(arguments).output().await;
        let output =
            output.expect("pactl of the package pulseaudio-utils: `cargo xtask test` installs it");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "pactl {arguments:?}: {errors}");
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .into()
    }

    /// Plays stereo samples of 48 kHz on the speakers, after half a second of silence: a server
    /// rewinds its output when a player starts, and monitors miss what it had already passed on.
    ///
    /// # Panics
    ///
    /// Panics if pacat is not installed.
    pub fn play(&self, samples: &[i16]) -> Child {
        let path = self.folder.path().join("played.raw");
        let mut bytes = vec![0; 2 * 48_000];
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        fs::write(&path, bytes).expect("a file");
        self.command("pacat")
            .args(["--playback", "--raw", "--rate=48000", "--channels=2"])
            .args(["--format=s16le", "--device=speakers"])
            .arg(&path)
            .spawn()
            .expect("pacat of the package pulseaudio-utils: `cargo xtask test` installs it")
    }

    /// The socket of its PulseAudio protocol.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("pulse/native")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Ends the server.
    ///
    /// # Panics
    ///
    /// Panics if the system refuses to end it.
    pub async fn end(mut self) {
        for process in &mut self.processes {
            process.kill().await.expect("it ends");
        }
    }
}

/// The output that all tests have.
const SPEAKERS: &str =
    "sink_name=speakers rate=48000 channels=2 sink_properties=device.description=Speakers";
const NO_ARGUMENTS: &[&str] = &[];
const POLL: Duration = Duration::from_millis(20);
/// Not an expectation: a limit for broken tests.
const DEADLINE: Duration = Duration::from_secs(60);
