//! Deserializers of single fields, for `#[serde(deserialize_with)]`.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

/// Deserializes any value, or returns its type's default if it is odd.
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(T::deserialize(deserializer).unwrap_or_default())
}

/// Deserializes a non-negative integer, or returns 0 if it is odd. The service's documents disagree
/// on whether some durations are integers, so this rounds fractions. Negative numbers become 0.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number: f64 = or_default(deserializer)?;
    // A cast from float to integer saturates, so it cannot wrap around.
    Ok(number.round() as u64)
}

/// Like [`whole`] for 32 bits; larger numbers saturate.
pub(crate) fn whole_u32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    some_whole(deserializer).map(Option::unwrap_or_default)
}

/// Like [`whole_u32`], but returns `None` if the value is odd.
pub(crate) fn some_whole<'de, D>(deserializer: D) -> Result<Option<u32>, D::Error>
where
    D: Deserializer<'de>,
{
    let number: Option<f64> = or_default(deserializer)?;
    Ok(number.map(|number| number.round() as u32))
}

/// Deserializes a non-negative integer that identifies something. It does not round, and returns an
/// error if the value is odd, because another number would identify something else.
pub(crate) fn index<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    deserializer.deserialize_f64(Index)
}

struct Index;

impl Visitor<'_> for Index {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<u32, E> {
        let index = number as u32;
        let is_exact = f64::from(index) == number;
        is_exact.then_some(index).ok_or(E::custom("not an index"))
    }
}

/// Deserializes a list and omits its odd items. Returns an empty list if the list itself is odd.
pub(crate) fn items<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let items = deserializer.deserialize_seq(Items(PhantomData));
    Ok(items.unwrap_or_default())
}

struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(Item(item)) = seq.next_element()? {
            items.extend(item);
        }
        Ok(items)
    }
}

/// An item, or `None` if it is odd.
struct Item<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(deserializer).ok()))
    }
}
