//! The sound settings in words, and a browser that does not follow them.

use inturn_protocol::CaptureConfig;

use crate::settings::{Asked, Report, Settings, Switch};

/// The settings, as the panel shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsView {
    /// Which switches are on.
    pub on: CaptureConfig,
    /// Whether finished lines are read out.
    pub announces: bool,
    /// How long a choice is kept; nothing where there is none.
    pub remark: &'static str,
    /// Whether there is a choice to take back.
    pub can_reset: bool,
}

/// What to say when the browser does otherwise than it was asked. It is no failure: the recording
/// goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundNote {
    /// One sentence for the person, about what somebody set. Some browsers can process sound in one
    /// way only: nobody needs to hear of it who changed nothing.
    pub sentence: Option<String>,
    /// One line for the console.
    pub line: String,
}

impl SettingsView {
    /// Shows `settings`.
    pub fn new(settings: &Settings) -> Self {
        let can_reset = settings.is_chosen();
        Self {
            on: settings.capture(),
            announces: settings.announces(),
            remark: match (can_reset, settings.is_remembered()) {
                (false, _) => "",
                (true, true) => "Saved on this device.",
                (true, false) => "Kept until you close this page; your browser blocks storage.",
            },
            can_reset,
        }
    }
}

impl SoundNote {
    /// Compares what was asked with what the browser tells, by [`Switch::ALL`]. Returns `None` if it
    /// did as it was asked.
    pub fn new(asked: Asked, told: [Report; 3]) -> Option<Self> {
        let mut line = "sound settings not followed:".to_owned();
        let (mut contrary, mut unknown) = (Vec::new(), Vec::new());
        let before = line.len();
        for (switch, report) in Switch::ALL.into_iter().zip(told) {
            let outcome = match (switch.is_on(asked.capture), report) {
                (true, Report::On) | (false, Report::Off) => continue,
                (true, Report::Off) => " asked on, is off;",
                (false, Report::On) => " asked off, is on;",
                (true, Report::Untold) => " asked on, not reported;",
                (false, Report::Untold) => " asked off, not reported;",
                (true, Report::Unsupported) => " asked on, not supported;",
                (false, Report::Unsupported) => " asked off, not supported;",
            };
            line.push(' ');
            line.push_str(switch.constraint());
            line.push_str(outcome);
            if !asked.is_set[switch as usize] {
                continue;
            }
            let names = match report {
                Report::On | Report::Off => &mut contrary,
                Report::Untold | Report::Unsupported => &mut unknown,
            };
            names.push(name(switch));
        }
        if line.len() == before {
            return None;
        }
        line.pop();
        let sentence = sentence(&contrary, &unknown);
        Some(Self { sentence, line })
    }
}

/// Of switches that stand otherwise than asked, and of those of which nothing is known.
fn sentence(contrary: &[&str], unknown: &[&str]) -> Option<String> {
    let (opening, first, second) = match (contrary, unknown) {
        ([], []) => return None,
        ([], unknown) => (
            "Your browser may not apply the sound settings for ",
            unknown,
            contrary,
        ),
        (contrary, unknown) => (
            "Your browser does not apply the sound settings for ",
            contrary,
            unknown,
        ),
    };
    let mut sentence = opening.to_owned();
    push_list(&mut sentence, first);
    if !second.is_empty() {
        sentence.push_str(", and may not apply those for ");
        push_list(&mut sentence, second);
    }
    sentence.push('.');
    Some(sentence)
}

fn push_list(text: &mut String, names: &[&str]) {
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            let is_last = place + 1 == names.len();
            text.push_str(if is_last { " and " } else { ", " });
        }
        text.push_str(name);
    }
}

/// As the panel names it, within a sentence.
fn name(switch: Switch) -> &'static str {
    match switch {
        Switch::EchoCancellation => "echo cancellation",
        Switch::NoiseSuppression => "noise suppression",
        Switch::AutoGainControl => "automatic volume",
    }
}
