//! The sound settings: how the browser processes the microphone's sound. They hold the server's
//! defaults and a person's choices.

use inturn_protocol::CaptureConfig;

/// A kind of sound processing that the browser offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Removes the sound of the loudspeakers.
    EchoCancellation,
    /// Removes steady noise.
    NoiseSuppression,
    /// Makes quiet voices as loud as strong ones.
    AutoGainControl,
}

/// The settings that the panel shows and that the next recording requests.
#[derive(Clone, Debug)]
pub struct Settings {
    defaults: CaptureConfig,
    /// The person's choices, in the order of [`Switch::ALL`]. `None` follows the server, even if
    /// its default changes later.
    chosen: [Option<bool>; 3],
    announces: bool,
    is_saved: bool,
}

/// The settings that a recording requests from the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedSettings {
    /// The settings' values.
    pub capture: CaptureConfig,
    /// Whether each was set, in the order of [`Switch::ALL`]: by the person, or by an operator
    /// whose default differs from the browsers' own.
    pub is_set: [bool; 3],
}

/// The value of a switch that the browser reports once the microphone is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedSetting {
    /// The processing is on.
    On,
    /// The processing is off.
    Off,
    /// The browser supports the switch, but does not report its value.
    NotReported,
    /// The browser does not support the switch.
    Unsupported,
}

impl Switch {
    /// All switches, in the order of the panel.
    pub const ALL: [Self; 3] = [
        Self::EchoCancellation,
        Self::NoiseSuppression,
        Self::AutoGainControl,
    ];

    /// The name of its `getUserMedia` constraint, which is also the id of its element on the page.
    pub fn constraint(self) -> &'static str {
        match self {
            Self::EchoCancellation => "echoCancellation",
            Self::NoiseSuppression => "noiseSuppression",
            Self::AutoGainControl => "autoGainControl",
        }
    }

    /// Whether it is on in `capture`.
    pub fn is_on(self, capture: CaptureConfig) -> bool {
        match self {
            Self::EchoCancellation => capture.echo_cancellation,
            Self::NoiseSuppression => capture.noise_suppression,
            Self::AutoGainControl => capture.auto_gain_control,
        }
    }
}

impl Settings {
    /// Creates settings with the server's defaults and no choices.
    pub fn new(defaults: CaptureConfig) -> Self {
        Self {
            defaults,
            chosen: [None; 3],
            announces: false,
            is_saved: true,
        }
    }

    /// Restores a switch from the text stored on the device. Any text that [`set`](Self::set) never
    /// returns counts as no choice.
    pub fn load(&mut self, switch: Switch, text: &str) {
        self.chosen[switch as usize] = match text {
            ON => Some(true),
            OFF => Some(false),
            _ => None,
        };
    }

    /// Restores [`announces`](Self::announces) from the text stored on the device.
    pub fn load_announce(&mut self, text: &str) {
        self.announces = text == ON;
    }

    /// Sets a switch. Returns the text to store on the device. `None` means to delete the stored
    /// text: a switch that is set back to its default follows the server again.
    pub fn set(&mut self, switch: Switch, on: bool) -> Option<&'static str> {
        let chosen = (on != switch.is_on(self.defaults)).then_some(on);
        self.chosen[switch as usize] = chosen;
        chosen.map(|on| if on { ON } else { OFF })
    }

    /// Turns reading out finished lines on or off. Returns the text to store, as
    /// [`set`](Self::set) does.
    pub fn set_announce(&mut self, on: bool) -> Option<&'static str> {
        self.announces = on;
        on.then_some(ON)
    }

    /// Whether screen readers read out finished lines. Off by default: without headphones, the
    /// microphone picks up the screen reader's voice.
    pub fn announces(&self) -> bool {
        self.announces
    }

    /// Resets everything to the defaults. The caller deletes every stored text.
    pub fn reset(&mut self) {
        *self = Self::new(self.defaults);
    }

    /// Records that the device could not store or delete a choice.
    pub fn mark_unsaved(&mut self) {
        self.is_saved = false;
    }

    /// Whether the person has changed anything.
    pub fn has_choices(&self) -> bool {
        self.announces || self.chosen.iter().any(Option::is_some)
    }

    /// Whether the person's choices are stored on the device.
    pub fn is_saved(&self) -> bool {
        self.is_saved
    }

    /// Settings for the next recording, and which of them were set by a person or an operator.
    pub fn requested(&self) -> RequestedSettings {
        let capture = self.capture();
        RequestedSettings {
            capture,
            is_set: Switch::ALL.map(|switch| {
                let is_default = switch.is_on(capture) == switch.is_on(CaptureConfig::default());
                self.chosen[switch as usize].is_some() || !is_default
            }),
        }
    }

    /// The values of the settings for the next recording.
    pub fn capture(&self) -> CaptureConfig {
        let on = |switch: Switch| {
            self.chosen[switch as usize].unwrap_or_else(|| switch.is_on(self.defaults))
        };
        CaptureConfig {
            echo_cancellation: on(Switch::EchoCancellation),
            noise_suppression: on(Switch::NoiseSuppression),
            auto_gain_control: on(Switch::AutoGainControl),
        }
    }
}

/// The texts that are stored on the device.
const ON: &str = "on";
const OFF: &str = "off";
