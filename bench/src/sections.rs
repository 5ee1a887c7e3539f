//! The sections of the document, one file each.

pub(crate) mod attacks;
pub(crate) mod audio;
pub(crate) mod cost;
pub(crate) mod growth;
pub(crate) mod lateness;
pub(crate) mod recognition;
pub(crate) mod server;
pub(crate) mod start;
pub(crate) mod storage;
pub(crate) mod terminal;
pub(crate) mod weight;
