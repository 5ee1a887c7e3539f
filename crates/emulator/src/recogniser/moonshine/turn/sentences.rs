//! Sentences where the library sees only a part of one.
//!
//! The library writes each piece, and in it each stretch of speech, like a sentence of its own:
//! with a capital, and mostly with a full stop. That is wrong where a piece was cut within a
//! sentence.

use std::collections::BTreeSet;

use inturn_moonshine::pipe::Line;

use super::piece::SENTENCE_PAUSE_FRAMES;

/// What the results for a turn say about its sentences.
#[derive(Default)]
pub(super) struct Sentences {
    /// Words that began with a capital within a sentence: names.
    names: BTreeSet<String>,
    /// Words with a full stop that another word followed without a pause: ends of sentences and
    /// abbreviations. Only those of the open piece.
    stops: BTreeSet<String>,
    /// The last word before the open piece.
    before: Option<String>,
}

impl Sentences {
    /// Learns from a result for the open piece.
    pub(super) fn learn(&mut self, lines: &[Line]) {
        for line in lines {
            let words: Vec<&str> = line.text.split_whitespace().collect();
            for pair in words.windows(2) {
                if pair[0].ends_with('.') {
                    self.stops.insert(letters(pair[0]));
                } else if !ends_sentence(pair[0]) && pair[1].starts_with(char::is_uppercase) {
                    self.names.insert(letters(pair[1]));
                }
            }
        }
    }

    /// Returns the first word of a line, after the word `previous` of the same piece. It keeps its
    /// capital after the end of a sentence, or if it has one for another reason.
    pub(super) fn first_of_line(&self, word: &str, previous: Option<&str>) -> String {
        let previous = previous.or(self.before.as_deref());
        let is_within = previous.is_some_and(|it| !ends_sentence(it));
        let mut chars = word.chars();
        match chars.next() {
            Some(first) if is_within && !self.has_own_capital(word) => {
                first.to_lowercase().chain(chars).collect()
            }
            _ => word.to_owned(),
        }
    }

    /// Whether a word has a capital within a sentence too: a name, an abbreviation, or "I" with or
    /// without a verb.
    fn has_own_capital(&self, word: &str) -> bool {
        let is_i = word
            .strip_prefix('I')
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        is_i || word.chars().skip(1).any(char::is_uppercase) || self.names.contains(&letters(word))
    }

    /// Removes the full stop of the last word before a cut if it is there only because of the cut,
    /// at a pause of so many frames.
    pub(super) fn end_part(&self, last: &mut String, pause: usize) {
        let is_own = pause >= SENTENCE_PAUSE_FRAMES || self.stops.contains(&letters(last));
        if last.ends_with('.') && !is_own {
            last.pop();
        }
    }

    /// Begins a piece after a cut. `before` is the last word before it.
    pub(super) fn begin_piece(&mut self, before: Option<String>) {
        self.before = before;
        self.stops.clear();
    }
}

/// Returns a word without capitals and punctuation, which change with the words that follow.
pub(super) fn letters(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn ends_sentence(word: &str) -> bool {
    word.trim_end_matches(['"', '”', '\'', '’', ')'])
        .ends_with(['.', '?', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(texts: &[&str]) -> Sentences {
        let lines: Vec<Line> = texts
            .iter()
            .map(|text| Line {
                text: (*text).to_owned(),
                start_ms: 0,
                end_ms: 1_000,
            })
            .collect();
        let mut sentences = Sentences::default();
        sentences.learn(&lines);
        sentences
    }

    #[test]
    fn a_full_stop_at_a_cut_needs_a_pause_or_an_earlier_result() {
        let sentences = learnt(&["He met Mr. Dashwood. They spoke and"]);
        for (last, pause, kept) in [
            ("spoke.", 0, "spoke"),
            ("spoke.", 49, "spoke"),
            ("spoke.", 50, "spoke."),
            ("spoke?", 0, "spoke?"),
            ("spoke,", 0, "spoke,"),
            // These have their full stop in mid-line too.
            ("Mr.", 0, "Mr."),
            ("Dashwood.", 0, "Dashwood."),
        ] {
            let mut word = last.to_owned();
            sentences.end_part(&mut word, pause);
            assert_eq!(word, kept, "{last} before a pause of {pause} frames");
        }
    }

    #[test]
    fn only_the_open_piece_says_where_a_full_stop_belongs() {
        let mut sentences = learnt(&["They spoke. And then"]);
        sentences.begin_piece(Some("then".to_owned()));
        let mut word = "spoke.".to_owned();
        sentences.end_part(&mut word, 0);
        assert_eq!(word, "spoke");
    }

    #[test]
    fn a_line_within_a_sentence_begins_with_a_small_letter_unless_it_is_a_name() {
        let mut sentences = learnt(&["It was John. He said", "And so did Mary."]);
        sentences.begin_piece(Some("said".to_owned()));
        for (word, written) in [
            ("That", "that"),
            ("It's", "it's"),
            ("Étienne", "étienne"),
            ("He", "he"),
            ("John", "John"),
            ("Mary,", "Mary,"),
            ("I", "I"),
            ("I'm", "I'm"),
            ("I’m", "I’m"),
            ("I?", "I?"),
            ("I.", "I."),
            ("It", "it"),
            ("BBC", "BBC"),
            ("7", "7"),
        ] {
            assert_eq!(sentences.first_of_line(word, None), written);
            assert_eq!(sentences.first_of_line(word, Some("times,")), written);
            for end in [
                "times.",
                "times?",
                "times!",
                "times.\"",
                "times.”",
                "times?’)",
            ] {
                assert_eq!(sentences.first_of_line(word, Some(end)), word, "{end}");
            }
        }
    }

    #[test]
    fn a_turn_begins_with_a_capital() {
        assert_eq!(Sentences::default().first_of_line("That", None), "That");
    }
}
