//! A lenient deserializer, which decodes types that derive `Deserialize` from JSON.
//!
//! `null` counts as absent, because newer servers send it where older ones omit the field. A field
//! of an unexpected type (an *odd* field) counts as absent too if it has the attribute
//! `deserialize_with` with one of the functions below, and its name is recorded. If a name occurs
//! twice, the last field counts, as in JavaScript. A field without the attribute is required,
//! unless it is an `Option`.
//!
//! `serde_with::DefaultOnError` does not report which field it ignored, and the console must report
//! it. serde_json's own deserializer would triple the code of the derived implementations in the
//! client, because its errors describe the unexpected value. The errors of this one only name the
//! field.

mod deserializer;
mod fields;

use std::cell::RefCell;

use serde::Deserialize;

use self::deserializer::Value;
pub(crate) use self::fields::{index, items, or_default, some_whole, whole, whole_u32};
use crate::json::Json;

/// Decodes an object, and collects the names of its odd fields.
pub(crate) struct Reader<'a> {
    json: &'a Json,
    odd: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    /// Creates a reader of `json`.
    pub(crate) fn new(json: &'a Json) -> Self {
        let odd = RefCell::default();
        Self { json, odd }
    }

    /// Decodes the object.
    ///
    /// # Errors
    ///
    /// Returns the name of a required field that is missing or odd, or an empty name if the JSON is
    /// not an object.
    pub(crate) fn read<T: Deserialize<'a>>(&self) -> Result<T, &'static str> {
        T::deserialize(Value::root(self.json, &self.odd)).map_err(|error| error.field)
    }

    /// Returns the names of the odd fields, each once.
    pub(crate) fn into_odd_fields(self) -> Vec<&'static str> {
        self.odd.into_inner()
    }
}

/// Decodes an object. Returns `None` if it is not an object, or lacks a required field.
pub(crate) fn read<'a, T: Deserialize<'a>>(json: &'a Json) -> Option<T> {
    Reader::new(json).read().ok()
}

#[cfg(test)]
mod tests;
