//! A page whose recorder is a script.

use inturn_client_core::session::{Event, State};
use inturn_page_core::messages::{ToPage, ToRecorder};
use inturn_page_core::page::{Ask, Effect, Input, Page};
use inturn_page_core::view::Action;
use inturn_protocol::PageConfig;

/// A page that is configured and has an idle recorder.
pub(crate) fn ready() -> Page {
    let mut page = Page::new();
    page.handle(Input::Configured(Ok(PageConfig::default())));
    page.handle(Input::Recorder(ToPage::Ready));
    page.handle(Input::Recorder(ToPage::Event(Event::State(State::Idle))));
    effects(&mut page);
    page
}

/// A page that records.
pub(crate) fn recording() -> Page {
    let mut page = ready();
    give(&mut page, press(Action::Record));
    give(&mut page, Input::AudioOpened);
    say(&mut page, State::AwaitingMicrophone);
    give(&mut page, Input::Recorder(ToPage::OpenMicrophone));
    let opened = Input::MicrophoneOpened {
        ask: Ask(1),
        rate_hz: 48_000,
    };
    give(&mut page, opened);
    say(&mut page, State::Listening);
    page
}

pub(crate) fn press(action: Action) -> Input {
    Input::Pressed {
        action,
        is_repeat: false,
    }
}

/// The recorder says what state it is in.
pub(crate) fn say(page: &mut Page, state: State) -> Vec<Effect> {
    hear(page, Event::State(state))
}

/// The recorder says that something happened.
pub(crate) fn hear(page: &mut Page, event: Event) -> Vec<Effect> {
    give(page, Input::Recorder(ToPage::Event(event)))
}

/// Gives one input. Returns what it leads to.
pub(crate) fn give(page: &mut Page, input: Input) -> Vec<Effect> {
    page.handle(input);
    effects(page)
}

pub(crate) fn effects(page: &mut Page) -> Vec<Effect> {
    std::iter::from_fn(|| page.next_effect()).collect()
}

/// What is sent to the recorder.
pub(crate) fn sent(effects: &[Effect]) -> Vec<ToRecorder> {
    let messages = effects.iter().filter_map(|effect| match effect {
        Effect::Tell(message) => Some(message.clone()),
        _ => None,
    });
    messages.collect()
}

/// The kind and the sentence of the problem that is shown, and whether it is news.
pub(crate) fn problem(effects: &[Effect]) -> Option<(&'static str, String, bool)> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::ShowProblem { view, .. } => Some((view.kind, view.sentence.clone(), view.is_news)),
        _ => None,
    })
}
