//! The alphabet of the tones: how each word sounds.
//!
//! A word is a chord of three sines, which lasts [`WORD_MS`]. Each sine stands for a decimal digit
//! of the word's number, each in its own band: hundreds from 500 to 1400 Hz, tens from 1500 to
//! 2400 Hz, units from 2500 to 3400 Hz. So the whole word is in every moment of it, and a word that
//! was cut can still be recognised. All tones are in the band of a telephone.

/// Number of different words.
pub const TONE_WORDS: u32 = 1_000;

/// Duration of a word. With a pause of 120 ms, that is 150 words a minute, the rate of calm speech.
pub(super) const WORD_MS: u64 = 280;

/// Number of bands, each with one tone at a time.
pub(super) const BANDS: usize = 3;

/// Number of tones in each band.
pub(super) const DIGITS: usize = 10;

/// Returns the frequency of a digit in a band.
pub(super) fn frequency_hz(band: usize, digit: usize) -> f64 {
    LOWEST_HZ + SPACING_HZ * (band * DIGITS + digit) as f64
}

/// Returns the digit of a word in each band.
pub(super) fn digits(word: u32) -> [usize; BANDS] {
    let word = (word % TONE_WORDS) as usize;
    [word / 100, word / 10 % 10, word % 10]
}

/// Returns the word with these digits.
pub(super) fn word(digits: [usize; BANDS]) -> u32 {
    digits
        .iter()
        .fold(0, |word, &digit| word * DIGITS as u32 + digit as u32)
}

const LOWEST_HZ: f64 = 500.0;
/// In a frame of 10 ms, tones at multiples of 100 Hz have whole periods, so that none of them leaks
/// into the measured power of another.
const SPACING_HZ: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_its_own_chord() {
        for number in 0..TONE_WORDS {
            assert_eq!(word(digits(number)), number);
        }
        assert_eq!(digits(TONE_WORDS + 7), digits(7), "the numbers restart");
        let chord = [0, 1, 2].map(|band| frequency_hz(band, digits(347)[band]));
        assert_eq!(chord, [800.0, 1_900.0, 3_200.0]);
    }
}
