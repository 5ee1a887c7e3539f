//! Values by the keys of their turns.

use super::turn_key::TurnKey;

/// A value for each turn, in the order of the turns.
///
/// A sorted list: new turns all but always come at its end, where adding one costs nothing, and a
/// tree's code would be larger than all the rest of this file's users.
#[derive(Clone, Debug)]
pub struct ByTurn<T> {
    entries: Vec<(TurnKey, T)>,
}

impl<T> ByTurn<T> {
    /// The value of a turn.
    pub fn get(&self, key: TurnKey) -> Option<&T> {
        let index = self.find(key).ok()?;
        Some(&self.entries[index].1)
    }

    /// The value of a turn, to change.
    pub fn get_mut(&mut self, key: TurnKey) -> Option<&mut T> {
        let index = self.find(key).ok()?;
        Some(&mut self.entries[index].1)
    }

    /// Sets the value of a turn; gives that of the turn behind it, if there is one.
    pub fn insert(&mut self, key: TurnKey, value: T) -> Option<&T> {
        let index = match self.find(key) {
            Ok(index) => {
                self.entries[index].1 = value;
                index
            }
            Err(index) => {
                self.entries.insert(index, (key, value));
                index
            }
        };
        self.entries.get(index + 1).map(|(_, next)| next)
    }

    /// Takes a turn out.
    pub fn remove(&mut self, key: TurnKey) -> Option<T> {
        let index = self.find(key).ok()?;
        Some(self.entries.remove(index).1)
    }

    /// All, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (TurnKey, &T)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    /// All, in order, to change.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (TurnKey, &mut T)> {
        self.entries.iter_mut().map(|(key, value)| (*key, value))
    }

    /// Those of one session, in order, to change.
    pub fn session_mut(&mut self, session: u32) -> impl Iterator<Item = (TurnKey, &mut T)> {
        let start = self
            .entries
            .partition_point(|(key, _)| key.session < session);
        let of_session = self.entries[start..].iter_mut();
        of_session
            .take_while(move |(key, _)| key.session == session)
            .map(|(key, value)| (*key, value))
    }

    fn find(&self, key: TurnKey) -> Result<usize, usize> {
        // What is being said is the last turn: that costs the same however many there are.
        if let Some((last, _)) = self.entries.last()
            && *last == key
        {
            return Ok(self.entries.len() - 1);
        }
        self.entries.binary_search_by_key(&key, |(key, _)| *key)
    }
}

impl<T> Default for ByTurn<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn key(session: u32, turn: u32) -> TurnKey {
        TurnKey { session, turn }
    }

    #[test]
    fn an_insertion_gives_the_turn_behind_it() {
        let mut turns = ByTurn::default();
        assert_eq!(turns.insert(key(2, 0), "c"), None);
        assert_eq!(turns.insert(key(1, 9), "a"), Some(&"c"));
        assert_eq!(turns.insert(key(1, 10), "b"), Some(&"c"));
        assert_eq!(turns.insert(key(1, 9), "A"), Some(&"b"));
    }

    #[test]
    fn a_session_has_its_own_turns_only() {
        let mut turns = ByTurn::default();
        for (session, turn) in [(1, 0), (2, 0), (2, 7), (3, 0)] {
            turns.insert(key(session, turn), ());
        }
        let of = |turns: &mut ByTurn<()>, session| -> Vec<u32> {
            turns
                .session_mut(session)
                .map(|(key, ())| key.turn)
                .collect()
        };
        assert_eq!(of(&mut turns, 2), [0, 7]);
        assert!(of(&mut turns, 0).is_empty() && of(&mut turns, 4).is_empty());
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map(steps in prop::collection::vec((0_u32..3, 0_u32..5, any::<bool>()), 0..60)) {
            let mut turns = ByTurn::default();
            let mut model = BTreeMap::new();
            for (step, (session, turn, put)) in steps.into_iter().enumerate() {
                let key = key(session, turn);
                if put {
                    turns.insert(key, step);
                    model.insert(key, step);
                } else {
                    prop_assert_eq!(turns.remove(key), model.remove(&key));
                }
                prop_assert_eq!(turns.get(key), model.get(&key));
                prop_assert!(turns.iter().eq(model.iter().map(|(key, value)| (*key, value))));
            }
        }
    }
}
