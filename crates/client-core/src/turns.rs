//! What was said: turns by (session, turn order), each replaced and never appended.

mod by_turn;
mod turn_key;

use inturn_protocol::{Family, Turn, Word};

pub use by_turn::ByTurn;
pub use turn_key::TurnKey;

/// All turns of the page's life, in order.
#[derive(Debug, Default)]
pub struct Transcript {
    rows: ByTurn<Row>,
}

/// One turn as it should be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Words that will not change any more while the turn is open, or the whole text at its end.
    pub firm: String,
    /// Words that may still change.
    pub tentative: String,
    /// How settled the turn is.
    pub state: RowState,
    /// Where the first word begins, in milliseconds of the session's audio.
    pub start_ms: u64,
    /// The language, as the service last reported it.
    pub language: Option<String>,
}

/// How settled a turn is. It only ever moves down this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowState {
    /// More may come.
    #[default]
    Open,
    /// The session broke off: the text stands as it was, and may lack words.
    Unfinished,
    /// Ended, as raw text; a formatted copy may still replace it.
    Raw,
    /// Ended for good.
    Formatted,
}

/// What became of the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing that shows.
    None,
    /// This row is new or reads differently.
    Changed(TurnKey),
    /// This row is gone.
    Removed(TurnKey),
}

impl Transcript {
    /// Takes one `Turn` message of `session`.
    ///
    /// A late or repeated message never makes a turn worse: an ended row takes no partial, a
    /// formatted one no raw text, and an empty end keeps what the row shows.
    pub fn apply(&mut self, session: u32, family: Family, message: &Turn) -> Change {
        let key = TurnKey {
            session,
            turn: message.turn_order,
        };
        let old = self.rows.get(key);
        let new = if message.end_of_turn {
            ended(old, family, message)
        } else {
            Some(partial(family, message))
        };
        let Some(mut row) = new else {
            return Change::None;
        };
        if let Some(old) = old {
            if row.state < old.state {
                return Change::None;
            }
            if message.words.is_empty() {
                row.start_ms = old.start_ms;
            }
            // Reported with an utterance or an end; other messages of the turn lack it.
            if row.language.is_none() {
                row.language.clone_from(&old.language);
            }
        }
        self.put(key, row)
    }

    /// Settles the rows of `session` that are still open, now that nothing more will come: as they
    /// stand after a clean end, as unfinished after any other.
    pub fn settle(&mut self, session: u32, clean: bool) -> Vec<TurnKey> {
        let mut settled = Vec::new();
        for (key, row) in self.rows.session_mut(session) {
            if row.state == RowState::Open {
                row.state = if clean {
                    RowState::Raw
                } else {
                    RowState::Unfinished
                };
                let text = row.text();
                row.tentative.clear();
                row.firm = text;
                settled.push(key);
            }
        }
        settled
    }

    /// One row.
    pub fn row(&self, key: TurnKey) -> Option<&Row> {
        self.rows.get(key)
    }

    /// All rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = (TurnKey, &Row)> {
        self.rows.iter()
    }

    fn put(&mut self, key: TurnKey, row: Row) -> Change {
        if row.firm.is_empty() && row.tentative.is_empty() {
            return match self.rows.remove(key) {
                Some(_) => Change::Removed(key),
                None => Change::None,
            };
        }
        if self.rows.get(key) == Some(&row) {
            return Change::None;
        }
        self.rows.insert(key, row);
        Change::Changed(key)
    }
}

impl Row {
    /// The whole text.
    pub fn text(&self) -> String {
        join([self.firm.as_str(), self.tentative.as_str()])
    }
}

/// An open turn. On the Universal-Streaming family `transcript` lacks the word being spoken and
/// starts empty, so the words are shown; on the Universal-3 family every word may still change.
fn partial(family: Family, message: &Turn) -> Row {
    let (firm, tentative) = match family {
        Family::UniversalStreaming if !message.words.is_empty() => {
            let settled = message
                .words
                .iter()
                .take_while(|word| word.word_is_final)
                .count();
            (
                words(&message.words[..settled]),
                words(&message.words[settled..]),
            )
        }
        _ => (String::new(), whole_text(message)),
    };
    Row {
        firm,
        tentative,
        state: RowState::Open,
        start_ms: start_ms(message),
        language: message.language_code.clone(),
    }
}

/// A turn at its end; nothing if the message adds nothing.
fn ended(old: Option<&Row>, family: Family, message: &Turn) -> Option<Row> {
    let formatted = message.turn_is_formatted || family == Family::Universal3;
    let state = if formatted {
        RowState::Formatted
    } else {
        RowState::Raw
    };
    let text = whole_text(message);
    if !text.is_empty() {
        return Some(Row {
            firm: text,
            tentative: String::new(),
            state,
            start_ms: start_ms(message),
            language: message.language_code.clone(),
        });
    }
    let old = old.filter(|old| old.state == RowState::Open)?;
    Some(Row {
        firm: old.text(),
        tentative: String::new(),
        state,
        start_ms: old.start_ms,
        language: message.language_code.clone(),
    })
}

fn whole_text(message: &Turn) -> String {
    match message.transcript.trim() {
        "" => words(&message.words),
        text => text.to_owned(),
    }
}

fn start_ms(message: &Turn) -> u64 {
    message.words.first().map_or(0, |word| word.start)
}

fn words(words: &[Word]) -> String {
    join(words.iter().map(|word| word.text.as_str()))
}

/// Joins texts with one space, passing over empty ones.
pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for part in parts {
        let part = part.trim();
        if !part.is_empty() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(part);
        }
    }
    text
}
