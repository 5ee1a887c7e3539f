//! The Export menu.

use inturn_page_core::export::{Choices, Format};
use inturn_web_browser::{
    BrowserError, Listener,
    dom::{by_id, document, set_text},
};
use wasm_bindgen::prelude::*;
use web_sys::{Event, HtmlButtonElement, HtmlElement, HtmlInputElement};

use crate::choices;

/// What a person does in the menu.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// Opens the menu by a pointer. Browsers may end the selection after that.
    Pointed,
    /// Opens the menu.
    Opened,
    /// Closes the menu.
    Closed,
    /// Changes what text contains.
    Chose,
    /// Presses Copy all.
    CopyAll,
    /// Presses Copy selection.
    CopySelection,
    /// Presses Print.
    Print,
    /// Presses the button of a format.
    Download(Format),
}

/// The menu and its button in the header.
pub(crate) struct Panel {
    opener: HtmlButtonElement,
    panel: HtmlElement,
    copy_selection: HtmlElement,
    times: HtmlInputElement,
    names: HtmlInputElement,
    status: HtmlElement,
    _listeners: Vec<Listener>,
}

impl Panel {
    /// Fills the menu. Calls `act` for all that a person does in it.
    pub(crate) fn fill(act: fn(Command), choices: Choices) -> Result<Self, BrowserError> {
        let opener: HtmlButtonElement = by_id("export-button");
        let panel: HtmlElement = by_id("export");
        panel.set_inner_html(include_str!("panel.html"));
        let times = switch("export-times", choices.times);
        let names = switch("export-names", choices.names);
        let mut listeners = vec![
            Listener::new(&opener, "pointerdown", move |_: Event| {
                act(Command::Pointed)
            }),
            Listener::new(&times, "change", move |_: Event| act(Command::Chose)),
            Listener::new(&names, "change", move |_: Event| act(Command::Chose)),
        ];
        let toggled = panel.clone();
        listeners.push(Listener::new(&panel, "toggle", move |_: Event| {
            act(if is_open(&toggled) {
                Command::Opened
            } else {
                Command::Closed
            });
        }));
        for (id, command) in [
            ("copy-all", Command::CopyAll),
            ("copy-selection", Command::CopySelection),
            ("print", Command::Print),
        ] {
            let button: HtmlElement = by_id(id);
            listeners.push(Listener::new(&button, "click", move |_: Event| {
                act(command)
            }));
        }
        let formats: HtmlElement = by_id("export-formats");
        for format in Format::ALL {
            let button: HtmlButtonElement = document().create_element("button")?.unchecked_into();
            button.set_type("button");
            button.set_text_content(Some(format.label()));
            button.set_attribute("data-format", format.extension())?;
            formats.append_child(&button)?;
            let download = move |_: Event| act(Command::Download(format));
            listeners.push(Listener::new(&button, "click", download));
        }
        if is_open(&panel) {
            // It was opened before this module was loaded.
            by_id::<HtmlElement>("copy-all").focus()?;
        }
        Ok(Self {
            opener,
            copy_selection: by_id("copy-selection"),
            times,
            names,
            status: by_id("export-status"),
            panel,
            _listeners: listeners,
        })
    }

    /// The menu's element.
    pub(crate) fn element(&self) -> &HtmlElement {
        &self.panel
    }

    /// The choices that the switches show.
    pub(crate) fn choices(&self) -> Choices {
        Choices {
            times: self.times.checked(),
            of_day: choices::is_of_day(),
            names: self.names.checked(),
        }
    }

    /// Enables the menu's button if there are words.
    pub(crate) fn enable(&self, has_words: bool) {
        self.opener.set_disabled(!has_words);
    }

    /// Shows or hides Copy selection.
    pub(crate) fn offer_selection(&self, is_offered: bool) {
        self.copy_selection.set_hidden(!is_offered);
    }

    /// Shows what has happened.
    pub(crate) fn show_status(&self, status: &str) {
        set_text(&self.status, status);
    }
}

fn switch(id: &str, is_on: bool) -> HtmlInputElement {
    let input: HtmlInputElement = by_id(id);
    input.set_checked(is_on);
    input
}

fn is_open(panel: &HtmlElement) -> bool {
    panel.matches(":popover-open").unwrap_or(false)
}
