//! Faults as data: what should go wrong, and for whom.
//!
//! The JSON form is described, fault by fault, in the crate's README.

mod book;
mod case;
mod fault;
mod list;

pub(crate) use book::{Cue, FaultBook, Said, SessionFaults};
pub use fault::{Fault, Rule};
pub use list::{Faults, FaultsError};
