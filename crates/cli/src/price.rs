//! Prices of sessions.

use std::str::FromStr;

/// A price, in millionths of a currency.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Price(u64);

impl Price {
    /// Returns the price in millionths of the currency.
    pub fn micros(self) -> u64 {
        self.0
    }
}

impl FromStr for Price {
    type Err = InvalidPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > DECIMALS {
            return Err(InvalidPrice);
        }
        // The point is moved six places to the right.
        let micros: u64 = format!("{whole}{decimals:0<DECIMALS$}")
            .parse()
            .map_err(|_| InvalidPrice)?;
        (micros <= MOST_MICROS)
            .then_some(Self(micros))
            .ok_or(InvalidPrice)
    }
}

/// The text is not a price.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be a price from 0 to 1000000 with at most six decimals, such as 0.45")]
pub struct InvalidPrice;

/// The sign or the code of a currency.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Currency(String);

impl Currency {
    /// Returns the text before an amount. A sign stands at the amount; a code or an abbreviation
    /// has a no-break space.
    pub fn before_amount(&self) -> String {
        let is_word = self.0.ends_with(|it: char| it.is_alphabetic() || it == '.');
        let space = if is_word { "\u{a0}" } else { "" };
        format!("{}{space}", self.0)
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `Debug` escapes what can't be seen, such as marks that reverse the direction of a line.
        let is_visible = |c: char| !c.is_whitespace() && c.escape_debug().len() == 1;
        let is_valid = (1..=MOST_CHARS).contains(&text.chars().count());
        (is_valid && text.chars().all(is_visible))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidCurrency)
    }
}

/// The text is not a currency.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be 1 to 8 visible characters, such as $ or CHF")]
pub struct InvalidCurrency;

/// Decimals of a price: it is counted in millionths.
const DECIMALS: usize = 6;

/// A million. That is far above the price of an hour in any currency, so a larger number must be a
/// typing error. A price up to this times the seconds of 200 days fits into 64 bits.
const MOST_MICROS: u64 = 1_000_000 * 1_000_000;

/// Longer than any code or sign in use: `CHF`, `د.إ`, `US$`.
const MOST_CHARS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_exactly() {
        for (text, micros) in [
            ("0", 0),
            ("0.45", 450_000),
            ("0.000001", 1),
            ("0.150000", 150_000),
            ("12", 12_000_000),
            ("1000000.000000", MOST_MICROS),
        ] {
            assert_eq!(text.parse(), Ok(Price(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_price_is_refused() {
        for text in [
            "",
            "free",
            "inf",
            "NaN",
            "-1",
            "-0",
            "+1",
            "1e3",
            "0,45",
            ".5",
            "5.",
            "1.2.3",
            " 1",
            "0.0000001",
            "1000000.1",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<Price>(), Err(InvalidPrice), "{text}");
        }
    }

    #[test]
    fn a_word_has_a_space_before_an_amount() {
        for (text, before_amount) in [
            ("$", "$"),
            ("€", "€"),
            ("US$", "US$"),
            ("CHF", "CHF\u{a0}"),
            ("Fr.", "Fr.\u{a0}"),
            ("zł", "zł\u{a0}"),
        ] {
            assert_eq!(Currency(text.to_owned()).before_amount(), before_amount);
        }
    }

    #[test]
    fn a_currency_is_short_and_visible() {
        for text in ["$", "€", "CHF", "د.إ", "US$", "₹", "zł", "12345678"] {
            assert_eq!(text.parse(), Ok(Currency(text.to_owned())), "{text}");
        }
        for text in [
            "",
            " ",
            "US $",
            "123456789",
            "$\n",
            "\u{7}",
            "\u{202e}",
            "\u{200b}",
            "\u{a0}",
        ] {
            assert_eq!(text.parse::<Currency>(), Err(InvalidCurrency), "{text:?}");
        }
    }
}
