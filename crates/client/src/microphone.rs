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
/// the channels of the device.
#[derive(Clone, Debug)]
pub struct Microphone {
    choice: DeviceChoice,
    system: SoundSystem,
    /// The name of the device that was opened last.
    opened: Option<String>,
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
        match (device, &self.opened) {
            (Device::SystemDefault, _) => Wanted::Choice(&DeviceChoice::Default),
            // When another output becomes the default, its monitor is another device.
            (Device::Lost, Some(name)) if self.choice != DeviceChoice::SystemSound => {
                Wanted::Exactly(name)
            }
            (Device::Lost | Device::Chosen, _) => Wanted::Choice(&self.choice),
        }
    }
}

impl Source for Microphone {
    async fn open(&mut self, device: Device) -> Result<AudioStream, OpenError> {
        let (stream, name) = self.system.record(self.wanted(device)).await?;
        self.opened = Some(name);
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

    fn opened(choice: &DeviceChoice) -> Microphone {
        Microphone {
            opened: Some("headset".into()),
            ..Microphone::new(choice.clone())
        }
    }
}
