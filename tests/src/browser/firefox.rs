//! Firefox: its command line and preferences.

use std::{fs, path::Path};

use thirtyfour::{BrowserCapabilitiesHelper, DesiredCapabilities};

use super::{
    driver::Driver,
    launch::{Launch, Microphone, SoundSource},
};
use crate::{
    machine,
    pulse::{self, SoundSystem},
};

/// Starts geckodriver with its files in `folder`.
pub(super) fn launch(microphone: &Microphone, folder: &Path) -> Launch {
    let device = |rate_hz, sound, repeats| {
        SoundSource::Device(Box::new(SoundSystem::start(
            folder, rate_hz, sound, repeats,
        )))
    };
    let sound_source = match microphone {
        Microphone::Plays(sound) => device(DEVICE_HZ, sound, false),
        Microphone::Repeats(sound) => device(DEVICE_HZ, sound, true),
        Microphone::Captures(sound, rate_hz) => device(*rate_hz, sound, false),
        Microphone::Asks => panic!("tests can't answer Firefox's microphone prompt"),
        Microphone::Mock => panic!("the mock microphone is WebKit's"),
        Microphone::Missing => SoundSource::Nothing,
    };
    let environment = match &sound_source {
        SoundSource::Device(system) => system.environment(),
        SoundSource::File | SoundSource::Nothing => pulse::no_sound(folder),
    };
    let binary = machine::firefox().to_string_lossy().into_owned();
    let process = Driver::start(
        &machine::geckodriver(),
        &["--port=0", "--websocket-port=0", "--binary", &binary],
        folder,
        environment,
        |line| {
            let (_, address) = line.split_once("Listening on ")?;
            address.trim().rsplit_once(':')?.1.parse().ok()
        },
    );
    let mut wanted = DesiredCapabilities::firefox();
    // A profile of geckodriver's would have another name after a restart.
    let profile = folder.join("profile");
    fs::create_dir_all(&profile).expect("the folder is writable");
    let profile = profile.to_string_lossy();
    let arguments = [
        "-headless",
        "--width=1000",
        "--height=800",
        "-profile",
        &profile,
    ];
    let preferences = serde_json::json!({
        // The microphone is always allowed.
        "media.navigator.permission.disabled": true,
        // Failed tests print the page's console.
        "devtools.console.stdout.content": true,
    });
    wanted
        .set_browser_option("args", arguments)
        .and_then(|()| wanted.set_browser_option("prefs", preferences))
        .expect("capabilities are JSON");
    Launch {
        process,
        wanted: wanted.into(),
        sound_source,
        screen: None,
    }
}

/// The usual rate of devices.
pub(super) const DEVICE_HZ: u32 = 48_000;
