//! The buttons, the state line, the level meter, the clock and the problem line.

use inturn_page_core::view::{
    Action, LevelView, PauseView, ProblemView, StateView, guard::BilledView,
};
use web_sys::{Document, Element, HtmlButtonElement, HtmlElement, KeyboardEvent, UiEvent};

use super::document::{by_id, document, set_text};
use crate::browser::Listener;

/// The elements below the transcript, and its placeholder.
pub(super) struct Controls {
    document: Document,
    button: HtmlButtonElement,
    label: Element,
    pause: HtmlButtonElement,
    pause_label: Element,
    scroller: HtmlElement,
    status: Element,
    level: HtmlElement,
    elapsed: Element,
    connected: Element,
    cost: Element,
    times: Element,
    placeholder: Element,
    problem: HtmlElement,
    sign_in: Element,
    reload: Element,
    _pressed: [Listener; 4],
}

impl Controls {
    /// Finds the elements. Each press of a button calls `pressed` with the action that the button
    /// offered, and with `true` for the second and later clicks of a double click.
    pub(super) fn find(pressed: impl Fn(Action, bool) + Copy + 'static) -> Self {
        let button: HtmlButtonElement = by_id("record");
        let pause: HtmlButtonElement = by_id("pause");
        let [clicks, keys] = listen(&button, pressed);
        let [pause_clicks, pause_keys] = listen(&pause, pressed);
        Self {
            document: document(),
            label: by_id("record-label"),
            status: by_id("status"),
            level: by_id("level"),
            elapsed: by_id("elapsed"),
            connected: by_id("connected"),
            cost: by_id("cost"),
            times: by_id("times"),
            placeholder: by_id("placeholder"),
            problem: by_id("problem"),
            sign_in: by_id("sign-in"),
            reload: by_id("reload"),
            button,
            pause_label: by_id("pause-label"),
            scroller: by_id("scroller"),
            pause,
            _pressed: [clicks, keys, pause_clicks, pause_keys],
        }
    }

    pub(super) fn show_state(&self, view: &StateView) {
        self.button.set_disabled(false);
        set(&self.button, ACTION, action_name(view.action));
        self.label.set_text_content(Some(view.label));
        self.show_pause(view.pause.as_ref());
        // Without this, screen readers would read a status that changes every second.
        set(
            &self.status,
            "aria-live",
            if view.is_announced { "polite" } else { "off" },
        );
        self.status.set_text_content(Some(&view.status));
        set(&self.status, "data-state", view.name);
        set_text(&self.placeholder, view.placeholder);
        self.document.set_title(&view.title);
        if !view.is_recording {
            self.show_level(0);
        }
    }

    fn show_pause(&self, view: Option<&PauseView>) {
        if let Some(view) = view {
            set(&self.pause, ACTION, action_name(view.action));
            set(&self.pause, "title", view.hint);
            set_text(&self.pause_label, view.label);
        } else if self.document.active_element().as_ref() == Some(self.pause.as_ref()) {
            // The focus must not get lost, and must not move to Record, where the next press of the
            // key would start another recording. Cannot fail for an element of this document.
            let _ = self.scroller.focus();
        }
        self.pause.set_hidden(view.is_none());
    }

    pub(super) fn show_meter(&self, view: &LevelView) {
        self.show_level(view.percent);
        set_text(&self.elapsed, &view.elapsed);
    }

    /// Shows the time and the cost below the clock, and both in its tooltip: there is no room for
    /// the time on a narrow page.
    pub(super) fn show_billed(&self, view: &BilledView) {
        set(&self.times, "title", &view.text());
        set_text(&self.connected, &view.connected);
        set_text(&self.cost, &view.cost);
    }

    fn show_level(&self, percent: u32) {
        // Changing a transform causes no layout.
        let _ = self
            .level
            .style()
            .set_property("transform", &format!("scaleX({percent}%)"));
    }

    /// Shows a problem. Its link to the sign-in page, if it has one, leads to `sign_in_url`.
    pub(super) fn show_problem(&self, view: &ProblemView, sign_in_url: &str) {
        set(&self.problem, "data-kind", view.kind);
        // Without this, screen readers would read a countdown every second.
        let live = if view.is_announced {
            "assertive"
        } else {
            "off"
        };
        set(&self.problem, "aria-live", live);
        self.problem.set_text_content(Some(&view.sentence));
        if let Some(label) = view.sign_in {
            self.sign_in.set_text_content(Some(label));
            set(&self.sign_in, "href", sign_in_url);
            // Cannot fail for elements of this document.
            let _ = self.problem.append_child(&self.sign_in);
        }
        if view.reload {
            let _ = self.problem.append_child(&self.reload);
        }
        self.problem.set_hidden(false);
    }

    pub(super) fn clear_problem(&self) {
        self.problem.set_hidden(true);
        self.problem.set_text_content(None);
        // Cannot fail for a valid attribute name.
        let _ = self.problem.remove_attribute("data-kind");
    }
}

fn listen(button: &HtmlButtonElement, pressed: impl Fn(Action, bool) + 'static) -> [Listener; 2] {
    let offered = button.clone();
    let clicks = Listener::new(button, "click", move |click: UiEvent| {
        pressed(offered_action(&offered), click.detail() > 1);
    });
    // Browsers click a button at each repetition of a held Enter key. A held Space key clicks once,
    // when it is released; preventing its repetitions would also prevent that click.
    let keys = Listener::new(button, "keydown", |key: KeyboardEvent| {
        if key.repeat() && key.key() == "Enter" {
            key.prevent_default();
        }
    });
    [clicks, keys]
}

fn offered_action(button: &HtmlButtonElement) -> Action {
    match button.get_attribute(ACTION).as_deref() {
        Some("stop") => Action::Stop,
        Some("pause") => Action::Pause,
        Some("resume") => Action::Resume,
        _ => Action::Record,
    }
}

fn action_name(action: Action) -> &'static str {
    match action {
        Action::Record => "record",
        Action::Stop => "stop",
        Action::Pause => "pause",
        Action::Resume => "resume",
    }
}

fn set(element: &Element, attribute: &str, value: &str) {
    // Fails only for a malformed attribute name.
    let _ = element.set_attribute(attribute, value);
}

/// The attribute that holds a button's current action.
const ACTION: &str = "data-action";
