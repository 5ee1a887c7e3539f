//! A `serde::Deserializer` for [`Json`] that records the names of odd fields.

use std::{cell::RefCell, fmt, slice};

use serde::{
    de::{
        self, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use crate::json::Json;

/// A value with the name of its field.
#[derive(Clone, Copy)]
pub(super) struct Value<'de, 'odd> {
    /// `None` if the field is absent.
    json: Option<&'de Json>,
    field: &'static str,
    odd: &'odd RefCell<Vec<&'static str>>,
}

impl<'de, 'odd> Value<'de, 'odd> {
    /// Creates a value that is not in a field.
    pub(super) fn root(json: &'de Json, odd: &'odd RefCell<Vec<&'static str>>) -> Self {
        Self {
            json: Some(json),
            field: "",
            odd,
        }
    }

    /// Returns an item of this list, or a value of this map.
    fn inside(self, json: &'de Json) -> Self {
        Self {
            json: Some(json),
            ..self
        }
    }

    /// Records the field's name if the value has an unexpected type.
    fn record_odd<T>(self, read: Result<T, Odd>) -> Result<T, Odd> {
        read.map_err(|error| self.recorded(error))
    }

    /// Returns the error with the field's name, and records the name unless the field is absent.
    /// Not inlined into the code of each type, because the client should be small.
    #[inline(never)]
    fn recorded(self, error: Odd) -> Odd {
        let error = error.or(self.field);
        let mut odd = self.odd.borrow_mut();
        if self.json.is_some() && !odd.contains(&error.field) {
            odd.push(error.field);
        }
        error
    }
}

impl<'de> Deserializer<'de> for Value<'de, '_> {
    type Error = Odd;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        let read = match self.json {
            None | Some(Json::Null) => visitor.visit_unit(),
            Some(Json::Bool(value)) => visitor.visit_bool(*value),
            Some(Json::Number(number)) => visitor.visit_f64(*number),
            Some(Json::Text(text)) => visitor.visit_borrowed_str(text),
            Some(Json::List(items)) => {
                let items = items.iter().map(|json| self.inside(json));
                visitor.visit_seq(SeqDeserializer::new(items))
            }
            Some(Json::Object(fields)) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, json)| (name.as_str(), self.inside(json)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
        };
        self.record_odd(read)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.json {
            None => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        let read = match self.json {
            // Derived implementations read a sequence with less code than a map: they need not
            // compare names or count duplicates.
            Some(json @ Json::Object(_)) => visitor.visit_seq(Fields {
                json,
                names: fields.iter(),
                odd: self.odd,
            }),
            _ => Err(Odd::default()),
        };
        self.record_odd(read)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        let read = match self.json {
            Some(Json::Text(text)) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => Err(Odd::default()),
        };
        self.record_odd(read)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Odd> for Value<'de, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The fields of an object that its type knows, in the order of the type. An absent field has a
/// value too, so that its own deserializer decides what follows.
struct Fields<'de, 'odd> {
    json: &'de Json,
    /// The names of the fields that follow.
    names: slice::Iter<'static, &'static str>,
    odd: &'odd RefCell<Vec<&'static str>>,
}

impl<'de, 'odd> Fields<'de, 'odd> {
    /// Returns the value of the next field.
    fn next_value(&mut self) -> Option<Value<'de, 'odd>> {
        let &field = self.names.next()?;
        Some(Value {
            json: self.json.get(field),
            field,
            odd: self.odd,
        })
    }
}

impl<'de> SeqAccess<'de> for Fields<'de, '_> {
    type Error = Odd;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Odd> {
        let value = self.next_value();
        value.map(|value| seed.deserialize(value)).transpose()
    }
}

/// The error for a value of an unexpected type. It holds only the name of the field, because the
/// value may be a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Odd {
    pub(super) field: &'static str,
}

impl Odd {
    /// Sets the field's name, unless there already is one.
    fn or(self, field: &'static str) -> Self {
        if self.field.is_empty() {
            Self { field }
        } else {
            self
        }
    }
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field)
    }
}

impl std::error::Error for Odd {}

impl de::Error for Odd {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::default()
    }
}
