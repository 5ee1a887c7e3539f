//! The words for problems with what is recorded.

use inturn_client_core::problem::MicrophoneFailure;

use super::row::{RETRY, Row, SIGNED_OUT};
use crate::track::Origin;

/// Words for a source that can't be opened.
pub(super) fn unopened(failure: MicrophoneFailure, origin: Origin) -> Row {
    match (failure, origin) {
        (MicrophoneFailure::SignedOut, _) => SIGNED_OUT,
        (failure, Origin::Microphone) => microphone(failure),
        (failure, Origin::Playback) => playback(failure),
        (failure, Origin::Files) => file(failure),
    }
}

fn microphone(failure: MicrophoneFailure) -> Row {
    match failure {
        MicrophoneFailure::Denied => Row(
            "microphone-denied",
            "The system does not allow this program to use the microphone.",
            "Allow it in the system's privacy settings, then run the command again.",
        ),
        MicrophoneFailure::Missing => Row(
            "microphone-missing",
            "No microphone was found.",
            "Connect one, or pass audio with --file or as standard input.",
        ),
        MicrophoneFailure::Busy => Row(
            "microphone-busy",
            "Another program may be using the microphone.",
            "Close that program, then run the command again.",
        ),
        // The next four are those of a browser. A source may use them in its own sense.
        MicrophoneFailure::InsecurePage => Row(
            "page-insecure",
            "The microphone is not available to this program.",
            "Choose another one: \"inturn-listen devices\" lists them.",
        ),
        MicrophoneFailure::Unsupported => Row(
            "capture-unsupported",
            "This system offers no way to record.",
            "Pass audio with --file or as standard input.",
        ),
        MicrophoneFailure::Unloaded => Row(
            "source-unloaded",
            "The audio could not be loaded.",
            "Check that it can be read, then run the command again.",
        ),
        MicrophoneFailure::SignedOut => SIGNED_OUT,
        MicrophoneFailure::Other => Row(
            "microphone-failed",
            "The microphone could not be started.",
            "Try \"inturn-listen check\", or choose another one with --device.",
        ),
    }
}

/// The kinds are those of a microphone, so that programs need to know only these.
fn playback(failure: MicrophoneFailure) -> Row {
    let Row(kind, ..) = microphone(failure);
    match failure {
        MicrophoneFailure::Denied => Row(
            kind,
            "The system does not allow this program to hear what the computer plays.",
            "Allow it in the system's settings, then run the command again.",
        ),
        MicrophoneFailure::Missing => Row(
            kind,
            "No output was found whose sound can be captured.",
            "\"inturn-listen devices\" lists them.",
        ),
        MicrophoneFailure::Unsupported => Row(
            kind,
            "This system offers no way to capture what the computer plays.",
            "Pass audio with --file or as standard input.",
        ),
        _ => Row(
            kind,
            "The sound of the computer could not be captured.",
            "Try \"inturn-listen check --system\".",
        ),
    }
}

fn file(failure: MicrophoneFailure) -> Row {
    let Row(kind, ..) = microphone(failure);
    match failure {
        MicrophoneFailure::Denied => Row(
            kind,
            "Permission to read the audio was denied.",
            "Change that, then run the command again.",
        ),
        MicrophoneFailure::Missing => Row(
            kind,
            "The audio file does not exist.",
            "Check its name, then run the command again.",
        ),
        MicrophoneFailure::Unsupported => Row(
            kind,
            "The format of the audio is not supported.",
            "Use WAV, FLAC, MP3, Ogg Vorbis, AAC or M4A.",
        ),
        _ => Row(
            kind,
            "The audio could not be loaded.",
            "Check that it can be read, then run the command again.",
        ),
    }
}

/// Words for a source that delivers no sound at all.
pub(super) fn no_sound(origin: Origin) -> Row {
    let kind = "no-sound";
    match origin {
        Origin::Microphone => Row(
            kind,
            "No sound is coming from the microphone.",
            "Choose another one: \"inturn-listen devices\" lists them.",
        ),
        Origin::Playback => Row(
            kind,
            "The system does not deliver what the computer plays.",
            "Try \"inturn-listen check --system\".",
        ),
        Origin::Files => Row(
            kind,
            "No audio has arrived.",
            "Check what writes it, then run the command again.",
        ),
    }
}

/// Words for a source that is lost.
pub(super) fn lost(origin: Origin) -> Row {
    let kind = "microphone-lost";
    match origin {
        Origin::Microphone => Row(
            kind,
            "The microphone was disconnected, so the recording stopped.",
            "Reconnect it, then run the command again.",
        ),
        Origin::Playback => Row(
            kind,
            "The captured output was disconnected, so the recording stopped.",
            "Reconnect it, then run the command again.",
        ),
        Origin::Files => Row(
            kind,
            "The audio ended too early, so the recording stopped.",
            "Check what writes it, then run the command again.",
        ),
    }
}

/// Words for a source that the system holds back.
pub(super) fn paused(origin: Origin) -> Row {
    let kind = "microphone-paused";
    match origin {
        Origin::Microphone => Row(
            kind,
            "The system paused the microphone, so the recording stopped.",
            RETRY,
        ),
        Origin::Playback => Row(
            kind,
            "The system stopped delivering what the computer plays, so the recording stopped.",
            RETRY,
        ),
        Origin::Files => Row(
            kind,
            "No more audio arrived, so the recording stopped.",
            "Check what writes it, then run the command again.",
        ),
    }
}

/// Words for a source that delivers only zeros.
pub(super) fn silent(origin: Origin) -> Row {
    let kind = "microphone-silent";
    match origin {
        Origin::Microphone => Row(
            kind,
            "The microphone delivers only silence.",
            "Check that it is not muted, or choose another one: \"inturn-listen devices\" lists \
             them.",
        ),
        Origin::Playback => Row(
            kind,
            "The computer plays nothing.",
            "Words appear when it does.",
        ),
        Origin::Files => Row(
            kind,
            "The audio contains only silence.",
            "Check whether it is the right file.",
        ),
    }
}

/// Words for a source that is gone for a while; the recording goes on.
pub(super) fn lost_for_now(origin: Origin) -> (&'static str, &'static str) {
    match origin {
        Origin::Microphone => (
            "The microphone was disconnected.",
            "Reconnect it or connect another, and recording continues by itself.",
        ),
        Origin::Playback => (
            "The output whose sound is captured was disconnected.",
            "Recording continues by itself when there is an output again.",
        ),
        Origin::Files => NO_INPUT,
    }
}

/// Words for a source that delivers nothing for a while; the recording goes on.
pub(super) fn paused_for_now(origin: Origin) -> (&'static str, &'static str) {
    match origin {
        Origin::Microphone => (
            "The microphone stopped delivering sound.",
            "Recording continues by itself when it delivers sound again.",
        ),
        Origin::Playback => (
            "The system stopped delivering what the computer plays.",
            "Recording continues by itself when it delivers sound again.",
        ),
        Origin::Files => NO_INPUT,
    }
}

/// Only standard input can stall.
const NO_INPUT: (&str, &str) = (
    "No audio arrives on standard input.",
    "The recording goes on when it does.",
);
