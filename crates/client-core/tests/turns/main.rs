//! The service's turn messages become turns of the transcript, for both model families and both
//! kinds of formatted ends.

mod document;
mod ends;
mod forms;
mod generated;
