//! The sound settings in words, and the message about settings that the browser does not apply.

use inturn_protocol::CaptureConfig;

use crate::settings::{ReportedSetting, RequestedSettings, Settings, Switch};

/// The settings, as the panel shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsView {
    /// Which switches are on.
    pub on: CaptureConfig,
    /// Whether finished lines are read out.
    pub announces: bool,
    /// How long the choices are kept; empty if there are none.
    pub remark: &'static str,
    /// Whether there are choices to reset.
    pub can_reset: bool,
}

/// A message about sound settings that the browser does not apply. It is not an error: the
/// recording continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsMismatch {
    /// A sentence for the person, about the settings that the person or the operator set. It leaves
    /// out the others, because some browsers support only one value for a setting.
    pub sentence: Option<String>,
    /// A line for the console.
    pub log_line: String,
}

impl SettingsView {
    /// Shows `settings`.
    pub fn new(settings: &Settings) -> Self {
        let can_reset = settings.has_choices();
        Self {
            on: settings.capture(),
            announces: settings.announces(),
            remark: match (can_reset, settings.is_saved()) {
                (false, _) => "",
                (true, true) => "Saved on this device.",
                (true, false) => "Kept until you close this page; your browser blocks storage.",
            },
            can_reset,
        }
    }
}

impl SettingsMismatch {
    /// Compares the requested settings with the reported ones, in the order of [`Switch::ALL`].
    /// Returns `None` if the browser applies all of them.
    pub fn new(requested: RequestedSettings, reported: [ReportedSetting; 3]) -> Option<Self> {
        let mut log_line = "sound settings not followed:".to_owned();
        let (mut not_applied, mut unknown) = (Vec::new(), Vec::new());
        let prefix_len = log_line.len();
        for (switch, report) in Switch::ALL.into_iter().zip(reported) {
            let outcome = match (switch.is_on(requested.capture), report) {
                (true, ReportedSetting::On) | (false, ReportedSetting::Off) => continue,
                (true, ReportedSetting::Off) => " asked on, is off;",
                (false, ReportedSetting::On) => " asked off, is on;",
                (true, ReportedSetting::NotReported) => " asked on, not reported;",
                (false, ReportedSetting::NotReported) => " asked off, not reported;",
                (true, ReportedSetting::Unsupported) => " asked on, not supported;",
                (false, ReportedSetting::Unsupported) => " asked off, not supported;",
            };
            log_line.push(' ');
            log_line.push_str(switch.constraint());
            log_line.push_str(outcome);
            if !requested.is_set[switch as usize] {
                continue;
            }
            let names = match report {
                ReportedSetting::On | ReportedSetting::Off => &mut not_applied,
                ReportedSetting::NotReported | ReportedSetting::Unsupported => &mut unknown,
            };
            names.push(name(switch));
        }
        if log_line.len() == prefix_len {
            return None;
        }
        log_line.pop();
        let sentence = sentence(&not_applied, &unknown);
        Some(Self { sentence, log_line })
    }
}

/// Returns the sentence about the switches that are not applied and those of unknown state.
fn sentence(not_applied: &[&str], unknown: &[&str]) -> Option<String> {
    let (start, first, second) = match (not_applied, unknown) {
        ([], []) => return None,
        ([], unknown) => (
            "Your browser may not apply the sound settings for ",
            unknown,
            not_applied,
        ),
        (not_applied, unknown) => (
            "Your browser does not apply the sound settings for ",
            not_applied,
            unknown,
        ),
    };
    let mut sentence = start.to_owned();
    push_list(&mut sentence, first);
    if !second.is_empty() {
        sentence.push_str(", and may not apply those for ");
        push_list(&mut sentence, second);
    }
    sentence.push('.');
    Some(sentence)
}

fn push_list(text: &mut String, names: &[&str]) {
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            let is_last = index + 1 == names.len();
            text.push_str(if is_last { " and " } else { ", " });
        }
        text.push_str(name);
    }
}

/// The switch's name within a sentence, as in the panel.
fn name(switch: Switch) -> &'static str {
    match switch {
        Switch::EchoCancellation => "echo cancellation",
        Switch::NoiseSuppression => "noise suppression",
        Switch::AutoGainControl => "automatic volume",
    }
}
