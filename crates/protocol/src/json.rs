//! JSON as a tree, and reading messages out of it the way a robust client must.
//!
//! serde_json parses; the messages are picked out of the tree by hand. Derived readers would come to
//! a third of the client's code, since each type brings its own, and each of those every way of
//! being wrong.

mod numbers;

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
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
}

/// A text that is not JSON. Never says what the text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON (column {column})")]
pub struct NotJson {
    /// Where reading stopped, counted from 1.
    pub column: usize,
}

/// The fields of an object, read one by one.
///
/// `null` reads as an absent field, since newer servers send it where older ones left a field out. A
/// field of another type than expected reads as absent too, and its name is kept in
/// [`Fields::odd`]. Only what is read by [`Fields::must`] can make the whole object unreadable.
pub(crate) struct Fields<'a> {
    fields: &'a [(String, Json)],
    odd: Vec<&'static str>,
    missing: Option<&'static str>,
}

impl<'a> Fields<'a> {
    /// Of an object; nothing else has fields.
    pub(crate) fn of(json: &'a Json) -> Option<Self> {
        match json {
            Json::Object(fields) => Some(Self {
                fields,
                odd: Vec::new(),
                missing: None,
            }),
            _ => None,
        }
    }

    /// `read` and the names of the odd fields, each once; or the first field that is missing.
    pub(crate) fn finish<T>(self, read: T) -> Result<(T, Vec<&'static str>), &'static str> {
        self.missing.map_or(Ok((read, self.odd)), Err)
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
            _ => self.note_odd(name),
        }
    }

    pub(crate) fn bool(&mut self, name: &'static str) -> Option<bool> {
        match self.get(name)? {
            Json::Bool(value) => Some(*value),
            _ => self.note_odd(name),
        }
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Option<f64> {
        match self.get(name)? {
            Json::Number(number) => Some(*number),
            _ => self.note_odd(name),
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

    /// A whole, non-negative number that names something: no other number stands for it, so nothing
    /// is rounded.
    pub(crate) fn index(&mut self, name: &'static str) -> Option<u32> {
        let number = self.number(name)?;
        let index = number as u32;
        if f64::from(index) == number {
            Some(index)
        } else {
            self.note_odd(name)
        }
    }

    /// The readable objects of a list; none where there is no list.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        read: fn(&mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let items = match self.get(name) {
            None => return Vec::new(),
            Some(Json::List(items)) => items,
            Some(_) => {
                self.note_odd::<()>(name);
                return Vec::new();
            }
        };
        let mut objects = Vec::with_capacity(items.len());
        for item in items {
            objects.extend(self.inner(name, item, read));
        }
        objects
    }

    /// Reads an object inside this one.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: fn(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let item = self.get(name)?;
        self.inner(name, item, read)
    }

    /// What must be there; a stand-in where it is not, which [`Fields::finish`] withholds.
    pub(crate) fn must<T: Default>(&mut self, name: &'static str, value: Option<T>) -> T {
        if value.is_none() {
            self.missing = self.missing.or(Some(name));
        }
        value.unwrap_or_default()
    }

    /// Makes the whole object unreadable if a field of this name was odd, here or inside.
    pub(crate) fn must_not_be_odd(&mut self, name: &'static str) {
        if self.odd.contains(&name) {
            self.must::<()>(name, None);
        }
    }

    /// Reads `item`, which stands in the field `name`. Returns `None` if it is unreadable.
    fn inner<T>(
        &mut self,
        name: &'static str,
        item: &Json,
        read: fn(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let Some(mut fields) = Fields::of(item) else {
            return self.note_odd(name);
        };
        let object = read(&mut fields);
        for odd in fields.odd {
            self.note_odd::<()>(odd);
        }
        match fields.missing {
            Some(missing) => self.note_odd(missing),
            None => Some(object),
        }
    }

    /// Keeps the name of an odd field, which reads as absent.
    fn note_odd<T>(&mut self, name: &'static str) -> Option<T> {
        if !self.odd.contains(&name) {
            self.odd.push(name);
        }
        None
    }
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
    fn the_last_of_two_fields_counts_and_a_null_is_none() {
        let json = Json::parse(r#"{"a":1,"a":2,"b":null}"#).expect("is JSON");
        let mut fields = Fields::of(&json).expect("is an object");
        assert_eq!((fields.whole("a"), fields.whole("b")), (Some(2), None));
        assert_eq!(fields.finish(()), Ok(((), Vec::new())));
    }

    #[test]
    fn an_odd_field_reads_as_absent_and_is_named_once() {
        let json = Json::parse(r#"{"a":"x","b":7,"c":[{"d":1},2,{"d":"y"}]}"#).expect("is JSON");
        let mut fields = Fields::of(&json).expect("is an object");
        assert_eq!(fields.text("a").as_deref(), Some("x"));
        assert_eq!((fields.text("b"), fields.text("b")), (None, None));
        assert_eq!(fields.bool("a"), None);
        assert_eq!(fields.objects("c", |it| it.whole("d")), [Some(1), None]);
        assert_eq!(fields.finish(()), Ok(((), vec!["b", "a", "c", "d"])));
    }

    #[test]
    fn what_must_be_there_is_missed() {
        let json = Json::parse(r#"{"a":"x","list":[{"a":1},{"a":"x"},{}]}"#).expect("is JSON");
        let mut fields = Fields::of(&json).expect("is an object");
        let read: fn(&mut Fields<'_>) -> u32 = |fields| {
            let index = fields.index("a");
            fields.must("a", index)
        };
        assert_eq!(
            fields.objects("list", read),
            [1],
            "one bad item leaves the rest"
        );
        read(&mut fields);
        assert_eq!(fields.finish(()), Err("a"));
    }

    #[test]
    fn no_number_is_taken_for_another_index() {
        for (text, index) in [
            ("0", Some(0)),
            ("7.0", Some(7)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("-1", None),
            ("0.4", None),
            ("1e300", None),
        ] {
            let json = Json::parse(&format!(r#"{{"a":{text}}}"#)).expect("is JSON");
            let mut fields = Fields::of(&json).expect("is an object");
            assert_eq!(fields.index("a"), index, "{text}");
        }
    }

    #[test]
    fn a_deep_text_is_refused_and_not_followed() {
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn a_deep_value_reads_as_null() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let json = Json::parse(&format!(r#"{{"a":{deep},"b":true}}"#)).expect("is JSON");
        let mut fields = Fields::of(&json).expect("is an object");
        assert_eq!(fields.bool("b"), Some(true));
    }

    #[test]
    fn numbers_that_nobody_can_hold_read_as_null() {
        let text = r#"{"a":NaN,"b":[-Infinity,1e999,2e10],"c":"NaN \"1e999\" é"}"#;
        let plain = r#"{"a":null,"b":[null,null,2e10],"c":"NaN \"1e999\" é"}"#;
        assert_eq!(Json::parse(text), Json::parse(plain));
        assert!(Json::parse(plain).is_ok());
    }
}
