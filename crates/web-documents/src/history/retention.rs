//! How long recordings are kept: the person's choice, stored on the device.

use inturn_stored::Retention;
use inturn_web_browser::dom::window;
use web_sys::Storage;

/// Returns the stored choice, or the default.
pub(crate) fn load() -> Retention {
    let stored = storage().and_then(|it| it.get_item(KEY).ok()?);
    match stored.as_deref() {
        Some(FOREVER) => Retention { days: None },
        Some(days) => days.parse().map_or_else(
            |_| Retention::default(),
            |days| Retention { days: Some(days) },
        ),
        None => Retention::default(),
    }
}

/// Stores a choice.
pub(crate) fn store(retention: Retention) {
    if let Some(storage) = storage() {
        // Fails if the storage is full or blocked.
        let _ = storage.set_item(KEY, &value(retention.days));
    }
}

/// Returns how a period is stored.
pub(crate) fn value(days: Option<u32>) -> String {
    days.map_or_else(|| FOREVER.to_owned(), |days| days.to_string())
}

/// Returns `None` if the browser blocks storage: the property then throws or is null.
fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

const KEY: &str = "inturn.keepDays";
const FOREVER: &str = "forever";
