//! WAV: audio that was kept.

/// Returns the header of a WAV file with `audio_bytes` bytes of samples after it: mono, 16 kHz, 16
/// bits, little-endian. Half a sample at the end does not count. Neither does what is beyond 4 GiB,
/// or 37 hours: a WAV file can't be longer.
///
/// <https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html>
pub fn wav_header(audio_bytes: u64) -> Vec<u8> {
    let longest = u64::from(u32::MAX) - HEADER_BYTES;
    let audio_bytes = (audio_bytes.min(longest) & !1) as u32;
    let after_these = audio_bytes + HEADER_BYTES as u32 - 8;
    [
        b"RIFF",
        &after_these.to_le_bytes()[..],
        b"WAVEfmt ",
        &16_u32.to_le_bytes(), // bytes of the format
        &1_u16.to_le_bytes(),  // PCM
        &1_u16.to_le_bytes(),  // channels
        &RATE_HZ.to_le_bytes(),
        &(RATE_HZ * 2).to_le_bytes(), // bytes a second
        &2_u16.to_le_bytes(),         // bytes of a sample
        &16_u16.to_le_bytes(),        // bits of a sample
        b"data",
        &audio_bytes.to_le_bytes(),
    ]
    .concat()
}

/// Length of the header.
const HEADER_BYTES: u64 = 44;

/// The rate of the service, and so of the audio that is kept.
const RATE_HZ: u32 = 16_000;
