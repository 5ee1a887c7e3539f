//! The system's microphones as sources.

use inturn_client_core::session::Device;

use crate::{
    capture::{DeviceChoice, DeviceInfo, SoundSystem, Wanted},
    source::{AudioStream, OpenError, Source},
};

/// A microphone, or another device that can be recorded.
///
/// On Linux, PulseAudio or PipeWire is asked for the sound, or ALSA's program `arecord` where
/// there is neither. On macOS and Windows, the system is asked. Samples arrive with the rate and
/// the channels of the device; those of `arecord` are mono at 48 kHz.
///
/// A microphone never takes the place of what the computer plays: if a monitor is lost, only
/// monitors are opened.
#[derive(Clone, Debug)]
pub struct Microphone {
    choice: DeviceChoice,
    system: SoundSystem,
    /// The device that was opened last.
    opened: Option<DeviceInfo>,
}

impl Microphone {
    /// Chooses a device. It is opened when the recording starts.
    pub fn new(choice: DeviceChoice) -> Self {
        Self::on(SoundSystem::from_env(), choice)
    }

    /// Chooses a device of a certain sound system.
    pub fn on(system: SoundSystem, choice: DeviceChoice) -> Self {
        Self {
            choice,
            system,
            opened: None,
        }
    }

    fn wanted(&self, device: Device) -> Wanted<'_> {
        match (device, &self.choice, &self.opened) {
            // When another output becomes the default, its monitor is another device.
            (_, DeviceChoice::SystemSound, _) => Wanted::Choice(&self.choice),
            (
                Device::SystemDefault,
                DeviceChoice::Name(_) | DeviceChoice::Index(_),
                Some(DeviceInfo {
                    monitor_of: Some(_),
                    ..
                }),
            ) => Wanted::Choice(&DeviceChoice::SystemSound),
            (Device::SystemDefault, _, _) => Wanted::Choice(&DeviceChoice::Default),
            (Device::Lost, _, Some(opened)) => Wanted::Exactly(&opened.name),
            (Device::Lost | Device::Chosen, _, _) => Wanted::Choice(&self.choice),
        }
    }
}

impl Source for Microphone {
    async fn open(&mut self, device: Device) -> Result<AudioStream, OpenError> {
        let (stream, opened) = self.system.record(self.wanted(device)).await?;
        self.opened = Some(opened);
        Ok(stream)
    }
}

/// Lists the devices that can be recorded: microphones first, then the monitors of outputs.
///
/// # Errors
///
/// [`OpenError`] if there is no sound system, or it doesn't answer.
pub async fn devices() -> Result<Vec<DeviceInfo>, OpenError> {
    SoundSystem::from_env().devices().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_is_opened_again_and_no_other() {
        let choice = DeviceChoice::Default;
        let microphone = opened(&choice);
        assert_eq!(microphone.wanted(Device::Lost), Wanted::Exactly("headset"));
        assert_eq!(microphone.wanted(Device::Chosen), Wanted::Choice(&choice));
    }

    #[test]
    fn the_system_s_default_replaces_a_choice() {
        let microphone = opened(&DeviceChoice::Index(3));
        let default = Wanted::Choice(&DeviceChoice::Default);
        assert_eq!(microphone.wanted(Device::SystemDefault), default);
    }

    #[test]
    fn lost_system_sound_is_the_sound_of_the_output_that_is_the_default_then() {
        let choice = DeviceChoice::SystemSound;
        let microphone = opened(&choice);
        assert_eq!(microphone.wanted(Device::Lost), Wanted::Choice(&choice));
    }

    #[test]
    fn a_microphone_never_replaces_what_the_computer_plays() {
        let played = Wanted::Choice(&DeviceChoice::SystemSound);
        let never_opened = Microphone::new(DeviceChoice::SystemSound);
        assert_eq!(never_opened.wanted(Device::SystemDefault), played);
        for choice in [
            DeviceChoice::SystemSound,
            DeviceChoice::Name("headset".into()),
            DeviceChoice::Index(3),
        ] {
            let microphone = opened_monitor(&choice);
            assert_eq!(microphone.wanted(Device::SystemDefault), played);
        }
    }

    #[test]
    fn a_monitor_that_is_the_default_is_replaced_by_the_next_default() {
        let choice = DeviceChoice::Default;
        let microphone = opened_monitor(&choice);
        let default = Wanted::Choice(&choice);
        assert_eq!(microphone.wanted(Device::SystemDefault), default);
    }

    fn opened(choice: &DeviceChoice) -> Microphone {
        with_opened(choice, None)
    }

    fn opened_monitor(choice: &DeviceChoice) -> Microphone {
        with_opened(choice, Some("Headset".into()))
    }

    fn with_opened(choice: &DeviceChoice, monitor_of: Option<String>) -> Microphone {
        Microphone {
            opened: Some(DeviceInfo {
                index: 3,
                name: "headset".into(),
                description: "Headset".into(),
                is_default: false,
                monitor_of,
                is_system_sound: false,
            }),
            ..Microphone::new(choice.clone())
        }
    }
}
