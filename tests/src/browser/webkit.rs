//! WebKitGTK: what it is started with, and the screen that nobody sees.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use inturn_testkit::{OutputLines, ProcessGroup};
use serde_json::json;
use thirtyfour::Capabilities;

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
    let system =
        |sound, rate_hz, repeats| Box::new(SoundSystem::start(folder, rate_hz, sound, repeats));
    let hears = match microphone {
        Microphone::Plays(sound) => Hears::Device(system(sound, DEVICE_HZ, false)),
        Microphone::Repeats(sound) => Hears::Device(system(sound, DEVICE_HZ, true)),
        Microphone::Captures(sound, rate_hz) => Hears::Device(system(sound, *rate_hz, false)),
        Microphone::Asks => panic!("WebKit under a driver asks nobody for the microphone"),
        Microphone::Mock | Microphone::Missing => Hears::Nothing,
    };
    let (screen, display) = screen();
    let mut environment = match &hears {
        Hears::Device(system) => system.environment(),
        Hears::File | Hears::Nothing => pulse::no_sound(folder),
    };
    environment.extend(private(folder));
    environment.push(("DISPLAY", display));
    let process = Driver::start_silent(&machine::webkitdriver(), folder, environment);

    let mut arguments = vec!["--automation", "--enable-media-stream=true"];
    if matches!(microphone, Microphone::Mock) {
        arguments.push("--enable-mock-capture-devices=true");
    }
    let mut wanted = Capabilities::new();
    let options = json!({ "binary": machine::minibrowser(), "args": arguments });
    wanted
        .set("webkitgtk:browserOptions", options)
        .expect("capabilities are JSON");
    Launch {
        process,
        wanted,
        hears,
        screen: Some(screen),
    }
}

/// A screen of the browser's own, and its name.
fn screen() -> (ProcessGroup, String) {
    let program = machine::xvfb();
    let mut command = Command::new(&program);
    command
        // It takes the first number that is free and prints it.
        .args(["-displayfd", "1", "-nolisten", "tcp"])
        .args(["-screen", "0", "1280x1024x24"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = ProcessGroup::spawn(&mut command);
    let output = server.child.stdout.take().expect("it is piped");
    let number = |line: &str| line.trim().parse::<u32>().ok();
    let (number, _) = OutputLines::read_until(output, number)
        .unwrap_or_else(|said| panic!("{} opens no screen: {said}", program.display()));
    (server, format!(":{number}"))
}

/// Keeps the browser's files in `folder`, and a person's settings and daemons out of it.
fn private(folder: &Path) -> Vec<(&'static str, String)> {
    let text = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut variables: Vec<(&str, String)> = [
        "HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    ]
    .map(|variable| (variable, text("home")))
    .into();
    variables.extend([
        ("GDK_BACKEND", "x11".to_owned()),
        // Else it starts a session bus, which outlives it.
        (
            "DBUS_SESSION_BUS_ADDRESS",
            format!("unix:path={}", text("no-bus")),
        ),
        ("NO_AT_BRIDGE", "1".to_owned()),
        // Its sandbox needs rights that neither root in a container nor a hosted machine has; it
        // shows no page but our own.
        ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1".to_owned()),
    ]);
    variables
}

/// The rate of most devices.
pub(super) const DEVICE_HZ: u32 = 48_000;
