//! The settings panel, the choices stored on the device, and the check whether the browser applies
//! the settings.

use inturn_page_core::{
    settings::{ReportedSetting, RequestedSettings, Settings, Switch},
    view::sound::{SettingsMismatch, SettingsView},
};
use inturn_protocol::CaptureConfig;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{Event, HtmlButtonElement, HtmlElement, HtmlInputElement, MediaStreamTrack, Storage};

use super::document::{by_id, window};
use crate::browser::{Listener, info};

/// The panel, which the browser opens and closes, and the note above the Record button.
pub(super) struct SettingsPanel {
    settings: Settings,
    /// `None` if the browser blocks storage.
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
    /// Finds the panel. Calls `changed` when a sound switch changes, `announce` when reading out
    /// lines is turned on or off, and `reset` when Reset is pressed.
    pub(super) fn find(
        changed: impl Fn(Switch, bool) + Copy + 'static,
        announce: impl Fn(bool) + 'static,
        reset: impl Fn() + 'static,
    ) -> Self {
        let [echo, noise, gain] =
            Switch::ALL.map(|switch| input(switch.constraint(), move |on| changed(switch, on)));
        let announce = input(ANNOUNCE, announce);
        let button = by_id("settings-reset");
        Self {
            settings: Settings::new(CaptureConfig::default()),
            storage: storage(),
            opener: by_id("settings-button"),
            inputs: [echo.0, noise.0, gain.0],
            announce: announce.0,
            remark: by_id("settings-remark"),
            note: by_id("sound-note"),
            _changes: [echo.1, noise.1, gain.1, announce.1],
            _resets: Listener::new(&button, "click", move |_: Event| reset()),
            reset: button,
        }
    }

    /// Enables the panel, now that the server's defaults are known.
    pub(super) fn open(&mut self, defaults: CaptureConfig) {
        self.settings = Settings::new(defaults);
        for switch in Switch::ALL {
            if let Some(text) = self.stored(switch.constraint()) {
                self.settings.load(switch, &text);
            }
        }
        if let Some(text) = self.stored(ANNOUNCE) {
            self.settings.load_announce(&text);
        }
        self.show();
        self.opener.set_disabled(false);
    }

    pub(super) fn set(&mut self, switch: Switch, on: bool) {
        let text = self.settings.set(switch, on);
        self.store(switch.constraint(), text);
        self.show();
    }

    pub(super) fn set_announce(&mut self, on: bool) {
        let text = self.settings.set_announce(on);
        self.store(ANNOUNCE, text);
        self.show();
    }

    pub(super) fn announces(&self) -> bool {
        self.settings.announces()
    }

    pub(super) fn reset(&mut self) {
        self.settings.reset();
        for switch in Switch::ALL {
            self.store(switch.constraint(), None);
        }
        self.store(ANNOUNCE, None);
        // The Reset button disappears, so the focus must move.
        let _ = self.inputs[0].focus();
        self.show();
    }

    /// Returns the settings for the next recording.
    pub(super) fn requested(&self) -> RequestedSettings {
        self.settings.requested()
    }

    /// Compares the requested settings with those of the tracks. Logs and shows the differences.
    pub(super) fn report_mismatch(
        &self,
        requested: RequestedSettings,
        tracks: &[MediaStreamTrack],
    ) {
        for track in tracks {
            if let Some(mismatch) =
                SettingsMismatch::new(requested, Switch::ALL.map(|it| reported_setting(track, it)))
            {
                info(&mismatch.log_line);
                self.note.set_text_content(mismatch.sentence.as_deref());
                self.note.set_hidden(mismatch.sentence.is_none());
            }
        }
    }

    /// Hides the note, because another recording begins.
    pub(super) fn clear_note(&self) {
        self.note.set_hidden(true);
        self.note.set_text_content(None);
    }

    fn stored(&self, name: &str) -> Option<String> {
        self.storage.as_ref()?.get_item(&key(name)).ok()?
    }

    fn store(&mut self, name: &str, text: Option<&str>) {
        let done = self.storage.as_ref().map(|storage| match text {
            Some(text) => storage.set_item(&key(name), text),
            None => storage.remove_item(&key(name)),
        });
        // The panel shows that choices are not saved.
        if !matches!(done, Some(Ok(()))) {
            self.settings.mark_unsaved();
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

fn input(id: &str, changed: impl Fn(bool) + 'static) -> (HtmlInputElement, Listener) {
    let input: HtmlInputElement = by_id(id);
    let checkbox = input.clone();
    let changes = Listener::new(&input, "change", move |_: Event| {
        changed(checkbox.checked());
    });
    (input, changes)
}

/// Returns the value of a switch that a track reports.
fn reported_setting(track: &MediaStreamTrack, switch: Switch) -> ReportedSetting {
    let name = JsValue::from(switch.constraint());
    let reported = Reflect::get(&track.get_settings(), &name).unwrap_or_default();
    // The value of echo cancellation may also be a string, such as "all" or "remote-only".
    // https://w3c.github.io/mediacapture-main/#def-constraint-echoCancellation
    if reported.as_bool() == Some(true) || reported.is_string() {
        ReportedSetting::On
    } else if reported.as_bool() == Some(false) {
        ReportedSetting::Off
    } else if is_supported(&name) {
        ReportedSetting::NotReported
    } else {
        ReportedSetting::Unsupported
    }
}

fn is_supported(name: &JsValue) -> bool {
    let devices = window().navigator().media_devices();
    let known = devices.map(|devices| devices.get_supported_constraints());
    known.is_ok_and(|known| Reflect::get(&known, name).is_ok_and(|known| known.is_truthy()))
}

/// Returns `None` if the browser blocks storage: the property then throws or is null.
fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

/// Returns the storage key. It has a prefix because pages of one origin share their storage.
fn key(name: &str) -> String {
    ["inturn.", name].concat()
}

/// The id of the checkbox for reading out lines, and the name of its storage key.
const ANNOUNCE: &str = "announce";
