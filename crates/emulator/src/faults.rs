//! Faults as data: what goes wrong, and in which sessions.
//!
//! The crate's README describes the JSON form of each fault.

mod active;
mod case;
mod fault;
mod list;

pub(crate) use self::active::{ActiveFaults, RawFrame, SessionFaults, TimedFault};
pub use self::{
    fault::{Fault, Rule},
    list::{Faults, FaultsError},
};
