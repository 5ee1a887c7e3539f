//! A page with a scripted recorder.

use inturn_client_core::session::{Device, Event, Progress, State};
use inturn_page_core::{
    messages::{ToPage, ToRecorder},
    page::{Effect, Input, MicrophoneRequest, Page},
    view::{Action, StateView},
};
use inturn_protocol::PageConfig;

/// Returns a page that is configured and has an idle recorder.
pub(crate) fn ready() -> Page {
    let mut page = Page::new();
    page.handle(Input::Configured(Ok(PageConfig::default())));
    page.handle(Input::Recorder(ToPage::Ready));
    page.handle(Input::Recorder(ToPage::Event(Event::State(State::Idle))));
    effects(&mut page);
    page
}

/// Returns a page that is recording.
pub(crate) fn recording() -> Page {
    let mut page = ready();
    begin(&mut page);
    report_state(&mut page, State::AwaitingMicrophone);
    handle(
        &mut page,
        Input::Recorder(ToPage::OpenMicrophone(Device::Chosen)),
    );
    let opened = Input::MicrophoneOpened {
        request: MicrophoneRequest(1),
        rate_hz: 48_000,
        device: "Headset".to_owned(),
    };
    handle(&mut page, opened);
    report_state(&mut page, State::Listening(Progress::Live));
    page
}

/// Presses Record, with an audio graph and the recording lock at once. Returns all effects.
pub(crate) fn begin(page: &mut Page) -> Vec<Effect> {
    let inputs = [
        press(Action::Record),
        Input::AudioOpened,
        Input::RecordingLock(true),
    ];
    inputs.map(|input| handle(page, input)).concat()
}

pub(crate) fn press(action: Action) -> Input {
    Input::Pressed {
        action,
        is_repeat: false,
    }
}

/// The recorder reports its state.
pub(crate) fn report_state(page: &mut Page, state: State) -> Vec<Effect> {
    report(page, Event::State(state))
}

/// The recorder reports an event.
pub(crate) fn report(page: &mut Page, event: Event) -> Vec<Effect> {
    handle(page, Input::Recorder(ToPage::Event(event)))
}

/// Handles one input. Returns its effects.
pub(crate) fn handle(page: &mut Page, input: Input) -> Vec<Effect> {
    page.handle(input);
    effects(page)
}

pub(crate) fn effects(page: &mut Page) -> Vec<Effect> {
    std::iter::from_fn(|| page.next_effect()).collect()
}

/// Returns the messages that are sent to the recorder.
pub(crate) fn sent(effects: &[Effect]) -> Vec<ToRecorder> {
    let messages = effects.iter().filter_map(|effect| match effect {
        Effect::Send(message) => Some(message.clone()),
        _ => None,
    });
    messages.collect()
}

/// Returns the last state shown.
pub(crate) fn shown(effects: &[Effect]) -> Option<StateView> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::ShowState(view) => Some(view.clone()),
        _ => None,
    })
}

/// Returns the kind and the sentence of the last problem shown, and whether it is announced.
pub(crate) fn problem(effects: &[Effect]) -> Option<(&'static str, String, bool)> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::ShowProblem { view, .. } => {
            Some((view.kind, view.sentence.clone(), view.is_announced))
        }
        _ => None,
    })
}

/// The recorder requests a microphone. Returns all effects.
pub(crate) fn open_microphone(page: &mut Page, device: Device) -> Vec<Effect> {
    handle(page, Input::Recorder(ToPage::OpenMicrophone(device)))
}

/// The microphone of this request was opened.
pub(crate) fn opened(number: u32) -> Input {
    Input::MicrophoneOpened {
        request: MicrophoneRequest(number),
        rate_hz: 44_100,
        device: "Other".to_owned(),
    }
}
