//! Opening a JSON file that this page has saved.

use inturn_stored::history::NOT_STORED_HERE;
use inturn_transcript::{Document, ImportError, JsonValue, from_json_value};
use inturn_web_browser::{BrowserError, dom::by_id, ok_or_warn, spawn};
use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

use super::panel;

/// Opens the file that the person has chosen. Calls `show` with its name and content.
pub(super) fn chosen(show: fn(&str, Document) -> Result<(), BrowserError>) {
    let input: HtmlInputElement = by_id("history-file");
    if let Some(file) = input.files().and_then(|files| files.get(0)) {
        spawn(async move {
            ok_or_warn("the file could not be read", open(file, show).await);
        });
    }
    // So that the same file can be chosen again.
    input.set_value("");
}

async fn open(
    file: File,
    show: fn(&str, Document) -> Result<(), BrowserError>,
) -> Result<(), BrowserError> {
    let text = JsFuture::from(file.text()).await?;
    let parsed = JSON::parse(&text.as_string().unwrap_or_default());
    let parsed = parsed.map_err(|_| ImportError::NotJson { at: None });
    match parsed.and_then(|it| from_json_value(Parsed(it))) {
        Ok(document) => {
            let has_words = !document.is_empty();
            show(&file.name(), document)?;
            panel::offer_keep(has_words);
            panel::show_status(NOT_STORED_HERE);
        }
        Err(error) => panel::show_status(&error.to_string()),
    }
    Ok(())
}

/// A value that the browser has parsed.
#[derive(Clone)]
struct Parsed(JsValue);

impl JsonValue for Parsed {
    fn get(&self, name: &str) -> Option<Self> {
        // Fails for a value that is not an object.
        let value = Reflect::get(&self.0, &name.into()).ok()?;
        (!value.is_undefined()).then_some(Self(value))
    }

    fn items(&self) -> Option<Vec<Self>> {
        let items = self.0.dyn_ref::<Array>()?;
        Some(items.iter().map(Self).collect())
    }

    fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn bool(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn is_object(&self) -> bool {
        self.0.is_object() && !self.0.is_null()
    }

    fn is_null(&self) -> bool {
        self.0.is_null()
    }
}
