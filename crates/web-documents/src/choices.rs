//! What copied text contains, stored on the device.

use inturn_page_core::export::Choices;
use inturn_web_browser::dom::window;
use web_sys::Storage;

/// Returns the stored choices. Without storage, these are the defaults.
pub(crate) fn load() -> Choices {
    let storage = storage();
    let stored = |name: &str, default| {
        let text = storage.as_ref().and_then(|it| it.get_item(name).ok()?);
        match text.as_deref() {
            Some(ON) => true,
            Some(OFF) => false,
            _ => default,
        }
    };
    let defaults = Choices::default();
    Choices {
        times: stored(TIMES, defaults.times),
        names: stored(NAMES, defaults.names),
    }
}

/// Stores the choices that differ from the defaults. Without storage, they last as long as the
/// page.
pub(crate) fn store(choices: Choices) {
    let Some(storage) = storage() else {
        return;
    };
    let defaults = Choices::default();
    for (name, value, default) in [
        (TIMES, choices.times, defaults.times),
        (NAMES, choices.names, defaults.names),
    ] {
        // Fails if the storage is full or blocked.
        let _ = if value == default {
            storage.remove_item(name)
        } else {
            storage.set_item(name, if value { ON } else { OFF })
        };
    }
}

/// Returns `None` if the browser blocks storage: the property then throws or is null.
fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

/// The keys, with the prefix of the settings.
const TIMES: &str = "inturn.exportTimes";
const NAMES: &str = "inturn.exportNames";

/// The values, as for the settings.
const ON: &str = "on";
const OFF: &str = "off";
