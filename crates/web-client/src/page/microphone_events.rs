//! What happens to a microphone that is on.

use inturn_page_core::page::{AudioState, Input};
use web_sys::{AudioWorkletNode, Event, MediaStreamTrack, MediaStreamTrackState};

use super::audio_graph::AudioGraph;
use crate::browser::{Listener, spawn};

/// Reports each change, and what is not as it should be from the beginning, because no event tells.
pub(super) fn watch(
    graph: &AudioGraph,
    node: &AudioWorkletNode,
    tracks: &[MediaStreamTrack],
    report: fn(Input),
) -> Vec<Listener> {
    let mut initial = Vec::new();
    let mut listeners = Vec::new();
    for track in tracks {
        let inputs: [(_, fn() -> Input); _] = [
            ("ended", || Input::MicrophoneLost),
            ("mute", || Input::MicrophoneMuted(true)),
            ("unmute", || Input::MicrophoneMuted(false)),
        ];
        for (event, input) in inputs {
            let report_it = move |_: Event| report(input());
            listeners.push(Listener::new(track, event, report_it));
        }
        if track.muted() {
            initial.push(Input::MicrophoneMuted(true));
        }
        if track.ready_state() == MediaStreamTrackState::Ended {
            initial.push(Input::MicrophoneLost);
        }
    }
    // A worklet that has thrown outputs only silence.
    let failed = move |_: Event| report(Input::MicrophoneLost);
    listeners.push(Listener::new(node, "processorerror", failed));
    let context = graph.context();
    let changed = context.clone();
    let report_state = move |_: Event| {
        if let Some(state) = AudioGraph::state_of(&changed) {
            report(Input::AudioChanged(state));
        }
    };
    listeners.push(Listener::new(context, "statechange", report_state));
    let state = AudioGraph::state_of(context);
    if let Some(state) = state.filter(|it| *it != AudioState::Running) {
        initial.push(Input::AudioChanged(state));
    }
    // The page is in the middle of an effect.
    spawn(async move { initial.into_iter().for_each(report) });
    listeners
}
