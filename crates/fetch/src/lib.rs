#![doc = include_str!("../README.md")]

#[cfg(feature = "install")]
mod checksum;
#[cfg(feature = "install")]
mod error;
#[cfg(feature = "install")]
mod fetch;
#[cfg(feature = "install")]
mod http;
mod package;
pub mod pip;
#[cfg(feature = "install")]
mod source;
#[cfg(feature = "install")]
mod staging;
#[cfg(feature = "install")]
mod step;
#[cfg(all(test, feature = "install"))]
mod test_zip;
#[cfg(feature = "install")]
mod unpack;

pub use self::package::{DISK_MB, DOWNLOAD_MB, System, Wheel};
#[cfg(feature = "install")]
pub use self::{error::FetchError, fetch::fetch, source::Source, step::Step};
