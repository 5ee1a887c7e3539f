//! A sound system of one browser's own: a private PulseAudio with speakers that nobody hears, and a
//! microphone before which a sound is played whenever it is opened.
//!
//! The microphone is the monitor of a null sink, so to a browser it is a capture device like any
//! other: it has a clock of its own, and knows nothing of files.

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

use tokio::{sync::watch, time::timeout};

use inturn_testkit::{OutputLines, ProcessGroup};

use crate::{machine, sound::Sound};

/// It ends with this value.
pub struct SoundSystem {
    server: String,
    folder: PathBuf,
    rate_hz: u32,
    samples: Arc<Mutex<Samples>>,
    listeners: watch::Receiver<usize>,
    _awake: [ProcessGroup; 2],
    watch: Option<ProcessGroup>,
    player: Option<JoinHandle<()>>,
    _daemon: ProcessGroup,
}

/// What is played, at the rate of the devices.
#[derive(Clone)]
struct Samples {
    bytes: Arc<Vec<u8>>,
    repeats: bool,
}

impl SoundSystem {
    /// Starts one, with its files in `folder`, whose devices run at `rate_hz`.
    ///
    /// # Panics
    ///
    /// When PulseAudio is not installed, or does not start.
    pub fn start(folder: &Path, rate_hz: u32, sound: &Sound, repeats: bool) -> Self {
        let daemon = machine::pulseaudio();
        let folder = folder.join("pulse");
        fs::create_dir(&folder).expect("the folder is ours");
        let socket = folder.join("native");
        let script = folder.join("devices.pa");
        fs::write(&script, devices(rate_hz, &socket)).expect("the folder is ours");
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
            // Its words are read below.
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut daemon = ProcessGroup::spawn(&mut command);
        let log = daemon.child.stderr.take().expect("it is piped");
        let started = |line: &str| line.contains("Daemon startup complete").then_some(());
        if let Err(said) = OutputLines::read_until(log, started) {
            panic!("PulseAudio does not start: {said}");
        }

        let server = format!("unix:{}", socket.display());
        let samples = Arc::new(Mutex::new(Samples::new(sound, rate_hz, repeats)));
        let play = Playing {
            server: server.clone(),
            folder: folder.clone(),
            rate_hz,
        };
        // Left alone, a null sink works two seconds ahead, and for so long its monitor is deaf to
        // whoever opens it. Devices are not like that.
        let awake = ["speakers", ROOM].map(|sink| {
            let silence = fs::File::open("/dev/zero").expect("every Unix has it");
            play.start(sink, &["--latency-msec=20"], silence.into())
        });
        let (watch, events) = subscribe(&server, &folder);
        let (heard, listeners) = watch::channel(0);
        let player = Player {
            play,
            samples: Arc::clone(&samples),
            heard,
        };
        let player = thread::spawn(move || player.run(events));
        Self {
            server,
            folder,
            rate_hz,
            samples,
            listeners,
            _awake: awake,
            watch: Some(watch),
            player: Some(player),
            _daemon: daemon,
        }
    }

    /// Plays another sound from the next time the microphone is opened on.
    ///
    /// # Panics
    ///
    /// Never: no player panics while it looks at the sound.
    pub fn set_sound(&self, sound: &Sound) {
        let mut samples = self.samples.lock().expect("no player panics");
        *samples = Samples::new(sound, self.rate_hz, samples.repeats);
    }

    /// Waits until the microphone is open, or until nothing listens to it, as the devices tell.
    ///
    /// # Panics
    ///
    /// When it takes longer than 20 s.
    pub async fn microphone_is(&self, open: bool) {
        let mut listeners = self.listeners.clone();
        let told = listeners.wait_for(|&count| (count > 0) == open);
        timeout(PATIENCE, told)
            .await
            .unwrap_or_else(|_| panic!("the microphone's device: open should be {open}"))
            .expect("the player runs while this does");
    }

    /// The variables that lead a program to it, and to no other.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        environment(&self.server, &self.folder)
    }
}

impl Drop for SoundSystem {
    fn drop(&mut self) {
        // Its end is the end of the player's events.
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

/// The variables under which a program finds no sound at all, on a machine that has some too.
///
/// # Panics
///
/// When `folder` can't be written to.
pub fn no_sound(folder: &Path) -> Vec<(&'static str, String)> {
    let folder = folder.join("silence");
    fs::create_dir(&folder).expect("the folder is ours");
    let nobody = format!("unix:{}", folder.join("nobody").display());
    environment(&nobody, &folder)
}

fn environment(server: &str, folder: &Path) -> Vec<(&'static str, String)> {
    let runtime = folder.join("runtime");
    fs::create_dir_all(&runtime).expect("the folder is ours");
    // Without PulseAudio, browsers look for ALSA's devices.
    let alsa = folder.join("asound.conf");
    fs::write(&alsa, "").expect("the folder is ours");
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    vec![
        ("PULSE_SERVER", server.to_owned()),
        ("XDG_RUNTIME_DIR", text(runtime)),
        ("ALSA_CONFIG_PATH", text(alsa)),
    ]
}

/// Keeps the daemon and its clients from a person's own settings and running daemon.
fn private(folder: &Path) -> Vec<(&'static str, &Path)> {
    vec![
        ("HOME", folder),
        ("XDG_CONFIG_HOME", folder),
        ("XDG_RUNTIME_DIR", folder),
        ("PULSE_RUNTIME_PATH", folder),
    ]
}

/// What the daemon is told to do at its start. Without rewinds a sink never plays a moment anew:
/// its monitor would hear it twice. Chromium counts no monitor as a microphone, and looks for none
/// when it finds nothing else; for it there is a second name of the same.
fn devices(rate_hz: u32, socket: &Path) -> String {
    format!(
        "load-module module-null-sink sink_name=speakers rate={rate_hz} channels=2 format=s16le
         load-module module-null-sink sink_name={ROOM} rate={rate_hz} channels=1 format=s16le norewinds=1
         load-module module-remap-source source_name=microphone master={ROOM}.monitor
         set-default-sink speakers
         set-default-source microphone
         load-module module-native-protocol-unix auth-anonymous=1 socket={}
        ",
        socket.display()
    )
}

/// Has the daemon tell what is opened and closed.
fn subscribe(server: &str, folder: &Path) -> (ProcessGroup, BufReader<ChildStdout>) {
    let mut command = Command::new(machine::pactl());
    command
        .args(["--server", server, "subscribe"])
        .envs(private(folder))
        // Its words are read below.
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut watch = ProcessGroup::spawn(&mut command);
    let events = watch.child.stdout.take().expect("it is piped");
    (watch, BufReader::new(events))
}

/// Plays the sound from the moment the microphone is opened until it is closed.
struct Player {
    play: Playing,
    samples: Arc<Mutex<Samples>>,
    heard: watch::Sender<usize>,
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
            self.heard.send_replace(listeners.len());
            if listeners.is_empty() {
                playing = None;
            } else if playing.is_none() {
                playing = Some(self.play());
            }
        }
    }

    fn play(&self) -> ProcessGroup {
        let mut program = self.play.start(ROOM, &[], Stdio::piped());
        let mut input = program.child.stdin.take().expect("it is piped");
        let samples = self.samples.lock().expect("no test panics here").clone();
        // It takes what it can play in the next two seconds, and ends with an error when the
        // player's end closes its pipe.
        thread::spawn(
            move || {
                while input.write_all(&samples.bytes).is_ok() && samples.repeats {}
            },
        );
        program
    }
}

/// How samples are played.
struct Playing {
    server: String,
    folder: PathBuf,
    rate_hz: u32,
}

impl Playing {
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

/// `("new", 3)` from `Event 'new' on source-output #3`.
fn listener_in(line: &str) -> Option<(&str, u32)> {
    let (event, place) = line.strip_prefix("Event '")?.split_once("' on ")?;
    let number = place.strip_prefix("source-output #")?.trim().parse().ok()?;
    Some((event, number))
}

/// The sink that is played to, and whose monitor is the microphone.
const ROOM: &str = "room";

/// Longer than anything here takes, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_of_the_microphone_are_heard() {
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
