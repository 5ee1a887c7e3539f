//! Counts the open sessions of each token owner.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

use crate::session_log::lock;

/// User to whom a token belongs.
///
/// A program that mounts the routes and knows its users adds this as an extension to the token
/// request. [`ServiceLimits::sessions_per_owner`](crate::ServiceLimits) limits the sessions of one
/// owner.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct TokenOwner(Arc<str>);

impl TokenOwner {
    /// Creates an owner. Owners with the same name are equal.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Debug for TokenOwner {
    /// Omits the name, which must not appear in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenOwner(hidden)")
    }
}

/// Number of open sessions for each owner that has one.
pub(crate) struct OpenSessions {
    per_owner: Option<usize>,
    open: Mutex<HashMap<TokenOwner, usize>>,
}

/// One counted session. Dropping this value ends the count.
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

    /// Counts another session of an owner. Returns `None` if that exceeds the limit.
    pub(crate) fn open(self: &Arc<Self>, owner: TokenOwner) -> Option<OpenSession> {
        let mut open = lock(&self.open);
        let count = open.get(&owner).copied().unwrap_or_default();
        if self.per_owner.is_some_and(|limit| count >= limit) {
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
        let mut open = lock(&self.sessions.open);
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
    fn sessions_are_limited_for_each_owner_and_removed_after_the_last() {
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
        assert!(lock(&sessions.open).is_empty());
    }
}
