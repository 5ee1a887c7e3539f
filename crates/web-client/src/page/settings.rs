//! The sound settings: their panel, what the device remembers of them, and what the browser made of
//! them.

use inturn_client_core::capture::{Report, Settings, Switch};
use inturn_client_core::view::sound::{SettingsView, SoundNote};
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
    remark: HtmlElement,
    reset: HtmlButtonElement,
    note: HtmlElement,
    _changes: [Listener; 3],
    _resets: Listener,
}

impl SettingsPanel {
    /// Finds it, and calls `chosen` when a switch is set and `reset` when all are given up.
    pub(super) fn find(
        chosen: impl Fn(Switch, bool) + Copy + 'static,
        reset: impl Fn() + 'static,
    ) -> Result<Self, BrowserError> {
        let [echo, noise, gain] = Switch::ALL.map(|switch| input(switch, chosen));
        let (echo, noise, gain) = (echo?, noise?, gain?);
        let button = by_id("settings-reset")?;
        Ok(Self {
            settings: Settings::new(CaptureConfig::default()),
            storage: storage(),
            opener: by_id("settings-button")?,
            inputs: [echo.0, noise.0, gain.0],
            remark: by_id("settings-remark")?,
            note: by_id("sound-note")?,
            _changes: [echo.1, noise.1, gain.1],
            _resets: Listener::new(&button, "click", move |_: Event| reset())?,
            reset: button,
        })
    }

    /// Lets the person at the settings, now that the server's defaults are known.
    pub(super) fn open(&mut self, defaults: CaptureConfig) {
        self.settings = Settings::new(defaults);
        for switch in Switch::ALL {
            let text = self.storage.as_ref().map(|it| it.get_item(&key(switch)));
            if let Some(Ok(Some(text))) = text {
                self.settings.recall(switch, &text);
            }
        }
        self.show();
        self.opener.set_disabled(false);
    }

    pub(super) fn choose(&mut self, switch: Switch, on: bool) {
        let text = self.settings.choose(switch, on);
        self.remember(switch, text);
        self.show();
    }

    pub(super) fn reset(&mut self) {
        self.settings.reset();
        for switch in Switch::ALL {
            self.remember(switch, None);
        }
        // The button goes, and must not take the focus with it.
        let _ = self.inputs[0].focus();
        self.show();
    }

    /// What the next recording asks for.
    pub(super) fn capture(&self) -> CaptureConfig {
        self.settings.capture()
    }

    /// Says so if the browser does otherwise than it was asked.
    pub(super) fn check(&self, asked: CaptureConfig, tracks: &[MediaStreamTrack]) {
        for track in tracks {
            if let Some(view) = SoundNote::new(asked, Switch::ALL.map(|it| report(track, it))) {
                note(&view.line);
                self.note.set_text_content(Some(&view.sentence));
                self.note.set_hidden(false);
            }
        }
    }

    /// Another recording begins.
    pub(super) fn clear_note(&self) {
        self.note.set_hidden(true);
        self.note.set_text_content(None);
    }

    fn remember(&mut self, switch: Switch, text: Option<&str>) {
        let done = self.storage.as_ref().map(|storage| match text {
            Some(text) => storage.set_item(&key(switch), text),
            None => storage.remove_item(&key(switch)),
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
        self.remark.set_text_content(Some(view.remark));
        self.reset.set_hidden(!view.can_reset);
    }
}

fn input(
    switch: Switch,
    chosen: impl Fn(Switch, bool) + 'static,
) -> Result<(HtmlInputElement, Listener), BrowserError> {
    let input: HtmlInputElement = by_id(switch.constraint())?;
    let changed = input.clone();
    let changes = Listener::new(&input, "change", move |_: Event| {
        chosen(switch, changed.checked());
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
fn key(switch: Switch) -> String {
    ["inturn.", switch.constraint()].concat()
}
