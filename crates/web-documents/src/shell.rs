//! What this module owns, and what it does with it.

use std::cell::{Cell, RefCell};

use inturn_page_core::{
    Followed, Follower,
    edits::Edit,
    export::{COPIED, COPY_REFUSED, CRASHED, copied, downloaded},
    messages::ToPage,
};
use inturn_transcript::{Change, Document, Place, RecordingId, RecordingInfo, TurnId};
use inturn_web_browser::{
    BrowserError, Listener,
    dom::{document, window},
    ok_or_warn, spawn,
};
use wasm_bindgen::prelude::*;
use web_sys::{ClipboardEvent, Element, HtmlElement, KeyboardEvent};

use crate::{
    audio, choices,
    clipboard::copy,
    download::Download,
    edits::{self, Shown, send_to_recorder},
    history::{self, PageHas},
    messages::{Messages, Received, kept},
    panel::{Command, Panel},
    selection::{Selected, select_all, selected},
    style,
    unicode::UNICODE,
};

thread_local! {
    /// It lives as long as the document.
    static SHELL: RefCell<Option<Shell>> = const { RefCell::new(None) };
    /// The listeners for the style sheet.
    static STYLE: RefCell<Option<[Listener; 2]>> = const { RefCell::new(None) };
    /// After a panic no code of this module may run.
    static HAS_CRASHED: Cell<bool> = const { Cell::new(false) };
}

struct Shell {
    follower: Follower,
    panel: Panel,
    /// What was selected when the menu was opened.
    selection: Option<(Place, Place)>,
    /// The last file, which the browser may still read.
    download: Option<Download>,
    _messages: Messages,
    _listeners: Vec<Listener>,
}

/// Logs panics, and shows that the menu does not work any more. The recording is not affected.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        HAS_CRASHED.set(true);
        web_sys::console::error_1(&format!("inturn: export: {panic}").into());
        if let Some(panel) = document().get_element_by_id("export") {
            panel.set_text_content(Some(CRASHED));
        }
    }));
}

/// Loads the style sheet. When it is there, fills the menu.
pub(crate) fn start() -> Result<(), BrowserError> {
    let listeners = style::load(|| {
        ok_or_warn("the export menu could not be filled", fill());
    })?;
    STYLE.set(Some(listeners));
    Ok(())
}

fn fill() -> Result<(), BrowserError> {
    let mut follower = Follower::default();
    for received in kept() {
        match received {
            Received::Message(message) => drop(follower.handle(message)),
            Received::Unstored(failure) => history::report(failure),
        }
    }
    let messages = Messages::receive(|received| match received {
        Received::Message(message) => drop(with_shell(|shell| shell.handle(message))),
        Received::Unstored(failure) => history::report(failure),
    })?;
    let page = document();
    let listeners = vec![
        Listener::new(&page, "copy", copy_selected),
        Listener::new(&page, "keydown", select_transcript),
    ];
    let shell = Shell {
        follower,
        panel: Panel::fill(act, choices::load())?,
        selection: None,
        download: None,
        _messages: messages,
        _listeners: listeners,
    };
    shell.enable();
    SHELL.set(Some(shell));
    history::start(page_has);
    Ok(())
}

/// Runs `f` on the shell. Returns `None` after a crash, and if the shell is in use: some calls of
/// the browser cause an event at once.
fn with_shell<T>(f: impl FnOnce(&mut Shell) -> T) -> Option<T> {
    if HAS_CRASHED.get() {
        return None;
    }
    SHELL.with(|shell| Some(f(shell.try_borrow_mut().ok()?.as_mut()?)))
}

/// What the page shows, compared with a recording.
fn page_has(id: RecordingId) -> PageHas {
    let of = |words: &Document| match words.part(id) {
        Some(_) => PageHas::It,
        None if words.is_empty() => PageHas::Nothing,
        None => PageHas::Others,
    };
    with_words(of).unwrap_or(PageHas::Others)
}

/// Runs `f` on the page's document, like [`with_shell`].
pub(crate) fn with_words<T>(f: impl FnOnce(&Document) -> T) -> Option<T> {
    with_shell(|shell| f(shell.follower.document()))
}

/// Does what a person wants, outside of the borrow of the shell where the browser calls back.
fn act(command: Command) {
    match command {
        Command::Pointed => drop(with_shell(Shell::keep_selection)),
        Command::Opened => drop(with_shell(Shell::opened)),
        Command::Closed => drop(with_shell(|shell| shell.selection = None)),
        Command::Chose => drop(with_shell(|shell| choices::store(shell.panel.choices()))),
        Command::CopyAll => start_copy(with_shell(|shell| shell.copy_of(None))),
        Command::CopySelection => start_copy(with_shell(|shell| shell.copy_of(shell.selection))),
        Command::Print => {
            ok_or_warn("no print", window().print().map_err(BrowserError::from));
        }
        Command::Download(format) => {
            let link = with_shell(|shell| {
                let words = shell.follower.document();
                let name = format.file_name(words);
                let content = format.write(words, shell.panel.choices(), UNICODE);
                let download = Download::new(&content, format.media_type())?;
                let link = download.link(&name)?;
                shell.download = Some(download);
                shell.panel.show_status(&downloaded(&name));
                Ok::<_, BrowserError>(link)
            });
            if let Some(link) = link.and_then(|it| ok_or_warn("no file was made", it)) {
                link.click();
            }
        }
    }
}

/// Copies a text, and shows whether that worked.
fn start_copy(copy_of: Option<(String, HtmlElement)>) {
    let Some((text, panel)) = copy_of else {
        return;
    };
    spawn(async move {
        let is_copied = copy(&text, &panel).await;
        with_shell(|shell| {
            shell
                .panel
                .show_status(if is_copied { COPIED } else { COPY_REFUSED });
        });
    });
}

/// Puts clean text on the clipboard if the selection includes several lines of the transcript.
/// Within a line, the browser copies just what is selected.
fn copy_selected(event: ClipboardEvent) {
    let text = with_shell(|shell| {
        let words = shell.follower.document();
        let Selected {
            places,
            is_within_row,
        } = selected(words)?;
        (!is_within_row).then(|| shell.text_of(Some(places)))
    });
    if let Some(text) = text.flatten()
        && let Some(clipboard) = event.clipboard_data()
        && clipboard.set_data("text/plain", &text).is_ok()
    {
        event.prevent_default();
    }
}

/// Selects only the transcript on Ctrl+A, not the whole page.
fn select_transcript(event: KeyboardEvent) {
    let is_all = event.key().eq_ignore_ascii_case("a");
    let has_modifiers = event.ctrl_key() != event.meta_key() && !event.alt_key();
    let is_field = event
        .target()
        .and_then(|it| it.dyn_into::<Element>().ok())
        .is_some_and(|it| it.matches(FIELDS).unwrap_or(false));
    if !is_all || !has_modifiers || event.shift_key() || is_field {
        return;
    }
    if with_shell(|shell| !shell.follower.document().is_empty()) == Some(true) {
        event.prevent_default();
        select_all();
    }
}

/// Does what a person has edited on the page, or in the past transcript that is open. Returns
/// `false` if there is no such turn, or after a crash.
pub(crate) fn edit(is_past: bool, turn: TurnId, edit: Edit<'_>) -> bool {
    let made = with_shell(|shell| {
        if is_past {
            history::edited(turn, edit)
        } else {
            edit.made_in(shell.follower.document(), turn)
        }
    });
    let Some((info, changes)) = made.flatten() else {
        return false;
    };
    for change in changes {
        history::apply(info.id, &change);
        with_shell(|shell| shell.edit(info, change));
    }
    true
}

impl Shell {
    fn enable(&self) {
        let has_words = !self.follower.document().is_empty();
        self.panel.enable(has_words);
        edits::enable(has_words);
    }

    fn handle(&mut self, message: ToPage) {
        let followed = self.follower.handle(message);
        self.show(&followed);
        for (info, change) in followed.unstored {
            history::store(info, change);
        }
    }

    fn show(&self, followed: &Followed) {
        if !followed.changes.is_empty() {
            self.enable();
            edits::show(Shown::OnPage, self.follower.document(), followed);
        }
    }

    /// Applies a person's change of a recording, and stores it.
    fn edit(&mut self, info: RecordingInfo, change: Change) {
        let followed = self.follower.edit(info.id, change.clone());
        self.show(&followed);
        if self.follower.is_recording(info.id) && send_to_recorder(&change) {
            self.follower.sent_edit(info, change);
        } else {
            history::store(info, change);
        }
    }

    /// Remembers the selection if there is one.
    fn keep_selection(&mut self) {
        if let Some(selected) = selected(self.follower.document()) {
            self.selection = Some(selected.places);
        }
    }

    fn opened(&mut self) {
        self.keep_selection();
        self.panel.offer_selection(self.selection.is_some());
        self.panel.show_status("");
        audio::offer("export", self.follower.document());
    }

    fn text_of(&self, places: Option<(Place, Place)>) -> String {
        let words = self.follower.document();
        let part: Option<Document> = places.map(|(from, to)| words.selected(from, to));
        copied(part.as_ref().unwrap_or(words), self.panel.choices())
    }

    /// Returns the text to copy, and the menu.
    fn copy_of(&self, places: Option<(Place, Place)>) -> (String, HtmlElement) {
        (self.text_of(places), self.panel.element().clone())
    }
}

/// Elements with text of their own to select.
const FIELDS: &str = "input, textarea, select, [contenteditable]";
