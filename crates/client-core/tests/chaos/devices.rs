//! The microphones of the computer, which come and go.

use inturn_client_core::session::Device;

/// The one that the person chose, and another one. Times are in microseconds of the virtual clock.
#[derive(Debug)]
pub(crate) struct Devices {
    rates_hz: [u32; 2],
    /// From when on each can be opened.
    from: [u64; 2],
    /// The index of the one that was opened last.
    used: usize,
    /// From when on an open one delivers audio.
    pub(crate) working_from: u64,
}

impl Devices {
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self {
            rates_hz: [rate_hz, rate_hz],
            from: [0, u64::MAX],
            used: 0,
            working_from: 0,
        }
    }

    /// Disconnects the used one until `back_at`, and connects another one at `other_at`.
    pub(crate) fn disconnect(&mut self, back_at: u64, other_at: u64, other_rate_hz: u32) {
        let other = 1 - self.used;
        self.from[self.used] = back_at;
        self.from[other] = other_at;
        self.rates_hz[other] = other_rate_hz;
    }

    /// Opens a device at `now`. Returns its rate.
    pub(crate) fn open(&mut self, device: Device, now: u64) -> Option<u32> {
        let wanted: &[usize] = match device {
            Device::Chosen => &[0, 1],
            Device::Lost => &[self.used],
            Device::SystemDefault => &[1, 0],
        };
        self.used = *wanted.iter().find(|it| self.from[**it] <= now)?;
        Some(self.rates_hz[self.used])
    }
}
