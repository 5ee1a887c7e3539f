//! Capture from the system's devices.

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
compile_error!(
    "inturn-client records on Linux, macOS and Windows only: turn its feature `microphone` off"
);

#[cfg(target_os = "linux")]
mod arecord;
#[cfg(any(target_os = "macos", target_os = "windows"))]
mod cpal;
mod device;
#[cfg(target_os = "linux")]
mod linux;
mod planar;
#[cfg(target_os = "linux")]
mod pulse;

#[cfg(any(target_os = "macos", target_os = "windows"))]
pub use self::cpal::SoundSystem;
pub(crate) use self::device::Wanted;
pub use self::device::{DeviceChoice, DeviceInfo};
#[cfg(target_os = "linux")]
pub use self::linux::SoundSystem;
