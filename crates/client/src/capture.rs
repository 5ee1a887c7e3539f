//! Capture from the system's devices.

#[cfg(target_os = "linux")]
mod arecord;
mod device;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod pulse;

pub(crate) use self::device::Wanted;
pub use self::device::{DeviceChoice, DeviceInfo};
#[cfg(target_os = "linux")]
pub use self::linux::SoundSystem;
