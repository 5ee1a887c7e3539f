//! Faults as data: what goes wrong, and in which sessions.
//!
//! The crate's README describes the JSON form of each fault.

mod active;
mod case;
mod fault;
mod list;

pub(crate) use active::{ActiveFaults, RawFrame, SessionFaults, TimedFault};
pub use fault::{Fault, Rule};
pub use list::{Faults, FaultsError};
