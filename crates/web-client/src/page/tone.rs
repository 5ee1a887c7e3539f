//! A tone that calls a person back to the page.

use web_sys::AudioContext;

use crate::browser::BrowserError;

/// Plays a short quiet tone. `context` must be running.
pub(super) fn play(context: &AudioContext) -> Result<(), BrowserError> {
    let now = context.current_time();
    let volume = context.create_gain()?;
    let gain = volume.gain();
    // Without ramps, the tone would begin and end with a click.
    gain.set_value_at_time(0.0, now)?;
    gain.linear_ramp_to_value_at_time(GAIN, now + RAMP_SECS)?;
    gain.set_value_at_time(GAIN, now + LENGTH_SECS - RAMP_SECS)?;
    gain.linear_ramp_to_value_at_time(0.0, now + LENGTH_SECS)?;
    let tone = context.create_oscillator()?;
    tone.frequency().set_value(FREQUENCY_HZ);
    tone.connect_with_audio_node(&volume)?;
    volume.connect_with_audio_node(&context.destination())?;
    tone.start()?;
    // The browser releases both nodes after the end.
    tone.stop_with_when(now + LENGTH_SECS)?;
    Ok(())
}

/// A2 times four, the tone that instruments are tuned to times two: small loudspeakers play it well.
const FREQUENCY_HZ: f32 = 880.0;

/// 26 dB below full scale: audible next to a conversation, and quieter than it.
const GAIN: f32 = 0.05;

/// Long enough to be noticed, and too short to be taken for an alarm.
const LENGTH_SECS: f64 = 0.4;

/// A few periods of the tone.
const RAMP_SECS: f64 = 0.03;
