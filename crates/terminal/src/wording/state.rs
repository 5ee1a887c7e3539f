//! The state of a recording, in words.

use inturn_client_core::session::{Awaited, Hold, Outage, Progress, Sound, State};
use inturn_protocol::SessionCost;
use inturn_transcript::export::clock;

use crate::track::Origin;

/// Returns the name of a state, for programs.
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::AwaitingMicrophone => "starting",
        State::Connecting => "connecting",
        State::Listening(_) => "listening",
        State::Reconnecting { .. } => "reconnecting",
        State::Paused => "paused",
        State::Finishing(_) => "finishing",
    }
}

/// Returns a state in a few words.
pub fn state_line(state: State, origin: Origin) -> String {
    let words = match origin {
        Origin::Microphone => "your words",
        Origin::Playback | Origin::Files => "the words",
    };
    let line = match state {
        State::Idle => "Stopped",
        State::AwaitingMicrophone => match origin {
            Origin::Microphone => "Opening the microphone…",
            Origin::Playback => "Opening the sound of the computer…",
            Origin::Files => "Opening the audio…",
        },
        State::Connecting => match origin {
            Origin::Microphone => "Connecting… you can start talking",
            Origin::Playback | Origin::Files => "Connecting…",
        },
        State::Listening(Progress::Live) => "Live",
        State::Listening(Progress::Behind { secs }) => {
            return format!("{} behind, nothing lost", length(secs));
        }
        State::Listening(Progress::Filling { secs }) => {
            return format!("Live, catching up on {}", length(secs));
        }
        State::Reconnecting { outage, secs } => {
            let time = time(secs);
            return match outage {
                Outage::Service => format!("Reconnecting {time}, keeping {words}"),
                Outage::Offline => format!("Offline {time}, keeping {words}"),
                Outage::SignIn => format!("The sign-in has expired, {time} kept"),
            };
        }
        State::Paused => match origin {
            Origin::Microphone => "Paused, microphone off",
            Origin::Playback | Origin::Files => "Paused",
        },
        State::Finishing(Awaited::LastWords) => "Stopped, waiting for the last words…",
        State::Finishing(Awaited::Upload { secs }) => {
            return format!("Stopped, sending the last {}…", length(secs));
        }
        State::Finishing(Awaited::Connection(outage)) => match outage {
            Outage::Service => "Stopped, reconnecting for the last words…",
            Outage::Offline => "Stopped, waiting for the network…",
            Outage::SignIn => "Stopped, the sign-in has expired before the last words",
        },
    };
    line.to_owned()
}

/// Returns what comes from the source, in a few words. It takes precedence over the state.
pub fn sound_line(sound: Sound, origin: Origin) -> String {
    match origin {
        Origin::Microphone => microphone_line(sound),
        Origin::Playback => playback_line(sound),
        Origin::Files if sound == Sound::Arriving => "Reading the audio".to_owned(),
        Origin::Files => "Waiting for audio…".to_owned(),
    }
}

fn microphone_line(sound: Sound) -> String {
    let line = match sound {
        Sound::Arriving => "Hearing you",
        Sound::Preparing => "Preparing the microphone…",
        Sound::Silent => "No sound: is the microphone muted?",
        Sound::Held(Hold::Muted) => "The microphone is muted",
        Sound::Held(Hold::Interrupted) => "The microphone is in use elsewhere, waiting",
        Sound::Held(Hold::Suspended) => "The system has suspended the microphone, waiting",
        Sound::Stalled => "Waiting for the microphone…",
        Sound::Missing { secs } => {
            return format!("No microphone {}, looking for one", time(secs));
        }
    };
    line.to_owned()
}

fn playback_line(sound: Sound) -> String {
    let line = match sound {
        Sound::Arriving => "Hearing the computer",
        Sound::Preparing | Sound::Silent => "Nothing plays",
        Sound::Held(Hold::Muted) => "The captured output is muted",
        Sound::Held(Hold::Interrupted) => "The captured output is in use elsewhere, waiting",
        Sound::Held(Hold::Suspended) => "The system has suspended the output, waiting",
        Sound::Stalled => "Waiting for the sound of the computer…",
        Sound::Missing { secs } => {
            return format!("No output {}, looking for one", time(secs));
        }
    };
    line.to_owned()
}

/// Returns what to know before two recordings run at the same time.
pub fn sessions_notice(is_billed: bool) -> &'static str {
    if is_billed {
        "There are two sessions, and the service bills both: \"You\" is the microphone, \
         \"Meeting\" is what the computer plays."
    } else {
        "There are two sessions: \"You\" is the microphone, \"Meeting\" is what the computer plays."
    }
}

/// What a person reads after the first Ctrl+C, if there is no status line.
pub const STOPPING: &str = "Stopping, waiting for the last words. Ctrl+C again ends at once.";

/// Returns that the system has dropped sound, in all `secs`.
pub fn dropped(secs: f64) -> String {
    format!(
        "This computer was too busy, and dropped {secs:.1} s of sound. Close other programs, or \
         use another microphone."
    )
}

/// Returns the countdown to the end of a recording without words.
pub fn idle_countdown(secs: u32) -> String {
    format!("no words, stopping in {}", time(secs))
}

/// Returns what `secs` cost, as an estimate.
pub fn cost(secs: u32, price: &SessionCost) -> String {
    let currency = &price.currency;
    match price.cents(secs) {
        Some(cents) => format!("about {currency}{}.{:02}", cents / 100, cents % 100),
        None => format!("under {currency}0.01"),
    }
}

/// Returns seconds as on a clock.
pub(super) fn time(secs: u32) -> String {
    clock(secs.saturating_mul(1_000))
}

/// Returns a length: in seconds up to a minute, then as on a clock.
fn length(secs: u32) -> String {
    if secs < 60 {
        format!("{secs} s")
    } else {
        time(secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_rounded_up_to_the_cent() {
        let price = SessionCost {
            per_hour_micros: 450_000,
            currency: "$".to_owned(),
        };
        let cost = |secs| cost(secs, &price);
        assert_eq!(cost(1), "under $0.01");
        assert_eq!(cost(80), "about $0.01");
        assert_eq!(cost(81), "about $0.02");
        assert_eq!(cost(7_200), "about $0.90");
    }
}
