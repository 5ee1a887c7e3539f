//! A tone that calls a person back to the page.

use web_sys::AudioContext;

use crate::browser::BrowserError;

/// Plays a short quiet tone of 440 Hz, the default of an oscillator. `context` must be running.
pub(super) fn play(context: &AudioContext) -> Result<(), BrowserError> {
    let now = context.current_time();
    let end = now + LENGTH_SECS;
    let volume = context.create_gain()?;
    let gain = volume.gain();
    // Without fades, the tone would begin and end with a click.
    gain.set_value(0.0);
    gain.set_target_at_time(GAIN, now, FADE_SECS)?;
    gain.set_target_at_time(0.0, end, FADE_SECS)?;
    let tone = context.create_oscillator()?;
    tone.connect_with_audio_node(&volume)?;
    volume.connect_with_audio_node(&context.destination())?;
    tone.start()?;
    // The browser releases both nodes after the end. By then, the fade has reached -87 dB.
    tone.stop_with_when(end + 10.0 * FADE_SECS)?;
    Ok(())
}

/// 26 dB below full scale: audible next to a conversation, and quieter than it.
const GAIN: f32 = 0.05;

/// Long enough to be noticed, and too short to be taken for an alarm.
const LENGTH_SECS: f64 = 0.4;

/// Time constant of the fades: a few periods of the tone.
const FADE_SECS: f64 = 0.02;
