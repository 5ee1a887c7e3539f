//! The key and the tokens are in no log, of no program, at any level.
