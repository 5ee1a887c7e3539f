//! A private sound system for one browser: a PulseAudio server with virtual speakers, and a
//! microphone that plays a sound whenever it is opened.
//!
//! The microphone is the monitor of a null sink, so a browser sees a normal capture device with its
//! own clock.

mod control;
mod player;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use inturn_testkit::{OutputLines, ProcessGroup};
use tokio::{sync::watch, time::timeout};

use self::{
    control::{Control, private},
    player::{Playback, Player, Samples},
};
use crate::{machine, priority::Priority, sound::Sound};

/// A running sound system, stopped on drop.
pub struct SoundSystem {
    control: Control,
    folder: PathBuf,
    rate_hz: u32,
    samples: Arc<Mutex<Samples>>,
    listeners: watch::Receiver<usize>,
    _silence_players: [ProcessGroup; 2],
    watch: Option<ProcessGroup>,
    player: Option<JoinHandle<()>>,
    _daemon: ProcessGroup,
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
        if folder.exists() {
            // A browser with the same files was killed.
            fs::remove_dir_all(&folder).expect("the folder is writable");
        }
        fs::create_dir(&folder).expect("the folder is writable");
        let socket = folder.join("native");
        let script = folder.join("devices.pa");
        fs::write(&script, devices(rate_hz, &socket)).expect("the folder is writable");
        let priority = Priority::of_this_test();
        let mut command = priority.command(&daemon);
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

        let control = Control {
            server: format!("unix:{}", socket.display()),
            folder: folder.clone(),
            priority,
        };
        let samples = Arc::new(Mutex::new(Samples::new(sound, rate_hz, repeats)));
        let playback = Playback {
            control: control.clone(),
            rate_hz,
        };
        // An idle null sink renders two seconds ahead, so its monitor is silent for the first two
        // seconds after it is opened. Real devices are not. Playing silence keeps the sinks active.
        let silence_players = ["speakers", ROOM].map(|sink| {
            let silence = fs::File::open("/dev/zero").expect("/dev/zero exists");
            playback.start(sink, &["--latency-msec=20"], silence.into())
        });
        let (watch, events) = control.subscribe();
        let (listener_count, listeners) = watch::channel(0);
        let player = Player {
            playback,
            sink: ROOM,
            samples: Arc::clone(&samples),
            listener_count,
        };
        let player = thread::spawn(move || player.run(events));
        Self {
            control,
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

    /// Removes the microphone from the system, like a headset whose battery is empty.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn disconnect_microphone(&self) {
        self.control.run(&["unload-module", SECOND_NAME]);
    }

    /// Adds the microphone to the system again, as its default.
    ///
    /// # Panics
    ///
    /// If PulseAudio does not load it.
    pub fn connect_microphone(&self) {
        let [module, arguments @ ..] = MICROPHONE;
        let load = [&["load-module", module], &arguments[..]].concat();
        self.control.run(&load);
        self.control.run(&["set-default-source", "microphone"]);
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
        environment(&self.control.server, &self.folder)
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

/// Returns variables under which a program finds no sound system, even if the machine has one.
///
/// # Panics
///
/// If `folder` can't be written to.
pub fn no_sound(folder: &Path) -> Vec<(&'static str, String)> {
    let folder = folder.join("silence");
    fs::create_dir_all(&folder).expect("the folder is writable");
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

/// Returns the daemon's startup commands. `norewinds` keeps the sink from rendering a moment again,
/// which its monitor would record twice. Chromium accepts no monitor as a microphone, and looks for
/// none if a monitor is all there is, so a remap source gives it a second name.
fn devices(rate_hz: u32, socket: &Path) -> String {
    format!(
        "load-module module-null-sink sink_name=speakers rate={rate_hz} channels=2 format=s16le
         load-module module-null-sink sink_name={ROOM} rate={rate_hz} channels=1 format=s16le \
         norewinds=1
         load-module {}
         set-default-sink speakers
         set-default-source microphone
         load-module module-native-protocol-unix auth-anonymous=1 socket={}
        ",
        MICROPHONE.join(" "),
        socket.display()
    )
}

/// The sink for the sound. Its monitor is the microphone.
const ROOM: &str = "room";

/// The module that gives a monitor a second name.
const SECOND_NAME: &str = "module-remap-source";

/// The microphone's module with its arguments.
const MICROPHONE: [&str; 3] = [SECOND_NAME, "source_name=microphone", "master=room.monitor"];

/// Timeout: longer than needed even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);
