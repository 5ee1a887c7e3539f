//! Firefox: what it is started with.

use std::path::Path;

use thirtyfour::{BrowserCapabilitiesHelper, DesiredCapabilities};

use super::{
    driver::Driver,
    launch::{Hears, Launch, Microphone},
};
use crate::{
    machine,
    pulse::{self, SoundSystem},
};

/// Starts its driver, in `folder`.
pub(super) fn launch(microphone: &Microphone, folder: &Path) -> Launch {
    let device = |rate_hz, sound, repeats| {
        Hears::Device(Box::new(SoundSystem::start(
            folder, rate_hz, sound, repeats,
        )))
    };
    let hears = match microphone {
        Microphone::Plays(sound) => device(DEVICE_HZ, sound, false),
        Microphone::Repeats(sound) => device(DEVICE_HZ, sound, true),
        Microphone::Captures(sound, rate_hz) => device(*rate_hz, sound, false),
        Microphone::Asks => panic!("nobody can answer Firefox's question for the microphone"),
        Microphone::Mock => panic!("the mock microphone is WebKit's"),
        Microphone::Missing => Hears::Nothing,
    };
    let environment = match &hears {
        Hears::Device(system) => system.environment(),
        Hears::File | Hears::Nothing => pulse::no_sound(folder),
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
    let arguments = ["-headless", "--width=1000", "--height=800"];
    let preferences = serde_json::json!({
        // The person always allows the microphone.
        "media.navigator.permission.disabled": true,
        // The page's console is what a failed test shows.
        "devtools.console.stdout.content": true,
    });
    wanted
        .set_browser_option("args", arguments)
        .and_then(|()| wanted.set_browser_option("prefs", preferences))
        .expect("capabilities are JSON");
    Launch {
        process,
        wanted: wanted.into(),
        hears,
        screen: None,
    }
}

/// The rate of most devices.
pub(super) const DEVICE_HZ: u32 = 48_000;
