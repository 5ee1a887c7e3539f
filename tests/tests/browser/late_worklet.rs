//! A worklet that is loaded after the microphone was opened reads what a delay line has kept, and
//! then continues without a gap.

use inturn_tests::{
    browser::{Browser, Microphone},
    page::Page,
    stage::Setting,
};
use serde::Deserialize;

#[tokio::test(flavor = "multi_thread")]
async fn the_worklet_continues_what_the_delay_line_has_kept() {
    let read = catch_up(1.0).await;
    assert!(read.first == 1 && read.breaks.is_empty(), "{read:?}");
    assert!(read.frames >= read.sent, "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_ends_meanwhile_is_complete() {
    let read = catch_up(0.0).await;
    assert!(read.first == 1 && read.breaks.is_empty(), "{read:?}");
    assert!(read.frames >= read.sent, "{read:?}");
}

/// What the worklet has posted of a rising ramp.
#[derive(Debug, Deserialize)]
struct Read {
    /// The first sample of the ramp, counted from 1.
    first: u32,
    /// Samples that do not follow the one before them, each with the one before.
    breaks: Vec<(u32, u32)>,
    /// Number of frames of the ramp.
    frames: u32,
    /// Number of frames that had been rendered when the worklet got its `end`.
    sent: u32,
}

/// Lets the worklet catch up, and ends it when `secs` have passed since its first block.
async fn catch_up(secs: f64) -> Read {
    let stage = Setting::new().exact().open().await;
    let flags = ["--autoplay-policy=no-user-gesture-required"];
    let browser = Browser::open_with(&Microphone::Missing, &flags).await;
    let page = Page::load(browser, &stage.url).await;
    page.browser
        .value(&CATCH_UP.replace("SECS", &secs.to_string()))
        .await
}

/// Connects the worklet as `press.js` does. A ramp takes the place of the microphone.
const CATCH_UP: &str = "(async () => {
    const context = new AudioContext();
    const rate = context.sampleRate;
    const until = async (secs) => {
        while (context.currentTime < secs) await new Promise((done) => setTimeout(done, 5));
    };
    const ramp = new AudioBuffer({ length: 8 * rate, sampleRate: rate });
    ramp.getChannelData(0).forEach((_, at, samples) => (samples[at] = (at + 1) / 2 ** 20));
    const source = new AudioBufferSourceNode(context, { buffer: ramp });
    const delay = new DelayNode(context, { maxDelayTime: 60 });
    source.connect(delay).connect(new GainNode(context, { gain: 0 })).connect(context.destination);
    const start = context.currentTime + 0.1;
    source.start(start);
    await until(start + 0.5);
    await context.audioWorklet.addModule('audio-processor.js');
    const lateSecs = Math.ceil((context.currentTime - start + 0.5) * 4) / 4;
    delay.delayTime.value = lateSecs;
    const node = new AudioWorkletNode(context, 'audio-processor', {
        numberOfInputs: 2,
        processorOptions: { lateFrames: lateSecs * rate },
    });
    const { port1, port2 } = new MessageChannel();
    const samples = [];
    let begin;
    const begun = new Promise((done) => (begin = done));
    const ended = new Promise((done) => {
        port1.onmessage = ({ data }) => {
            begin();
            if (data.planar) samples.push(...data.planar);
            else done();
        };
    });
    node.port.postMessage({}, [port2]);
    source.connect(node);
    delay.connect(node, 0, 1);
    node.connect(context.destination);
    await begun;
    await until(context.currentTime + SECS);
    const sent = Math.floor((context.currentTime - start) * rate);
    node.port.postMessage('end');
    await ended;
    const indexes = samples.map((it) => Math.round(it * 2 ** 20)).filter((it) => it > 0);
    const pairs = indexes.slice(1).map((it, at) => [indexes[at], it]);
    const breaks = pairs.filter(([before, it]) => it !== before + 1).slice(0, 9);
    return { first: indexes[0], breaks, frames: indexes.length, sent };
})()";
