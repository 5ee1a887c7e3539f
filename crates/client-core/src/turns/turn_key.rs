//! What a turn is known by.

/// The key of a turn. Sessions are counted from 1 over the life of the page, turns from 0 by the
/// service; both sort as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TurnKey {
    /// Which session.
    pub session: u32,
    /// The service's `turn_order`.
    pub turn: u32,
}
