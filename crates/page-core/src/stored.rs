//! Recordings stored on the device, each in a file of its own.
//!
//! A file begins with the version of the format. Records follow, each in a frame with its length
//! and its checksum. So a file that is cut off or damaged anywhere keeps all other records.
//!
//! `recorder.js` writes the records of a recording in progress, because that takes fewer bytes in
//! the page than here; it gets their [`Kind`] from the recorder. The rest is here: reading, and
//! writing what a person changes later. `docs/storage.md` describes the format.
//!
//! Functions that encode or decode records are marked `#[inline]`, so that their code is only in
//! the module that calls them. Otherwise the recorder's module would share some of it, and grow by
//! 0.5 kB.

mod failure;
mod frame;
mod kind;
mod name;
mod record;
mod recording;
mod retention;

pub use failure::StorageFailure;
pub use kind::Kind;
pub use name::{file_name, info_of_name};
pub use record::Record;
pub use recording::{StoredRecording, Unreadable, VERSION};
pub use retention::{Listed, Retention, Use};
