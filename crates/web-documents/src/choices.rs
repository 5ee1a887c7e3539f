//! What copied text contains, stored on the device.

use inturn_page_core::export::Choices;
use inturn_web_browser::dom::{document, window};
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlInputElement, Storage};

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
        of_day: is_of_day(),
        names: stored(NAMES, defaults.names),
    }
}

/// Stores the choices of the menu that differ from the defaults. Without storage, they last as long
/// as the page.
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

/// Whether times are those of the day: a choice in the settings, where `times.js` offers and stores
/// it.
pub(crate) fn is_of_day() -> bool {
    let switch = document().get_element_by_id("times-of-day");
    let switch = switch.and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
    switch.is_some_and(|it| it.checked())
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
