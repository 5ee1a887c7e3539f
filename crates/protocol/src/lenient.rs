//! Reads types that derive `Deserialize` out of JSON, the way a robust client must.
//!
//! `null` reads as a field that was left out, since newer servers send it where older ones left a
//! field out. A field of another type than expected reads as left out too, where its type's
//! attributes say so (`deserialize_with` one of the functions below), and its name is kept. Of two
//! fields with one name the last one counts, as in JavaScript.
//!
//! `serde_with::DefaultOnError` does not say which field it passed over, and people must hear of
//! that. serde_json's own deserializer would triple the code that derived readers need in the
//! client, since its errors describe the value that they met; those of this one only name the field.

mod deserializer;
mod fields;

use std::cell::RefCell;

use serde::Deserialize;

use crate::json::Json;
use deserializer::Value;

pub(crate) use fields::{index, items, or_default, some_whole, whole, whole_u32};

/// Reads an object, and tells the names of the odd fields, each once.
///
/// # Errors
/// The name of the field without which there is no `T`, when it is missing or odd; an empty name
/// when `json` is not an object.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    json: &'a Json,
) -> Result<(T, Vec<&'static str>), &'static str> {
    let odd = RefCell::default();
    match T::deserialize(Value::root(json, &odd)) {
        Ok(read) => Ok((read, odd.take())),
        Err(error) => Err(error.field),
    }
}

/// Reads an object out of its text. Returns `None` if it is not one, or lacks what it needs.
pub(crate) fn read_text<T: for<'a> Deserialize<'a>>(text: &str) -> Option<T> {
    let json = Json::parse(text).ok()?;
    read(&json).ok().map(|(read, _)| read)
}

#[cfg(test)]
mod tests;
