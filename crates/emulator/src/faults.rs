//! Faults as data: what goes wrong, and in which sessions.
//!
//! The crate's README describes the JSON form of each fault.

mod active;
mod alterations;
mod case;
mod fault;
mod list;
mod message_kind;
mod session_faults;

pub(crate) use self::{
    active::ActiveFaults,
    alterations::Alterations,
    message_kind::MessageDrop,
    session_faults::{RawFrame, SessionFaults, TimedFault},
};
pub use self::{
    fault::{Fault, Rule},
    list::{Faults, FaultsError},
    message_kind::MessageKind,
};
