//! WebKitGTK: its command line, and a virtual screen.

use std::{path::Path, process::Stdio};

use inturn_testkit::{OutputLines, ProcessGroup};
use serde_json::json;
use thirtyfour::Capabilities;

use super::{
    driver::Driver,
    launch::{Launch, Microphone, SoundSource},
};
use crate::{
    machine,
    priority::Priority,
    pulse::{self, SoundSystem},
};

/// Starts WebKitWebDriver with its files in `folder`.
pub(super) fn launch(microphone: &Microphone, folder: &Path) -> Launch {
    let system =
        |sound, rate_hz, repeats| Box::new(SoundSystem::start(folder, rate_hz, sound, repeats));
    let sound_source = match microphone {
        Microphone::Plays(sound) => SoundSource::Device(system(sound, DEVICE_HZ, false)),
        Microphone::Repeats(sound) => SoundSource::Device(system(sound, DEVICE_HZ, true)),
        Microphone::Captures(sound, rate_hz) => SoundSource::Device(system(sound, *rate_hz, false)),
        Microphone::Asks => panic!("WebKit shows no microphone prompt under WebDriver"),
        Microphone::Mock | Microphone::Missing => SoundSource::Nothing,
    };
    let (screen, display) = screen();
    let mut environment = match &sound_source {
        SoundSource::Device(system) => system.environment(),
        SoundSource::File | SoundSource::Nothing => pulse::no_sound(folder),
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
        sound_source,
        screen: Some(screen),
    }
}

/// Starts a virtual screen and returns its name.
fn screen() -> (ProcessGroup, String) {
    let program = machine::xvfb();
    let mut command = Priority::of_this_test().command(&program);
    command
        // Xvfb chooses the first free number and prints it.
        .args(["-displayfd", "1", "-nolisten", "tcp"])
        .args(["-screen", "0", "1280x1024x24"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = ProcessGroup::spawn(&mut command);
    let output = server.child.stdout.take().expect("stdout is piped");
    let number = |line: &str| line.trim().parse::<u32>().ok();
    let (number, _) = OutputLines::read_until(output, number)
        .unwrap_or_else(|output| panic!("{} opens no screen: {output}", program.display()));
    (server, format!(":{number}"))
}

/// Returns variables that keep the browser's files in `folder`, away from the user's settings and
/// daemons.
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
        // Otherwise it starts a session bus that keeps running.
        (
            "DBUS_SESSION_BUS_ADDRESS",
            format!("unix:path={}", text("no-bus")),
        ),
        ("NO_AT_BRIDGE", "1".to_owned()),
        // Without a graphics processor, drawing takes half as long this way.
        ("WEBKIT_DISABLE_COMPOSITING_MODE", "1".to_owned()),
        // The sandbox needs privileges that are missing in containers and on hosted machines. Only
        // our own page is loaded.
        ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1".to_owned()),
    ]);
    variables
}

/// The usual rate of devices.
pub(super) const DEVICE_HZ: u32 = 48_000;
