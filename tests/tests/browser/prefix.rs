//! The local service, at the root and below a team's prefix.
