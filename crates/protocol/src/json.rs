//! JSON as a tree, from which [`lenient`](crate::lenient) decodes the messages.
//!
//! serde_json parses the text, or the browser: see [`JsonParser`]. The tree is our own type,
//! because `serde_json::Value` rejects a whole text for one value that is nested too deeply, or for
//! one number that does not fit an `f64`.

mod numbers;

use std::fmt;

use serde::{
    de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
    ser::{Serialize, Serializer},
};

/// Any JSON value. Numbers are as precise as JavaScript's: integers are exact up to 2^53.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object with its fields in their original order.
    Object(Vec<(String, Json)>),
}

/// A function that parses JSON, or returns `None` if the text is not JSON.
///
/// The default is serde_json. The web client uses the browser's own parser, which adds nothing to
/// the download.
#[derive(Clone, Copy, Debug)]
pub struct JsonParser(pub fn(&str) -> Option<Json>);

impl JsonParser {
    /// Parses a text.
    ///
    /// Values that [`Json`] cannot represent become `null`: those nested deeper than
    /// [`Json::MAX_DEPTH`], and numbers that do not fit an `f64`. `NaN` and `Infinity`, which are
    /// not JSON, become `null` too.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not JSON.
    pub fn parse(self, text: &str) -> Result<Json, NotJson> {
        let Self(parse) = self;
        parse(text)
            .or_else(|| parse(&numbers::replace_unreadable(text)))
            .ok_or(NotJson)
    }
}

impl Default for JsonParser {
    fn default() -> Self {
        Self(|text| serde_json::from_str(text).ok())
    }
}

impl Json {
    /// Maximum nesting depth of a value. The service's messages use four levels. serde_json rejects
    /// a text at 128.
    pub const MAX_DEPTH: usize = 64;

    /// Parses a text with serde_json. See [`JsonParser::parse`].
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not JSON.
    pub fn parse(text: &str) -> Result<Self, NotJson> {
        JsonParser::default().parse(text)
    }

    /// Returns a field of an object, unless it is missing or `null`. If a name occurs several
    /// times, the last one counts, as in JavaScript.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        let (_, value) = fields.iter().rev().find(|(it, _)| it == name)?;
        (*value != Self::Null).then_some(value)
    }
}

/// The error for a text that is not JSON. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON")]
pub struct NotJson;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Tree { depth: 0 }.deserialize(deserializer)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

/// Deserializes any value into a [`Json`].
#[derive(Clone, Copy)]
struct Tree {
    /// Number of arrays and objects around this value.
    depth: usize,
}

impl Tree {
    fn inside(self) -> Self {
        Self {
            depth: self.depth + 1,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        if self.depth > Json::MAX_DEPTH {
            // serde_json skips a value without recursion.
            IgnoredAny::deserialize(deserializer)?;
            return Ok(Json::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inside())? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        // Names are deserialized as `Json` too, which saves code for a second string visitor.
        while let Some(name) = entries.next_key()? {
            let value = entries.next_value_seed(self.inside())?;
            if let Json::Text(name) = name {
                fields.push((name, value));
            }
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_survives_a_round_trip() {
        let text = r#"{"a":[1.5,-2.0,null,true,{}],"b":"q\"é","a":false}"#;
        let json = Json::parse(text).expect("the text is JSON");
        assert_eq!(serde_json::to_string(&json).expect("it serializes"), text);
    }

    #[test]
    fn a_deeply_nested_invalid_text_is_rejected() {
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn a_deeply_nested_value_becomes_null() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let json = Json::parse(&format!(r#"{{"a":{deep},"b":true}}"#)).expect("is JSON");
        let Json::Object(fields) = json else {
            panic!("not an object");
        };
        assert_eq!(fields[1], ("b".to_owned(), Json::Bool(true)));
    }

    #[test]
    fn unrepresentable_numbers_become_null() {
        let text = r#"{"a":NaN,"b":[-Infinity,1e999,2e10],"c":"NaN \"1e999\" é"}"#;
        let plain = r#"{"a":null,"b":[null,null,2e10],"c":"NaN \"1e999\" é"}"#;
        assert_eq!(Json::parse(text), Json::parse(plain));
        assert!(Json::parse(plain).is_ok());
    }
}
