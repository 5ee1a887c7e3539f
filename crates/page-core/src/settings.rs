//! How the browser is to process the microphone's sound: as the server has it, as a person chose,
//! and whether the browser did as it was asked.

use inturn_protocol::CaptureConfig;

/// One of the browser's own ways to process sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// What the loudspeakers play is taken out.
    EchoCancellation,
    /// Steady noise is taken out.
    NoiseSuppression,
    /// A soft voice is made as loud as a strong one.
    AutoGainControl,
}

/// What the person sees set, and what the next recording asks for.
#[derive(Clone, Debug)]
pub struct Settings {
    defaults: CaptureConfig,
    /// By [`Switch::ALL`]; `None` follows the server, also when its default is another tomorrow.
    chosen: [Option<bool>; 3],
    announces: bool,
    is_remembered: bool,
}

/// What a recording asks of the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The settings.
    pub capture: CaptureConfig,
    /// Whether each was set, in the order of [`Switch::ALL`]: by the person, or by an operator whose default
    /// differs from the browsers' own.
    pub is_set: [bool; 3],
}

/// What a browser tells of a switch once the microphone is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// It processes the sound so.
    On,
    /// It does not.
    Off,
    /// It knows the switch and says nothing about it.
    Untold,
    /// It does not know the switch.
    Unsupported,
}

impl Switch {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [
        Self::EchoCancellation,
        Self::NoiseSuppression,
        Self::AutoGainControl,
    ];

    /// Its name as a constraint of `getUserMedia`; also its element on the page.
    pub fn constraint(self) -> &'static str {
        match self {
            Self::EchoCancellation => "echoCancellation",
            Self::NoiseSuppression => "noiseSuppression",
            Self::AutoGainControl => "autoGainControl",
        }
    }

    /// Whether `capture` has it on.
    pub fn is_on(self, capture: CaptureConfig) -> bool {
        match self {
            Self::EchoCancellation => capture.echo_cancellation,
            Self::NoiseSuppression => capture.noise_suppression,
            Self::AutoGainControl => capture.auto_gain_control,
        }
    }
}

impl Settings {
    /// The server's defaults, and nothing chosen.
    pub fn new(defaults: CaptureConfig) -> Self {
        Self {
            defaults,
            chosen: [None; 3],
            announces: false,
            is_remembered: true,
        }
    }

    /// Takes up what the device remembers of a switch. What no [`choose`](Self::choose) gave counts
    /// as nothing.
    pub fn recall(&mut self, switch: Switch, text: &str) {
        self.chosen[switch as usize] = match text {
            ON => Some(true),
            OFF => Some(false),
            _ => None,
        };
    }

    /// Takes up what the device remembers of [`announces`](Self::announces).
    pub fn recall_announcing(&mut self, text: &str) {
        self.announces = text == ON;
    }

    /// The person sets a switch. Gives what the device is to remember of it; `None` is to be
    /// forgotten, for a switch put back to its default follows the server again.
    pub fn choose(&mut self, switch: Switch, on: bool) -> Option<&'static str> {
        let chosen = (on != switch.is_on(self.defaults)).then_some(on);
        self.chosen[switch as usize] = chosen;
        chosen.map(|on| if on { ON } else { OFF })
    }

    /// The person has finished lines read out, or not. Returns what the device is to remember, as
    /// [`choose`](Self::choose) does.
    pub fn announce(&mut self, on: bool) -> Option<&'static str> {
        self.announces = on;
        on.then_some(ON)
    }

    /// Whether finished lines are given to a screen reader. Off until a person turns it on: without
    /// headphones, the microphone hears the reader's voice.
    pub fn announces(&self) -> bool {
        self.announces
    }

    /// The person goes back to the defaults: the device is to forget every switch.
    pub fn reset(&mut self) {
        *self = Self::new(self.defaults);
    }

    /// The device would not remember what was chosen, or forget it.
    pub fn not_remembered(&mut self) {
        self.is_remembered = false;
    }

    /// Whether a choice of the person's stands.
    pub fn is_chosen(&self) -> bool {
        self.announces || self.chosen.iter().any(Option::is_some)
    }

    /// Whether that choice will be here another day.
    pub fn is_remembered(&self) -> bool {
        self.is_remembered
    }

    /// Settings for the next recording, and which of them were set by a person or an operator.
    pub fn asked(&self) -> Asked {
        let capture = self.capture();
        Asked {
            capture,
            is_set: Switch::ALL.map(|switch| {
                let is_default = switch.is_on(capture) == switch.is_on(CaptureConfig::default());
                self.chosen[switch as usize].is_some() || !is_default
            }),
        }
    }

    /// What the next recording asks for.
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

/// What the device remembers of a switch.
const ON: &str = "on";
const OFF: &str = "off";
