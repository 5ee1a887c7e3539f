//! Chromium: its command line, and the file for its fake microphone.

use std::path::{Path, PathBuf};

use inturn_testkit::{OutputFile, OutputSource};
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel};

use super::{
    driver::Driver,
    launch::{Launch, Microphone, SoundSource},
};
use crate::{
    machine,
    pulse::{self, SoundSystem},
    sound::Sound,
};

/// Starts chromedriver with its files in `folder`. The browser gets `flags` in addition to
/// [`FLAGS`].
pub(super) fn launch(microphone: &Microphone, folder: &Path, flags: &[&str]) -> Launch {
    let sound_source = match microphone {
        Microphone::Plays(sound) | Microphone::Repeats(sound) => {
            write(sound, folder);
            SoundSource::File
        }
        Microphone::Captures(sound, rate_hz) => {
            SoundSource::Device(Box::new(SoundSystem::start(folder, *rate_hz, sound, false)))
        }
        Microphone::Mock => panic!("the mock microphone is WebKit's"),
        Microphone::Asks | Microphone::Missing => SoundSource::Nothing,
    };
    let environment = match &sound_source {
        SoundSource::Device(system) => system.environment(),
        SoundSource::File | SoundSource::Nothing => pulse::no_sound(folder),
    };
    let process = Driver::start(
        &machine::chromedriver(),
        &["--port=0"],
        folder,
        environment,
        |line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        },
    );
    let mut wanted = DesiredCapabilities::chrome();
    let flags = flags.iter().map(|&flag| flag.to_owned());
    for arg in arguments(microphone, folder).into_iter().chain(flags) {
        wanted.add_arg(&arg).expect("arguments are text");
    }
    wanted
        .set_binary(&machine::chromium().to_string_lossy())
        .and_then(|()| wanted.set_browser_log_level(LoggingPrefsLogLevel::All))
        .expect("capabilities are JSON");
    Launch {
        process,
        wanted: wanted.into(),
        sound_source,
        screen: None,
    }
}

/// Writes the microphone's file, at the rate that Chromium plays without resampling.
pub(super) fn write(sound: &Sound, folder: &Path) {
    let file = sound_file(folder);
    sound
        .at_rate(FILE_HZ)
        .write_wav(&file)
        .expect("the folder is writable");
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
    if let Some((printed, _)) = OutputFile::create_if_kept(OutputSource::Console) {
        // Consoles of pages and workers.
        arguments.push("--enable-logging".to_owned());
        arguments.push(format!("--log-file={}", printed.path().display()));
    }
    let file = sound_file(folder).display().to_string();
    let (fake, file) = match microphone {
        Microphone::Plays(_) => (true, Some(format!("{file}%noloop"))),
        Microphone::Repeats(_) => (true, Some(file)),
        Microphone::Asks => (true, None),
        Microphone::Missing | Microphone::Captures(..) | Microphone::Mock => (false, None),
    };
    if fake {
        arguments.push("--use-fake-device-for-media-stream".to_owned());
    }
    if let Some(file) = file {
        arguments.push(format!("--use-file-for-fake-audio-capture={file}"));
    }
    if !matches!(microphone, Microphone::Asks | Microphone::Missing) {
        arguments.push("--use-fake-ui-for-media-stream".to_owned());
    }
    arguments
}

/// Run without a screen, as root, and without Chromium's own network requests.
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

/// The rate of Chromium's fake device. A file at another rate would be resampled.
pub const FILE_HZ: u32 = 44_100;
