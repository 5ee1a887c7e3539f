//! Types of the parameters' values, and the error for an invalid one.

/// Encoding of the samples in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Signed 16-bit samples, little endian.
    PcmS16le,
    /// 8-bit mu-law samples.
    PcmMulaw,
    /// One Opus packet per frame.
    Opus,
    /// Opus in an Ogg stream, cut at any position.
    OggOpus,
    /// AAC in an ADTS stream, cut at any position.
    Aac,
}

/// The replacement for masked personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedactionStyle {
    /// `#####`
    Hash,
    /// `[PERSON_NAME]`
    EntityName,
}

/// Turn-detection presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnMode {
    /// End turns early.
    MinLatency,
    /// The service's default.
    Balanced,
    /// End turns late.
    MaxAccuracy,
}

/// Voice isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceFocus {
    /// For a headset or a laptop.
    NearField,
    /// For a room.
    FarField,
}

impl Encoding {
    /// Returns the bytes per sample, or `None` if a frame's length does not determine its duration.
    pub fn sample_bytes(self) -> Option<usize> {
        match self {
            Self::PcmS16le => Some(2),
            Self::PcmMulaw => Some(1),
            Self::Opus | Self::OggOpus | Self::Aac => None,
        }
    }
}

/// Why a parameter is invalid. `Display` has the wording of the service's 3006.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid '{name}': {why}")]
pub struct ParameterError {
    /// The parameter's name on the wire.
    pub name: &'static str,
    /// Why its value is invalid. Never contains the value of a secret.
    pub why: String,
}
