//! `inturn-listen devices`: the microphones, and the outputs whose sound can be captured.

use std::fmt::Write;

use inturn_client::DeviceInfo;

use crate::text::printable;

/// Says that the list is empty.
pub const NONE: &str =
    "No microphone was found. Connect one, or give a file to transcribe instead.";

/// Returns the list as lines for a person.
pub fn list(devices: &[DeviceInfo]) -> String {
    let (outputs, microphones): (Vec<_>, Vec<_>) =
        devices.iter().partition(|it| it.monitor_of.is_some());
    let mut text = String::new();
    let is_usual = |device: &DeviceInfo| device.is_default;
    section(
        &mut text,
        "Microphones (* is the default):",
        &microphones,
        is_usual,
    );
    let is_usual = |device: &DeviceInfo| device.is_system_sound;
    section(
        &mut text,
        "What outputs play (* is --system):",
        &outputs,
        is_usual,
    );
    text
}

fn section(
    text: &mut String,
    title: &str,
    devices: &[&DeviceInfo],
    is_usual: impl Fn(&DeviceInfo) -> bool,
) {
    if devices.is_empty() {
        return;
    }
    text.push_str(title);
    text.push('\n');
    for device in devices {
        let mark = if is_usual(device) { '*' } else { ' ' };
        let description = printable(&device.description);
        let name = printable(&device.name);
        // Writing to a string can't fail.
        let _ = write!(text, "{mark} {:>2}  {description}", device.index);
        if description != name {
            let _ = write!(text, "  ({name})");
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(index: usize, name: &str, description: &str) -> DeviceInfo {
        DeviceInfo {
            index,
            name: name.to_owned(),
            description: description.to_owned(),
            is_default: false,
            monitor_of: None,
            is_system_sound: false,
        }
    }

    #[test]
    fn microphones_come_first_and_the_usual_ones_are_marked() {
        let devices = [
            DeviceInfo {
                is_default: true,
                ..device(0, "alsa_input.usb", "Headset\u{1b}[31m")
            },
            device(1, "webcam", "webcam"),
            DeviceInfo {
                monitor_of: Some("Speakers".to_owned()),
                is_system_sound: true,
                ..device(12, "out.monitor", "Monitor of Speakers")
            },
        ];
        let lines = [
            "Microphones (* is the default):",
            "*  0  Headset [31m  (alsa_input.usb)",
            "   1  webcam",
            "What outputs play (* is --system):",
            "* 12  Monitor of Speakers  (out.monitor)",
            "",
        ];
        assert_eq!(list(&devices), lines.join("\n"));
        assert_eq!(list(&[]), "");
    }
}
