//! A private sound system for one browser: a PulseAudio server with virtual speakers, and a
//! microphone that plays a sound whenever it is opened.
//!
//! The microphone is the monitor of a null sink, so a browser sees a normal capture device with its
//! own clock.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use inturn_testkit::{OutputLines, ProcessGroup};
use tokio::{sync::watch, time::timeout};

use crate::{machine, sound::Sound};

/// A running sound system, stopped on drop.
pub struct SoundSystem {
    server: String,
    folder: PathBuf,
    rate_hz: u32,
    samples: Arc<Mutex<Samples>>,
    listeners: watch::Receiver<usize>,
    _silence_players: [ProcessGroup; 2],
    watch: Option<ProcessGroup>,
    player: Option<JoinHandle<()>>,
    _daemon: ProcessGroup,
}

/// The sound to play, at the rate of the devices.
#[derive(Clone)]
struct Samples {
    bytes: Arc<Vec<u8>>,
    repeats: bool,
}

impl SoundSystem {
    /// Starts a sound system with its files in `folder` and devices at `rate_hz`.
    ///
    /// # Panics
    ///
    /// If PulseAudio is not installed, or does not start.
    pub fn start(folder: &Path, rate_hz: u32, sound: &Sound, repeats: bool) -> Self {
        let daemon = machine::pulseaudio();
        let folder = folder.join("pulse");
        fs::create_dir(&folder).expect("the folder is writable");
        let socket = folder.join("native");
        let script = folder.join("devices.pa");
        fs::write(&script, devices(rate_hz, &socket)).expect("the folder is writable");
        let mut command = Command::new(daemon);
        command
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
            ])
            .args(["--disable-shm=yes", "--high-priority=no", "--realtime=no"])
            .args(["--log-target=stderr", "--log-level=info"])
            .arg("--file")
            .arg(&script)
            .envs(private(&folder))
            // The output is parsed below.
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut daemon = ProcessGroup::spawn(&mut command);
        let log = daemon.child.stderr.take().expect("stderr is piped");
        let started = |line: &str| line.contains("Daemon startup complete").then_some(());
        if let Err(output) = OutputLines::read_until(log, started) {
            panic!("PulseAudio does not start: {output}");
        }

        let server = format!("unix:{}", socket.display());
        let samples = Arc::new(Mutex::new(Samples::new(sound, rate_hz, repeats)));
        let play = PlayerCommand {
            server: server.clone(),
            folder: folder.clone(),
            rate_hz,
        };
        // An idle null sink renders two seconds ahead, so its monitor is silent for the first two
        // seconds after it is opened. Real devices are not. Playing silence keeps the sinks active.
        let silence_players = ["speakers", ROOM].map(|sink| {
            let silence = fs::File::open("/dev/zero").expect("/dev/zero exists");
            play.start(sink, &["--latency-msec=20"], silence.into())
        });
        let (watch, events) = subscribe(&server, &folder);
        let (listener_count, listeners) = watch::channel(0);
        let player = Player {
            play,
            samples: Arc::clone(&samples),
            listener_count,
        };
        let player = thread::spawn(move || player.run(events));
        Self {
            server,
            folder,
            rate_hz,
            samples,
            listeners,
            _silence_players: silence_players,
            watch: Some(watch),
            player: Some(player),
            _daemon: daemon,
        }
    }

    /// Sets the sound that is played when the microphone is opened next.
    ///
    /// # Panics
    ///
    /// Never: the player does not panic while it holds the lock.
    pub fn set_sound(&self, sound: &Sound) {
        let mut samples = self
            .samples
            .lock()
            .expect("the player does not panic with the lock");
        *samples = Samples::new(sound, self.rate_hz, samples.repeats);
    }

    /// Waits until PulseAudio reports that the microphone is open, or closed.
    ///
    /// # Panics
    ///
    /// On timeout after 20 s.
    pub async fn microphone_is(&self, open: bool) {
        let mut listeners = self.listeners.clone();
        let changed = listeners.wait_for(|&count| (count > 0) == open);
        timeout(PATIENCE, changed)
            .await
            .unwrap_or_else(|_| {
                panic!("timeout: the microphone's device should have open = {open}")
            })
            .expect("the player thread runs");
    }

    /// Returns variables that make a program use only this sound system.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        environment(&self.server, &self.folder)
    }
}

impl Drop for SoundSystem {
    fn drop(&mut self) {
        // Without this process, the player's events end, and so does its thread.
        self.watch.take();
        if let Some(player) = self.player.take() {
            let _ = player.join();
        }
    }
}

impl Samples {
    fn new(sound: &Sound, rate_hz: u32, repeats: bool) -> Self {
        let samples = sound.at_rate(rate_hz).to_int16();
        let bytes = samples.into_iter().flat_map(i16::to_le_bytes).collect();
        Self {
            bytes: Arc::new(bytes),
            repeats,
        }
    }
}

/// Returns variables under which a program finds no sound system, even if the machine has one.
///
/// # Panics
///
/// If `folder` can't be written to.
pub fn no_sound(folder: &Path) -> Vec<(&'static str, String)> {
    let folder = folder.join("silence");
    fs::create_dir(&folder).expect("the folder is writable");
    let no_server = format!("unix:{}", folder.join("no-server").display());
    environment(&no_server, &folder)
}

fn environment(server: &str, folder: &Path) -> Vec<(&'static str, String)> {
    let runtime = folder.join("runtime");
    fs::create_dir_all(&runtime).expect("the folder is writable");
    // Without PulseAudio, browsers search for ALSA devices.
    let alsa = folder.join("asound.conf");
    fs::write(&alsa, "").expect("the folder is writable");
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    vec![
        ("PULSE_SERVER", server.to_owned()),
        ("XDG_RUNTIME_DIR", text(runtime)),
        ("ALSA_CONFIG_PATH", text(alsa)),
    ]
}

/// Returns variables that keep the daemon and its clients away from the user's settings and daemon.
fn private(folder: &Path) -> Vec<(&'static str, &Path)> {
    vec![
        ("HOME", folder),
        ("XDG_CONFIG_HOME", folder),
        ("XDG_RUNTIME_DIR", folder),
        ("PULSE_RUNTIME_PATH", folder),
    ]
}

/// Returns the daemon's startup commands. `norewinds` keeps the sink from rendering a moment again,
/// which its monitor would record twice. Chromium accepts no monitor as a microphone, and looks for
/// none if a monitor is all there is, so a remap source gives it a second name.
fn devices(rate_hz: u32, socket: &Path) -> String {
    format!(
        "load-module module-null-sink sink_name=speakers rate={rate_hz} channels=2 format=s16le
         load-module module-null-sink sink_name={ROOM} rate={rate_hz} channels=1 format=s16le \
         norewinds=1
         load-module module-remap-source source_name=microphone master={ROOM}.monitor
         set-default-sink speakers
         set-default-source microphone
         load-module module-native-protocol-unix auth-anonymous=1 socket={}
        ",
        socket.display()
    )
}

/// Subscribes to the daemon's events about opened and closed devices.
fn subscribe(server: &str, folder: &Path) -> (ProcessGroup, BufReader<ChildStdout>) {
    let mut command = Command::new(machine::pactl());
    command
        .args(["--server", server, "subscribe"])
        .envs(private(folder))
        // The output is parsed below.
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut watch = ProcessGroup::spawn(&mut command);
    let events = watch.child.stdout.take().expect("stdout is piped");
    (watch, BufReader::new(events))
}

/// Plays the sound from the moment the microphone is opened until it is closed.
struct Player {
    play: PlayerCommand,
    samples: Arc<Mutex<Samples>>,
    listener_count: watch::Sender<usize>,
}

impl Player {
    fn run(&self, events: impl BufRead) {
        let mut listeners = BTreeSet::new();
        let mut playing = None;
        for line in events.lines().map_while(Result::ok) {
            let Some((event, listener)) = listener_in(&line) else {
                continue;
            };
            match event {
                "new" => listeners.insert(listener),
                "remove" => listeners.remove(&listener),
                _ => continue,
            };
            self.listener_count.send_replace(listeners.len());
            if listeners.is_empty() {
                playing = None;
            } else if playing.is_none() {
                playing = Some(self.play());
            }
        }
    }

    fn play(&self) -> ProcessGroup {
        let mut program = self.play.start(ROOM, &[], Stdio::piped());
        let mut input = program.child.stdin.take().expect("stdin is piped");
        let samples = self
            .samples
            .lock()
            .expect("no test panics with the lock")
            .clone();
        // The player reads two seconds ahead. Writing fails when the player exits and the pipe is
        // closed.
        thread::spawn(
            move || {
                while input.write_all(&samples.bytes).is_ok() && samples.repeats {}
            },
        );
        program
    }
}

/// Starts players on a sink.
struct PlayerCommand {
    server: String,
    folder: PathBuf,
    rate_hz: u32,
}

impl PlayerCommand {
    fn start(&self, sink: &str, arguments: &[&str], samples: Stdio) -> ProcessGroup {
        let mut command = Command::new(machine::pacat());
        command
            .args(["--server", &self.server, "--playback", "--raw"])
            .arg(format!("--device={sink}"))
            .arg(format!("--rate={}", self.rate_hz))
            .args(["--channels=1", "--format=s16le"])
            .args(arguments)
            .envs(private(&self.folder))
            .stdin(samples)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        ProcessGroup::spawn(&mut command)
    }
}

/// Parses `Event 'new' on source-output #3` to `("new", 3)`.
fn listener_in(line: &str) -> Option<(&str, u32)> {
    let (event, place) = line.strip_prefix("Event '")?.split_once("' on ")?;
    let number = place.strip_prefix("source-output #")?.trim().parse().ok()?;
    Some((event, number))
}

/// The sink for the sound. Its monitor is the microphone.
const ROOM: &str = "room";

/// Timeout: longer than needed even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_of_the_microphone_are_parsed() {
        for (line, event) in [
            ("Event 'new' on source-output #0", Some(("new", 0))),
            ("Event 'remove' on source-output #12", Some(("remove", 12))),
            ("Event 'new' on sink-input #3", None),
            ("Event 'change' on server", None),
            ("", None),
        ] {
            assert_eq!(listener_in(line), event, "{line:?}");
        }
    }
}
