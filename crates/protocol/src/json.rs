//! JSON as a tree, and reading messages out of it the way a robust client must.
//!
//! serde_json parses; the messages are picked out of the tree by hand. Derived readers would come to
//! a third of the client's code, since each type brings its own, and each of those every way of
//! being wrong.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Any JSON. Numbers are as exact as JavaScript's: whole ones up to 2^53.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
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
    /// # Errors
    /// When the text is not JSON; with where reading stopped.
    pub fn parse(text: &str) -> Result<Self, NotJson> {
        serde_json::from_str(text).map_err(|error| NotJson {
            column: error.column(),
        })
    }
}

/// A text that is not JSON. Never says what the text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON (column {column})")]
pub struct NotJson {
    /// Where reading stopped, counted from 1.
    pub column: usize,
}

/// The fields of an object, read one by one; what was wrong is asked for at the end.
///
/// `null` reads as the default wherever there is one, since newer servers send it where older ones
/// left a field out. A field of another kind is wrong, and so is a missing one that must be there.
pub(crate) struct Fields<'a> {
    fields: &'a [(String, Json)],
    wrong: Option<&'static str>,
}

impl<'a> Fields<'a> {
    /// Of an object; nothing else has fields.
    pub(crate) fn of(json: &'a Json) -> Option<Self> {
        match json {
            Json::Object(fields) => Some(Self {
                fields,
                wrong: None,
            }),
            _ => None,
        }
    }

    /// `read`, or the first field that was wrong.
    pub(crate) fn finish<T>(self, read: T) -> Result<T, &'static str> {
        self.wrong.map_or(Ok(read), Err)
    }

    /// The field as it is, unless it is missing or `null`. Of several the last one counts, as in
    /// JavaScript.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Json> {
        let (_, value) = self.fields.iter().rev().find(|(it, _)| it == name)?;
        (*value != Json::Null).then_some(value)
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.get(name)? {
            Json::Text(text) => Some(text.clone()),
            _ => self.wrong(name),
        }
    }

    pub(crate) fn bool(&mut self, name: &'static str) -> Option<bool> {
        match self.get(name)? {
            Json::Bool(value) => Some(*value),
            _ => self.wrong(name),
        }
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Option<f64> {
        match self.get(name)? {
            Json::Number(number) => Some(*number),
            _ => self.wrong(name),
        }
    }

    /// A whole, non-negative number. The service's papers disagree on whether some durations are
    /// whole: fractions are rounded, and negatives read as 0.
    pub(crate) fn whole(&mut self, name: &'static str) -> Option<u64> {
        // A float to integer cast saturates, so neither sign nor size can wrap.
        self.number(name).map(|number| number.round() as u64)
    }

    /// As [`Fields::whole`], for numbers that fit 32 bits; larger ones saturate.
    pub(crate) fn whole_u32(&mut self, name: &'static str) -> Option<u32> {
        self.number(name).map(|number| number.round() as u32)
    }

    /// The objects of a list; none where there is no list.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        read: fn(&mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        let Json::List(items) = value else {
            self.wrong::<()>(name);
            return Vec::new();
        };
        let mut objects = Vec::with_capacity(items.len());
        for item in items {
            let Some(mut fields) = Fields::of(item) else {
                self.wrong::<()>(name);
                break;
            };
            objects.push(read(&mut fields));
            self.wrong = self.wrong.or(fields.wrong);
        }
        objects
    }

    /// Reads an object inside this one.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: fn(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let Some(mut fields) = Fields::of(self.get(name)?) else {
            return self.wrong(name);
        };
        let object = read(&mut fields);
        self.wrong = self.wrong.or(fields.wrong);
        Some(object)
    }

    /// What must be there; a stand-in where it is not, which [`Fields::finish`] withholds.
    pub(crate) fn must<T: Default>(&mut self, name: &'static str, value: Option<T>) -> T {
        if value.is_none() {
            self.wrong::<()>(name);
        }
        value.unwrap_or_default()
    }

    fn wrong<T>(&mut self, name: &'static str) -> Option<T> {
        self.wrong = self.wrong.or(Some(name));
        None
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
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
struct Tree;

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
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        // A name is a text like any other: one reader serves both.
        while let Some(name) = entries.next_key()? {
            let value = entries.next_value()?;
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
    fn what_is_read_is_written_back() {
        let text = r#"{"a":[1.5,-2.0,null,true,{}],"b":"q\"é","a":false}"#;
        let json = Json::parse(text).expect("is JSON");
        assert_eq!(serde_json::to_string(&json).expect("is written"), text);
    }

    #[test]
    fn the_last_of_two_fields_counts_and_a_null_is_none() {
        let json = Json::parse(r#"{"a":1,"a":2,"b":null}"#).expect("is JSON");
        let mut fields = Fields::of(&json).expect("is an object");
        assert_eq!((fields.whole("a"), fields.whole("b")), (Some(2), None));
        assert_eq!(fields.finish(()), Ok(()));
    }

    #[test]
    fn the_first_wrong_field_is_named() {
        let json = Json::parse(r#"{"a":"x","b":7,"c":[{"d":1},2]}"#).expect("is JSON");
        let mut fields = Fields::of(&json).expect("is an object");
        assert_eq!(fields.text("a").as_deref(), Some("x"));
        assert_eq!((fields.text("b"), fields.bool("a")), (None, None));
        assert_eq!(fields.finish(()), Err("b"));

        let mut fields = Fields::of(&json).expect("is an object");
        assert_eq!(fields.objects("c", |it| it.whole("d")), [Some(1)]);
        assert_eq!(fields.finish(()), Err("c"));

        let mut fields = Fields::of(&json).expect("is an object");
        let missing = fields.whole("z");
        assert_eq!(fields.must("z", missing), 0);
        assert_eq!(fields.finish(()), Err("z"));
    }

    #[test]
    fn a_deep_text_is_refused_and_not_followed() {
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }
}
