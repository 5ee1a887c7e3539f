//! The kinds of values that parameters have, and why one is none of them.

/// How the frames hold their samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 16 bits a sample, signed, little endian.
    PcmS16le,
    /// 8 bits a sample, mu-law.
    PcmMulaw,
    /// One Opus packet a frame.
    Opus,
    /// Opus in an Ogg stream, cut anywhere.
    OggOpus,
    /// AAC in an ADTS stream, cut anywhere.
    Aac,
}

/// What stands in the place of masked personal data.
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
    /// A headset or a laptop.
    NearField,
    /// A room.
    FarField,
}

impl Encoding {
    /// Bytes a sample, where a frame's duration can be told from its length.
    pub fn sample_bytes(self) -> Option<usize> {
        match self {
            Self::PcmS16le => Some(2),
            Self::PcmMulaw => Some(1),
            Self::Opus | Self::OggOpus | Self::Aac => None,
        }
    }
}

/// Why a parameter cannot be used. `Display` is the wording of the service's 3006.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid '{name}': {why}")]
pub struct ParameterError {
    /// The parameter's name on the wire.
    pub name: &'static str,
    /// What is wrong with its value. Never the value of a secret.
    pub why: String,
}
