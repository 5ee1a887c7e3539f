//! The sound settings: defaults, choices, and the message about settings that are not applied.

use ReportedSetting::{NotReported, Off, On, Unsupported};
use Switch::{EchoCancellation, NoiseSuppression};
use inturn_page_core::{
    settings::{ReportedSetting, RequestedSettings, Settings, Switch},
    view::sound::{SettingsMismatch, SettingsView},
};
use inturn_protocol::CaptureConfig;

fn capture([echo_cancellation, noise_suppression, auto_gain_control]: [bool; 3]) -> CaptureConfig {
    CaptureConfig {
        echo_cancellation,
        noise_suppression,
        auto_gain_control,
    }
}

/// Returns requested settings of which every switch was set.
fn set(on: [bool; 3]) -> RequestedSettings {
    RequestedSettings {
        capture: capture(on),
        is_set: [true; 3],
    }
}

#[test]
fn each_switch_maps_to_its_constraint() {
    let names = Switch::ALL.map(Switch::constraint);
    assert_eq!(
        names,
        ["echoCancellation", "noiseSuppression", "autoGainControl"]
    );
    for (index, switch) in Switch::ALL.into_iter().enumerate() {
        let only: [bool; 3] = std::array::from_fn(|other| other == index);
        let on = Switch::ALL.map(|other| other.is_on(capture(only)));
        assert_eq!(on, only, "{switch:?}");
    }
}

#[test]
fn without_choices_the_servers_defaults_are_requested() {
    for defaults in combinations() {
        let settings = Settings::new(capture(defaults));
        assert_eq!(settings.capture(), capture(defaults));
        assert!(!SettingsView::new(&settings).can_reset);
    }
}

#[test]
fn a_choice_overrides_the_default_of_its_switch_only() {
    for defaults in combinations() {
        for (index, switch) in Switch::ALL.into_iter().enumerate() {
            let mut settings = Settings::new(capture(defaults));
            let on = !defaults[index];
            assert_eq!(
                settings.set(switch, on),
                Some(if on { "on" } else { "off" })
            );
            let mut expected = defaults;
            expected[index] = on;
            assert_eq!(settings.capture(), capture(expected));
            assert_eq!(SettingsView::new(&settings).on, capture(expected));

            // A switch that is set back follows the server again and is not stored.
            assert_eq!(settings.set(switch, !on), None);
            assert_eq!(settings.capture(), capture(defaults));
            assert!(!settings.has_choices());
        }
    }
}

#[test]
fn a_stored_choice_overrides_later_defaults_of_the_server() {
    let mut before = Settings::new(capture([true; 3]));
    let kept = before.set(NoiseSuppression, false).expect("a choice");
    for defaults in combinations() {
        let mut settings = Settings::new(capture(defaults));
        settings.load(NoiseSuppression, kept);
        let expected = [defaults[0], false, defaults[2]];
        assert_eq!(settings.capture(), capture(expected));
        assert!(SettingsView::new(&settings).can_reset);
        settings.reset();
        assert_eq!(settings.capture(), capture(defaults));
    }
}

#[test]
fn an_invalid_stored_text_counts_as_no_choice() {
    for text in ["", "ON", "true", "1", "null", "on ", "\u{0}"] {
        let mut settings = Settings::new(capture([true, false, true]));
        for switch in Switch::ALL {
            settings.load(switch, text);
        }
        assert_eq!(settings.capture(), capture([true, false, true]), "{text:?}");
        assert!(!settings.has_choices(), "{text:?}");
    }
}

#[test]
fn the_panel_says_how_long_a_choice_is_kept() {
    let mut settings = Settings::new(CaptureConfig::default());
    let remark = |settings: &Settings| SettingsView::new(settings).remark;
    assert_eq!(remark(&settings), "");
    settings.set(EchoCancellation, false);
    assert_eq!(remark(&settings), "Saved on this device.");
    settings.mark_unsaved();
    assert!(remark(&settings).starts_with("Kept until you close this page"));
    settings.reset();
    assert_eq!(remark(&settings), "");
    settings.set(EchoCancellation, false);
    assert_eq!(remark(&settings), "Saved on this device.");
}

#[test]
fn a_browser_that_applies_every_setting_causes_no_message() {
    for requested in combinations() {
        let reported = requested.map(|on| if on { On } else { Off });
        assert_eq!(
            SettingsMismatch::new(set(requested), reported),
            None,
            "{requested:?}"
        );
    }
}

#[test]
fn exactly_the_settings_that_are_not_applied_are_named() {
    let reports = [On, Off, NotReported, Unsupported];
    let names = ["echo cancellation", "noise suppression", "automatic volume"];
    for requested in combinations() {
        for pick in 0..64 {
            let reported = [pick % 4, pick / 4 % 4, pick / 16].map(|index| reports[index]);
            let is_named: [bool; 3] = std::array::from_fn(|index| match reported[index] {
                On => !requested[index],
                Off => requested[index],
                NotReported | Unsupported => true,
            });
            let what = format!("{requested:?} {reported:?}");
            let Some(mismatch) = SettingsMismatch::new(set(requested), reported) else {
                assert_eq!(is_named, [false; 3], "{what}");
                continue;
            };
            let sentence = mismatch.sentence.expect("every switch was set");
            for index in 0..3 {
                let constraint = Switch::ALL[index].constraint();
                assert_eq!(sentence.contains(names[index]), is_named[index], "{what}");
                assert_eq!(
                    mismatch.log_line.contains(constraint),
                    is_named[index],
                    "{what}"
                );
            }
            assert!(sentence.starts_with("Your browser "), "{sentence}");
            assert_eq!(sentence.matches('.').count(), 1, "{sentence}");
            assert!(sentence.ends_with('.'), "{sentence}");
            assert!(
                !sentence.contains("  ") && !mismatch.log_line.contains("  "),
                "{what}"
            );
            assert!(!mismatch.log_line.contains('\n'), "{what}");
        }
    }
}

#[test]
fn settings_that_are_not_applied_are_named_in_one_sentence() {
    let table: &[([bool; 3], [ReportedSetting; 3], &str, &str)] = &[
        (
            [false, true, true],
            [On, On, On],
            "Your browser does not apply the sound settings for echo cancellation.",
            "echoCancellation asked off, is on",
        ),
        (
            [true, true, false],
            [On, Off, Off],
            "Your browser does not apply the sound settings for noise suppression.",
            "noiseSuppression asked on, is off",
        ),
        (
            [false, false, true],
            [On, On, Off],
            "Your browser does not apply the sound settings for echo cancellation, noise \
             suppression and automatic volume.",
            "echoCancellation asked off, is on; noiseSuppression asked off, is on; \
             autoGainControl asked on, is off",
        ),
        (
            [true, true, false],
            [On, NotReported, Unsupported],
            "Your browser may not apply the sound settings for noise \
             suppression and automatic volume.",
            "noiseSuppression asked on, not reported; autoGainControl asked off, not supported",
        ),
        (
            [false, true, true],
            [On, Unsupported, Unsupported],
            "Your browser does not apply the sound settings for echo cancellation, and may not \
             apply those for noise suppression and automatic volume.",
            "echoCancellation asked off, is on; noiseSuppression asked on, not supported; \
             autoGainControl asked on, not supported",
        ),
        (
            [true, true, true],
            [Unsupported, Unsupported, Unsupported],
            "Your browser may not apply the sound settings for echo \
             cancellation, noise suppression and automatic volume.",
            "echoCancellation asked on, not supported; noiseSuppression asked on, not supported; \
             autoGainControl asked on, not supported",
        ),
    ];
    for (requested, reported, sentence, line) in table {
        let mismatch =
            SettingsMismatch::new(set(*requested), *reported).expect("a setting is not applied");
        assert_eq!(mismatch.sentence.as_deref(), Some(*sentence));
        assert_eq!(
            mismatch.log_line,
            format!("sound settings not followed: {line}")
        );
    }
}

#[test]
fn the_sentence_names_only_switches_that_a_person_or_the_operator_set() {
    // Safari does not support two of the switches.
    let reported = [On, Unsupported, Unsupported];
    let sentence = |settings: &Settings| {
        let mismatch =
            SettingsMismatch::new(settings.requested(), reported).expect("the console has a line");
        assert!(
            mismatch.log_line.contains("noiseSuppression"),
            "{}",
            mismatch.log_line
        );
        mismatch.sentence
    };
    let mut settings = Settings::new(CaptureConfig::default());
    assert_eq!(sentence(&settings), None, "no switch was set");

    settings.set(NoiseSuppression, false);
    let text = sentence(&settings).expect("the person turned it off");
    assert!(text.contains("noise suppression"), "{text}");
    assert!(!text.contains("automatic volume"), "{text}");
    settings.reset();
    assert_eq!(sentence(&settings), None, "the choice was reset");

    let operator = Settings::new(capture([true, true, false]));
    let text = sentence(&operator).expect("the operator turned it off");
    assert!(!text.contains("noise suppression"), "{text}");
    assert!(text.contains("automatic volume"), "{text}");
}

#[test]
fn lines_are_read_out_only_after_a_person_turns_it_on() {
    let mut settings = Settings::new(CaptureConfig::default());
    assert!(!settings.announces());
    assert_eq!(settings.set_announce(true), Some("on"));
    assert!(settings.announces() && SettingsView::new(&settings).announces);
    assert!(SettingsView::new(&settings).can_reset);
    assert_eq!(settings.set_announce(false), None);
    assert!(!settings.announces() && !SettingsView::new(&settings).can_reset);

    settings.load_announce("on");
    assert!(settings.announces());
    settings.reset();
    assert!(!settings.announces());
    for text in ["", "off", "ON", "true"] {
        settings.load_announce(text);
        assert!(!settings.announces(), "{text:?}");
    }
}

/// Every combination of three switches.
fn combinations() -> impl Iterator<Item = [bool; 3]> {
    (0..8).map(|bits| [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0])
}
