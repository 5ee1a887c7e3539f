//! Reading numbers and optional values the way a robust client must.
//!
//! The service's papers disagree on whether some durations are whole, and newer servers send `null`
//! where older ones left a field out. None of that may cost a message.

use serde::{Deserialize, Deserializer};

/// `null` reads as the type's default.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A whole, non-negative number; fractions are rounded, negatives and `null` read as 0.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?.unwrap_or_default();
    // A float to integer cast saturates, so neither sign nor size can wrap.
    Ok(number.round() as u64)
}

/// As [`whole`], for numbers that fit 32 bits; larger ones saturate.
pub(crate) fn whole_u32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(u32::try_from(whole(deserializer)?).unwrap_or(u32::MAX))
}

/// As [`whole_u32`], kept absent where it is absent.
pub(crate) fn optional_whole_u32<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u32>, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?;
    Ok(number.map(|number| number.round() as u32))
}
