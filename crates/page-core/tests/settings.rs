//! The sound settings: whose they are, and what is said of a browser that does not follow them.

use inturn_page_core::settings::{Asked, Report, Settings, Switch};
use inturn_page_core::view::sound::{SettingsView, SoundNote};
use inturn_protocol::CaptureConfig;

use Report::{Off, On, Unsupported, Untold};
use Switch::{EchoCancellation, NoiseSuppression};

fn capture([echo_cancellation, noise_suppression, auto_gain_control]: [bool; 3]) -> CaptureConfig {
    CaptureConfig {
        echo_cancellation,
        noise_suppression,
        auto_gain_control,
    }
}

/// Asked for by somebody who set every switch.
fn set(on: [bool; 3]) -> Asked {
    Asked {
        capture: capture(on),
        is_set: [true; 3],
    }
}

#[test]
fn each_switch_is_the_constraint_of_its_name() {
    let names = Switch::ALL.map(Switch::constraint);
    assert_eq!(
        names,
        ["echoCancellation", "noiseSuppression", "autoGainControl"]
    );
    for (place, switch) in Switch::ALL.into_iter().enumerate() {
        let only: [bool; 3] = std::array::from_fn(|other| other == place);
        let on = Switch::ALL.map(|other| other.is_on(capture(only)));
        assert_eq!(on, only, "{switch:?}");
    }
}

#[test]
fn unless_somebody_chooses_the_servers_defaults_are_asked_for() {
    for defaults in combinations() {
        let settings = Settings::new(capture(defaults));
        assert_eq!(settings.capture(), capture(defaults));
        assert!(!SettingsView::new(&settings).can_reset);
    }
}

#[test]
fn a_choice_stands_over_the_default_of_its_switch_alone() {
    for defaults in combinations() {
        for (place, switch) in Switch::ALL.into_iter().enumerate() {
            let mut settings = Settings::new(capture(defaults));
            let on = !defaults[place];
            assert_eq!(
                settings.choose(switch, on),
                Some(if on { "on" } else { "off" })
            );
            let mut expected = defaults;
            expected[place] = on;
            assert_eq!(settings.capture(), capture(expected));
            assert_eq!(SettingsView::new(&settings).on, capture(expected));

            // Put back by hand, it follows the server again, and so is not remembered.
            assert_eq!(settings.choose(switch, !on), None);
            assert_eq!(settings.capture(), capture(defaults));
            assert!(!settings.is_chosen());
        }
    }
}

#[test]
fn what_is_remembered_stands_whatever_the_server_says_later() {
    let mut before = Settings::new(capture([true; 3]));
    let kept = before.choose(NoiseSuppression, false).expect("a choice");
    for defaults in combinations() {
        let mut settings = Settings::new(capture(defaults));
        settings.recall(NoiseSuppression, kept);
        let expected = [defaults[0], false, defaults[2]];
        assert_eq!(settings.capture(), capture(expected));
        assert!(SettingsView::new(&settings).can_reset);
        settings.reset();
        assert_eq!(settings.capture(), capture(defaults));
    }
}

#[test]
fn what_the_device_remembers_wrongly_counts_as_nothing() {
    for text in ["", "ON", "true", "1", "null", "on ", "\u{0}"] {
        let mut settings = Settings::new(capture([true, false, true]));
        for switch in Switch::ALL {
            settings.recall(switch, text);
        }
        assert_eq!(settings.capture(), capture([true, false, true]), "{text:?}");
        assert!(!settings.is_chosen(), "{text:?}");
    }
}

#[test]
fn the_panel_says_how_long_a_choice_is_kept() {
    let mut settings = Settings::new(CaptureConfig::default());
    let remark = |settings: &Settings| SettingsView::new(settings).remark;
    assert_eq!(remark(&settings), "");
    settings.choose(EchoCancellation, false);
    assert_eq!(remark(&settings), "Saved on this device.");
    settings.not_remembered();
    assert!(remark(&settings).starts_with("Kept until you close this page"));
    settings.reset();
    assert_eq!(remark(&settings), "");
    settings.choose(EchoCancellation, false);
    assert_eq!(remark(&settings), "Saved on this device.");
}

#[test]
fn a_browser_that_does_as_it_is_asked_is_not_talked_about() {
    for asked in combinations() {
        let told = asked.map(|on| if on { On } else { Off });
        assert_eq!(SoundNote::new(set(asked), told), None, "{asked:?}");
    }
}

#[test]
fn whatever_departs_from_what_was_asked_is_named_and_nothing_else() {
    let reports = [On, Off, Untold, Unsupported];
    let names = ["echo cancellation", "noise suppression", "automatic volume"];
    for asked in combinations() {
        for pick in 0..64 {
            let told = [pick % 4, pick / 4 % 4, pick / 16].map(|place| reports[place]);
            let departs: [bool; 3] = std::array::from_fn(|place| match told[place] {
                On => !asked[place],
                Off => asked[place],
                Untold | Unsupported => true,
            });
            let what = format!("{asked:?} {told:?}");
            let Some(note) = SoundNote::new(set(asked), told) else {
                assert_eq!(departs, [false; 3], "{what}");
                continue;
            };
            let sentence = note.sentence.expect("every switch was set");
            for place in 0..3 {
                let constraint = Switch::ALL[place].constraint();
                assert_eq!(sentence.contains(names[place]), departs[place], "{what}");
                assert_eq!(note.line.contains(constraint), departs[place], "{what}");
            }
            assert!(sentence.starts_with("Your browser "), "{sentence}");
            assert_eq!(sentence.matches('.').count(), 1, "{sentence}");
            assert!(sentence.ends_with('.'), "{sentence}");
            assert!(
                !sentence.contains("  ") && !note.line.contains("  "),
                "{what}"
            );
            assert!(!note.line.contains('\n'), "{what}");
        }
    }
}

#[test]
fn a_browser_that_does_otherwise_is_said_in_one_sentence() {
    let table: &[([bool; 3], [Report; 3], &str, &str)] = &[
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
            [On, Untold, Unsupported],
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
    for (asked, told, sentence, line) in table {
        let note = SoundNote::new(set(*asked), *told).expect("it departs");
        assert_eq!(note.sentence.as_deref(), Some(*sentence));
        assert_eq!(note.line, format!("sound settings not followed: {line}"));
    }
}

#[test]
fn a_person_hears_of_a_switch_only_if_somebody_set_it() {
    // As Safari reports it: two switches that it does not know.
    let told = [On, Unsupported, Unsupported];
    let sentence = |settings: &Settings| {
        let note = SoundNote::new(settings.asked(), told).expect("the console has a line");
        assert!(note.line.contains("noiseSuppression"), "{}", note.line);
        note.sentence
    };
    let mut settings = Settings::new(CaptureConfig::default());
    assert_eq!(sentence(&settings), None, "nobody changed anything");

    settings.choose(NoiseSuppression, false);
    let told_of = sentence(&settings).expect("the person turned it off");
    assert!(told_of.contains("noise suppression"), "{told_of}");
    assert!(!told_of.contains("automatic volume"), "{told_of}");
    settings.reset();
    assert_eq!(sentence(&settings), None, "taken back");

    let operator = Settings::new(capture([true, true, false]));
    let told_of = sentence(&operator).expect("the operator turned it off");
    assert!(!told_of.contains("noise suppression"), "{told_of}");
    assert!(told_of.contains("automatic volume"), "{told_of}");
}

#[test]
fn lines_are_read_out_only_once_a_person_turns_it_on() {
    let mut settings = Settings::new(CaptureConfig::default());
    assert!(!settings.announces());
    assert_eq!(settings.announce(true), Some("on"));
    assert!(settings.announces() && SettingsView::new(&settings).announces);
    assert!(SettingsView::new(&settings).can_reset);
    assert_eq!(settings.announce(false), None);
    assert!(!settings.announces() && !SettingsView::new(&settings).can_reset);

    settings.recall_announcing("on");
    assert!(settings.announces());
    settings.reset();
    assert!(!settings.announces());
    for text in ["", "off", "ON", "true"] {
        settings.recall_announcing(text);
        assert!(!settings.announces(), "{text:?}");
    }
}

/// Every way in which three switches can stand.
fn combinations() -> impl Iterator<Item = [bool; 3]> {
    (0..8).map(|bits| [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0])
}
