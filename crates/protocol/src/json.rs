//! JSON as a tree, out of which [`lenient`](crate::lenient) reads the messages.
//!
//! serde_json parses. The tree is our own because `serde_json::Value` refuses a whole text for one
//! value that is nested too deep, and for one number that is beyond an `f64`.

mod numbers;

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::ser::{Serialize, Serializer};

/// Any JSON. Numbers are as exact as JavaScript's: whole ones up to 2^53.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, its fields in the order in which they came.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Parses a text.
    ///
    /// What this type cannot hold reads as `null`: values nested deeper than 64 levels, and
    /// numbers beyond an `f64`. So do `NaN` and `Infinity`, which are not JSON.
    ///
    /// # Errors
    /// When the text is not JSON; with where reading stopped.
    pub fn parse(text: &str) -> Result<Self, NotJson> {
        let parsed = serde_json::from_str(text);
        parsed.or_else(|error| {
            let again = serde_json::from_str(&numbers::without_odd(text));
            again.map_err(|_| NotJson {
                column: error.column(),
            })
        })
    }

    /// A field of an object, unless it is missing or `null`. Of several the last one counts, as in
    /// JavaScript.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        let (_, value) = fields.iter().rev().find(|(it, _)| it == name)?;
        (*value != Self::Null).then_some(value)
    }
}

/// A text that is not JSON. Never says what the text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON (column {column})")]
pub struct NotJson {
    /// Where reading stopped, counted from 1.
    pub column: usize,
}

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

/// Takes whatever comes.
#[derive(Clone, Copy)]
struct Tree {
    /// How many arrays and objects this value stands in.
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
        if self.depth > MAX_DEPTH {
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
        // A name is a text like any other: one reader serves both.
        while let Some(name) = entries.next_key()? {
            let value = entries.next_value_seed(self.inside())?;
            if let Json::Text(name) = name {
                fields.push((name, value));
            }
        }
        Ok(Json::Object(fields))
    }
}

/// How deep a value may be nested. The service's messages use four levels; serde_json refuses a text
/// at 128.
const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_back() {
        let text = r#"{"a":[1.5,-2.0,null,true,{}],"b":"q\"é","a":false}"#;
        let json = Json::parse(text).expect("is JSON");
        assert_eq!(serde_json::to_string(&json).expect("is written"), text);
    }

    #[test]
    fn a_deep_text_is_refused_and_not_followed() {
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn a_deep_value_reads_as_null() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let json = Json::parse(&format!(r#"{{"a":{deep},"b":true}}"#)).expect("is JSON");
        let Json::Object(fields) = json else {
            panic!("not an object");
        };
        assert_eq!(fields[1], ("b".to_owned(), Json::Bool(true)));
    }

    #[test]
    fn numbers_that_nobody_can_hold_read_as_null() {
        let text = r#"{"a":NaN,"b":[-Infinity,1e999,2e10],"c":"NaN \"1e999\" é"}"#;
        let plain = r#"{"a":null,"b":[null,null,2e10],"c":"NaN \"1e999\" é"}"#;
        assert_eq!(Json::parse(text), Json::parse(plain));
        assert!(Json::parse(plain).is_ok());
    }
}
