//! Open sessions of each token's owner.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use crate::session_log::locked;

/// Whom a token is for: an extension of the request for it, added by a program that mounts the routes
/// and knows its users. [`Limits::sessions_per_owner`](crate::Limits) counts the sessions of one owner.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct TokenOwner(Arc<str>);

impl TokenOwner {
    /// Two owners of the same name are one.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Debug for TokenOwner {
    /// Leaves out the name, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenOwner(hidden)")
    }
}

/// How many sessions each owner has open. Holds no owner without one.
pub(crate) struct OpenSessions {
    per_owner: Option<usize>,
    open: Mutex<HashMap<TokenOwner, usize>>,
}

/// Counts one open session; dropped, it counts no more.
pub(crate) struct OpenSession {
    sessions: Arc<OpenSessions>,
    owner: TokenOwner,
}

impl OpenSessions {
    pub(crate) fn new(per_owner: Option<usize>) -> Self {
        Self {
            per_owner,
            open: Mutex::default(),
        }
    }

    /// Counts one more session of an owner. Returns `None` if that is one too many.
    pub(crate) fn open(self: &Arc<Self>, owner: TokenOwner) -> Option<OpenSession> {
        let mut open = locked(&self.open);
        let count = open.get(&owner).copied().unwrap_or_default();
        if self.per_owner.is_some_and(|most| count >= most) {
            return None;
        }
        open.insert(owner.clone(), count + 1);
        Some(OpenSession {
            sessions: Arc::clone(self),
            owner,
        })
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        let mut open = locked(&self.sessions.open);
        if let Some(count) = open.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_has_so_many_at_once_and_is_forgotten_after_the_last() {
        let sessions = Arc::new(OpenSessions::new(Some(2)));
        let (ann, bob) = (TokenOwner::new("ann"), TokenOwner::new("bob"));
        let first = sessions.open(ann.clone());
        let second = sessions.open(ann.clone());
        assert!(first.is_some() && second.is_some());
        assert!(sessions.open(ann.clone()).is_none());
        let other = sessions.open(bob);
        assert!(other.is_some());
        drop(first);
        let third = sessions.open(TokenOwner::new("ann"));
        assert!(third.is_some() && sessions.open(ann).is_none());
        drop((second, third, other));
        assert!(locked(&sessions.open).is_empty());
    }
}
