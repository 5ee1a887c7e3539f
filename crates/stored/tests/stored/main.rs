//! Recordings stored on the device: the format of a file, what is left of a damaged one, and the
//! list.

mod compact;
mod damage;
mod format;
mod keep;
mod kinds;
mod messages;
mod names;
mod read;
mod replay;
mod retention;
mod values;
