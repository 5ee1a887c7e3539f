//! The settings: their panel, what the device remembers of them, and what the browser made of
//! them.

use inturn_page_core::settings::{Asked, Report, Settings, Switch};
use inturn_page_core::view::sound::{SettingsView, SoundNote};
use inturn_protocol::CaptureConfig;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{Event, HtmlButtonElement, HtmlElement, HtmlInputElement, MediaStreamTrack, Storage};

use super::document::{by_id, window};
use crate::browser::{BrowserError, Listener, note};

/// The panel, which the browser itself opens and closes, and the note beside the button.
pub(super) struct SettingsPanel {
    settings: Settings,
    /// Gone where the browser lets nothing be remembered.
    storage: Option<Storage>,
    opener: HtmlButtonElement,
    inputs: [HtmlInputElement; 3],
    announce: HtmlInputElement,
    remark: HtmlElement,
    reset: HtmlButtonElement,
    note: HtmlElement,
    _changes: [Listener; 4],
    _resets: Listener,
}

impl SettingsPanel {
    /// Finds it, and calls `chosen` when a switch of the sound is set, `announce` when lines are to be
    /// read out or not, and `reset` when all are given up.
    pub(super) fn find(
        chosen: impl Fn(Switch, bool) + Copy + 'static,
        announce: impl Fn(bool) + 'static,
        reset: impl Fn() + 'static,
    ) -> Result<Self, BrowserError> {
        let [echo, noise, gain] =
            Switch::ALL.map(|switch| input(switch.constraint(), move |on| chosen(switch, on)));
        let (echo, noise, gain) = (echo?, noise?, gain?);
        let announce = input(ANNOUNCE, announce)?;
        let button = by_id("settings-reset")?;
        Ok(Self {
            settings: Settings::new(CaptureConfig::default()),
            storage: storage(),
            opener: by_id("settings-button")?,
            inputs: [echo.0, noise.0, gain.0],
            announce: announce.0,
            remark: by_id("settings-remark")?,
            note: by_id("sound-note")?,
            _changes: [echo.1, noise.1, gain.1, announce.1],
            _resets: Listener::new(&button, "click", move |_: Event| reset())?,
            reset: button,
        })
    }

    /// Lets the person at the settings, now that the server's defaults are known.
    pub(super) fn open(&mut self, defaults: CaptureConfig) {
        self.settings = Settings::new(defaults);
        for switch in Switch::ALL {
            if let Some(text) = self.remembered(switch.constraint()) {
                self.settings.recall(switch, &text);
            }
        }
        if let Some(text) = self.remembered(ANNOUNCE) {
            self.settings.recall_announcing(&text);
        }
        self.show();
        self.opener.set_disabled(false);
    }

    pub(super) fn choose(&mut self, switch: Switch, on: bool) {
        let text = self.settings.choose(switch, on);
        self.remember(switch.constraint(), text);
        self.show();
    }

    pub(super) fn announce(&mut self, on: bool) {
        let text = self.settings.announce(on);
        self.remember(ANNOUNCE, text);
        self.show();
    }

    pub(super) fn announces(&self) -> bool {
        self.settings.announces()
    }

    pub(super) fn reset(&mut self) {
        self.settings.reset();
        for switch in Switch::ALL {
            self.remember(switch.constraint(), None);
        }
        self.remember(ANNOUNCE, None);
        // The button goes, and must not take the focus with it.
        let _ = self.inputs[0].focus();
        self.show();
    }

    /// What the next recording asks for.
    pub(super) fn asked(&self) -> Asked {
        self.settings.asked()
    }

    /// Says so if the browser does otherwise than it was asked.
    pub(super) fn check(&self, asked: Asked, tracks: &[MediaStreamTrack]) {
        for track in tracks {
            if let Some(view) = SoundNote::new(asked, Switch::ALL.map(|it| report(track, it))) {
                note(&view.line);
                self.note.set_text_content(view.sentence.as_deref());
                self.note.set_hidden(view.sentence.is_none());
            }
        }
    }

    /// Another recording begins.
    pub(super) fn clear_note(&self) {
        self.note.set_hidden(true);
        self.note.set_text_content(None);
    }

    fn remembered(&self, name: &str) -> Option<String> {
        self.storage.as_ref()?.get_item(&key(name)).ok()?
    }

    fn remember(&mut self, name: &str, text: Option<&str>) {
        let done = self.storage.as_ref().map(|storage| match text {
            Some(text) => storage.set_item(&key(name), text),
            None => storage.remove_item(&key(name)),
        });
        // The panel says so.
        if !matches!(done, Some(Ok(()))) {
            self.settings.not_remembered();
        }
    }

    fn show(&self) {
        let view = SettingsView::new(&self.settings);
        for (switch, input) in Switch::ALL.into_iter().zip(&self.inputs) {
            input.set_checked(switch.is_on(view.on));
        }
        self.announce.set_checked(view.announces);
        self.remark.set_text_content(Some(view.remark));
        self.reset.set_hidden(!view.can_reset);
    }
}

fn input(
    id: &str,
    chosen: impl Fn(bool) + 'static,
) -> Result<(HtmlInputElement, Listener), BrowserError> {
    let input: HtmlInputElement = by_id(id)?;
    let changed = input.clone();
    let changes = Listener::new(&input, "change", move |_: Event| {
        chosen(changed.checked());
    })?;
    Ok((input, changes))
}

/// What a track tells of a switch.
fn report(track: &MediaStreamTrack, switch: Switch) -> Report {
    let name = JsValue::from(switch.constraint());
    let told = Reflect::get(&track.get_settings(), &name).unwrap_or_default();
    // Echo cancellation may also be told by its kind, such as "all" or "remote-only".
    // https://w3c.github.io/mediacapture-main/#def-constraint-echoCancellation
    if told.as_bool() == Some(true) || told.is_string() {
        Report::On
    } else if told.as_bool() == Some(false) {
        Report::Off
    } else if is_supported(&name) {
        Report::Untold
    } else {
        Report::Unsupported
    }
}

fn is_supported(name: &JsValue) -> bool {
    let devices = window().and_then(|window| Ok(window.navigator().media_devices()?));
    let known = devices.map(|devices| devices.get_supported_constraints());
    known.is_ok_and(|known| Reflect::get(&known, name).is_ok_and(|known| known.is_truthy()))
}

/// Browsers that are told to keep nothing throw already here, or have none.
fn storage() -> Option<Storage> {
    window().ok()?.local_storage().ok()?
}

/// Pages of one origin share their storage, so the name says whose it is.
fn key(name: &str) -> String {
    ["inturn.", name].concat()
}

/// Its element, and what the device remembers it by.
const ANNOUNCE: &str = "announce";
