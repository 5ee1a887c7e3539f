//! The browser's JSON parser, which adds nothing to the download.

use inturn_protocol::{Json, JsonParser};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

/// The browser's `JSON.parse`.
pub(crate) const JSON: JsonParser = JsonParser(parse);

fn parse(text: &str) -> Option<Json> {
    Some(tree(&js_sys::JSON::parse(text).ok()?, 0))
}

/// Copies a value that `JSON.parse` has returned.
fn tree(value: &JsValue, depth: usize) -> Json {
    if depth > Json::MAX_DEPTH {
        return Json::Null;
    }
    if let Some(text) = value.as_string() {
        Json::Text(text)
    } else if let Some(number) = value.as_f64() {
        // Numbers that do not fit an `f64` are infinite here.
        let number = Some(number).filter(|it| it.is_finite());
        number.map_or(Json::Null, Json::Number)
    } else if let Some(value) = value.as_bool() {
        Json::Bool(value)
    } else if let Some(items) = value.dyn_ref::<Array>() {
        Json::List(items.iter().map(|it| tree(&it, depth + 1)).collect())
    } else if value.is_object() {
        let fields = Object::entries(value.unchecked_ref());
        let fields = fields.iter().map(|field| {
            let field: Array = field.unchecked_into();
            let name = field.get(0).as_string().unwrap_or_default();
            (name, tree(&field.get(1), depth + 1))
        });
        Json::Object(fields.collect())
    } else {
        Json::Null
    }
}
