//! The screen stays on while the microphone is on.

use inturn_client_core::session::State;
use inturn_page_core::{
    messages::ToPage,
    page::{Effect, Input},
};

use crate::support::{effects, handle, ready, recording, report_state};

/// Returns the last request for the screen, if there is one.
fn screen(effects: &[Effect]) -> Option<bool> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::KeepScreenOn(on) => Some(*on),
        _ => None,
    })
}

#[test]
fn the_screen_stays_on_from_the_microphones_start_to_its_end() {
    let mut page = inturn_page_core::page::Page::new();
    assert_eq!(screen(&effects(&mut page)), None);
    let mut page = recording();
    // The state changes, and the lock stays.
    assert_eq!(screen(&report_state(&mut page, State::Connecting)), None);
    let stopped = handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(screen(&stopped), Some(false));
}

#[test]
fn the_lock_is_requested_again_when_the_page_is_shown() {
    let mut page = recording();
    assert_eq!(screen(&handle(&mut page, Input::Shown)), Some(true));
    handle(&mut page, Input::Recorder(ToPage::CloseMicrophone));
    assert_eq!(screen(&handle(&mut page, Input::Shown)), None);
}

#[test]
fn an_idle_page_lets_the_screen_turn_off() {
    let mut page = ready();
    assert_eq!(screen(&handle(&mut page, Input::Shown)), None);
}

#[test]
fn leaving_the_page_releases_the_lock() {
    let mut page = recording();
    assert_eq!(screen(&handle(&mut page, Input::Leaving)), Some(false));
    assert_eq!(screen(&handle(&mut page, Input::Restored)), None);
}
