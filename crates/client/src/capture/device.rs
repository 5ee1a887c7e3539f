//! Devices, and the choice among them.

use inturn_client_core::problem::MicrophoneFailure;

use crate::source::OpenError;

/// A device that can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The place in the list, from 0.
    pub index: usize,
    /// The system's name. It stays the same when the device is connected again.
    pub name: String,
    /// A name for people.
    pub description: String,
    /// Whether this is the system's default microphone.
    pub is_default: bool,
    /// If the device records what an output plays: the output's name for people.
    pub monitor_of: Option<String>,
    /// Whether the device records what the default output plays.
    pub is_system_sound: bool,
}

/// Which device to record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The system's default microphone.
    #[default]
    Default,
    /// The device of this name, or of this description, or the only one with this text in its name
    /// or description. Upper and lower case are the same.
    Name(String),
    /// The device at this place in the list of [`devices`](crate::devices).
    Index(usize),
    /// What the computer plays: the monitor of the default output.
    SystemSound,
}

/// Which device to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    Choice(&'a DeviceChoice),
    /// The one with this name, and no other.
    Exactly(&'a str),
}

/// Finds the wanted device.
pub(super) fn choose<'a>(
    devices: &'a [DeviceInfo],
    wanted: Wanted<'_>,
) -> Result<&'a DeviceInfo, OpenError> {
    if devices.is_empty() {
        return Err(missing(format!(
            "No microphone: the system has none. Connect one, or {OTHER_INPUT}."
        )));
    }
    let choice = match wanted {
        Wanted::Choice(choice) => choice,
        Wanted::Exactly(name) => {
            let device = devices.iter().find(|device| device.name == name);
            return device.ok_or_else(|| unknown(devices, name));
        }
    };
    match choice {
        DeviceChoice::Default => devices
            .iter()
            .find(|device| device.is_default)
            .or_else(|| devices.iter().find(|device| device.monitor_of.is_none()))
            .ok_or_else(|| {
                missing(format!(
                    "No microphone: the system has only outputs. {}",
                    list(devices)
                ))
            }),
        DeviceChoice::Index(index) => devices.get(*index).ok_or_else(|| {
            missing(format!(
                "There is no device number {index}. {}",
                list(devices)
            ))
        }),
        DeviceChoice::SystemSound => devices
            .iter()
            .find(|device| device.is_system_sound)
            .ok_or_else(|| {
                missing(format!(
                    "The system doesn't let programs record what it plays. {}",
                    list(devices)
                ))
            }),
        DeviceChoice::Name(name) => by_name(devices, name),
    }
}

/// Finds a device by its exact name, then by its description, then by a part of either.
fn by_name<'a>(devices: &'a [DeviceInfo], wanted: &str) -> Result<&'a DeviceInfo, OpenError> {
    if let Some(device) = devices.iter().find(|device| device.name == wanted) {
        return Ok(device);
    }
    let folded = wanted.to_lowercase();
    let has_description = |device: &&DeviceInfo| device.description.to_lowercase() == folded;
    let has_part = |device: &&DeviceInfo| {
        let text = format!("{}\n{}", device.name, device.description);
        text.to_lowercase().contains(&folded)
    };
    let mut fitting: Vec<_> = devices.iter().filter(has_description).collect();
    if fitting.is_empty() {
        fitting = devices.iter().filter(has_part).collect();
    }
    match fitting[..] {
        [device] => Ok(device),
        [] => Err(unknown(devices, wanted)),
        _ => Err(missing(format!(
            "\"{wanted}\" fits several devices. {}",
            list(fitting)
        ))),
    }
}

fn unknown(devices: &[DeviceInfo], name: &str) -> OpenError {
    missing(format!("There is no device \"{name}\". {}", list(devices)))
}

fn list<'a>(devices: impl IntoIterator<Item = &'a DeviceInfo>) -> String {
    let items: Vec<_> = devices
        .into_iter()
        .map(|device| format!("{} {} ({})", device.index, device.name, device.description))
        .collect();
    format!("Choose one of: {}.", items.join(", "))
}

fn missing(message: String) -> OpenError {
    OpenError {
        failure: MicrophoneFailure::Missing,
        message,
    }
}

/// What a person can do without a microphone.
pub(super) const OTHER_INPUT: &str = "pipe audio in, or give a file";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_system_s_default() {
        assert_eq!(chosen(&DeviceChoice::Default), Ok(1));
    }

    #[test]
    fn without_a_default_the_first_microphone_is_it() {
        let mut devices = devices();
        devices[1].is_default = false;
        let device = choose(&devices, Wanted::Choice(&DeviceChoice::Default)).unwrap();
        assert_eq!(device.index, 0);
    }

    #[test]
    fn outputs_alone_are_no_microphone() {
        let devices = &devices()[2..];
        let error = choose(devices, Wanted::Choice(&DeviceChoice::Default)).unwrap_err();
        assert_eq!(error.failure, MicrophoneFailure::Missing);
        assert!(error.message.contains("only outputs"), "{error}");
    }

    #[test]
    fn system_sound_is_the_monitor_of_the_default_output() {
        assert_eq!(chosen(&DeviceChoice::SystemSound), Ok(2));
    }

    #[test]
    fn a_device_is_found_by_name_description_or_part() {
        for (name, index) in [
            ("usb-headset", 0),
            ("usb-headset-2", 1),
            ("BLUE HEADSET", 1),
            ("speakers", 2),
            ("Red", 0),
        ] {
            assert_eq!(
                chosen(&DeviceChoice::Name(name.into())),
                Ok(index),
                "{name}"
            );
        }
    }

    #[test]
    fn a_lost_device_is_found_by_its_whole_name_only() {
        let devices = devices();
        let device = choose(&devices, Wanted::Exactly("usb-headset-2")).unwrap();
        assert_eq!(device.index, 1);
        let error = choose(&devices, Wanted::Exactly("speakers")).unwrap_err();
        assert_eq!(error.failure, MicrophoneFailure::Missing);
    }

    #[test]
    fn an_ambiguous_name_lists_the_devices_that_fit() {
        let error = chosen(&DeviceChoice::Name("Headset".into())).unwrap_err();
        assert_eq!(
            error,
            "\"Headset\" fits several devices. Choose one of: 0 usb-headset (Red headset), \
             1 usb-headset-2 (Blue headset)."
        );
    }

    #[test]
    fn an_unknown_name_or_number_lists_all_devices() {
        for choice in [DeviceChoice::Name("webcam".into()), DeviceChoice::Index(7)] {
            let error = chosen(&choice).unwrap_err();
            assert!(
                error.contains("2 speakers.monitor (Monitor of Speakers)"),
                "{error}"
            );
        }
    }

    #[test]
    fn without_devices_the_error_says_what_else_to_do() {
        let error = choose(&[], Wanted::Choice(&DeviceChoice::Default)).unwrap_err();
        assert_eq!(error.failure, MicrophoneFailure::Missing);
        assert!(error.message.contains("give a file"), "{error}");
    }

    fn chosen(choice: &DeviceChoice) -> Result<usize, String> {
        let devices = devices();
        let device = choose(&devices, Wanted::Choice(choice));
        device
            .map(|device| device.index)
            .map_err(|error| error.to_string())
    }

    fn devices() -> Vec<DeviceInfo> {
        [
            ("usb-headset", "Red headset"),
            ("usb-headset-2", "Blue headset"),
            ("speakers.monitor", "Monitor of Speakers"),
        ]
        .into_iter()
        .enumerate()
        .map(|(index, (name, description))| DeviceInfo {
            index,
            name: name.into(),
            description: description.into(),
            is_default: index == 1,
            monitor_of: (index == 2).then(|| "Speakers".into()),
            is_system_sound: index == 2,
        })
        .collect()
    }
}
