//! Parsed JSON, by any parser.

use serde_json::Value;

/// A value of parsed JSON. On a page it is the result of the browser's own parser, so that no
/// second parser has to be downloaded.
pub trait JsonValue: Clone {
    /// Returns a field of this object; `None` if there is none, or if this is not an object.
    fn get(&self, name: &str) -> Option<Self>;
    /// Returns the items of this list.
    fn items(&self) -> Option<Vec<Self>>;
    /// Returns this text.
    fn text(&self) -> Option<String>;
    /// Returns this number.
    fn number(&self) -> Option<f64>;
    /// Returns this `true` or `false`.
    fn bool(&self) -> Option<bool>;
    /// Whether this is an object.
    fn is_object(&self) -> bool;
    /// Whether this is `null`.
    fn is_null(&self) -> bool;
}

impl JsonValue for &Value {
    fn get(&self, name: &str) -> Option<Self> {
        self.as_object()?.get(name)
    }

    fn items(&self) -> Option<Vec<Self>> {
        Some(self.as_array()?.iter().collect())
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn bool(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_object(&self) -> bool {
        Value::is_object(self)
    }

    fn is_null(&self) -> bool {
        Value::is_null(self)
    }
}
