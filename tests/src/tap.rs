//! A tap in the page, which records what the browser's audio graph got from a device.
//!
//! On a busy machine, buffers between a device and a page overrun. No page can receive the lost
//! samples. The tap is a worklet next to the page's, on the same source and from the same moment
//! on, so tests can check that the page sends each sample that it received.

use std::{fs, path::Path};

use serde::Deserialize;
use tempfile::TempDir;

use crate::{machine, page::Page, signal, sound::Sound};

/// A copy of the built page with the tap, which records all recordings. Keep it while it is served.
pub struct TappedClient(TempDir);

impl TappedClient {
    /// Copies the built page.
    ///
    /// # Panics
    ///
    /// If it can't be copied.
    pub fn copy() -> Self {
        Self::with_scripts(INSTALL, "")
    }

    /// Like [`Self::copy`], with a tap that records from the moment at which the microphone is
    /// open, even if the page's worklet is loaded later. Runs `script` first.
    ///
    /// # Panics
    ///
    /// If it can't be copied.
    pub fn copy_with_early_tap(script: &str) -> Self {
        Self::with_scripts(INSTALL_EARLY, script)
    }

    fn with_scripts(install: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in fs::read_dir(machine::client_dir()).expect("the page is built") {
            let file = file.expect("the folder can be read");
            let name = file.file_name();
            // The compressed files would be served instead of the changed one.
            if !name.to_string_lossy().starts_with(FIRST_SCRIPT) {
                fs::copy(file.path(), folder.path().join(name))
                    .expect("the built page is files in one folder");
            }
        }
        let first = fs::read_to_string(machine::client_dir().join(FIRST_SCRIPT));
        let first = format!("{script};{install};{}", first.expect("the page is built"));
        for (name, script) in [("tap.js", WORKLET), (FIRST_SCRIPT, &first)] {
            fs::write(folder.path().join(name), script).expect("the folder is writable");
        }
        Self(folder)
    }

    /// The folder of the copy.
    pub fn dir(&self) -> &Path {
        self.0.path()
    }
}

/// Returns the audio that the tap received in the last recording.
///
/// # Panics
///
/// If the page is not a [`TappedClient`].
pub async fn captured(page: &Page) -> Sound {
    #[derive(Deserialize)]
    struct Captured {
        rate_hz: f64,
        samples: String,
    }
    let Captured { rate_hz, samples } = page.browser.value(CAPTURED).await;
    let samples = samples
        .split(',')
        .map(|sample| sample.parse::<f64>().expect("the sample is a number") / 32_768.0)
        .collect();
    Sound {
        rate_hz: rate_hz.round() as u32,
        samples,
    }
}

/// Asserts that the service received each sample that the page captured, from the first sound on,
/// once and in order. Returns the lowest correlation of any 0.1 s.
///
/// The silence before the sound may differ: a session that begins late leaves some of it out.
///
/// # Panics
///
/// If it is not a copy.
pub fn assert_copied(received: &Sound, captured: &Sound, what: &str) -> f64 {
    let audible = signal::audible(received);
    // The sound begins after the microphone is opened, so the recording begins with silence.
    assert!(audible.start > 0, "{what}: the beginning is missing");
    // The tap posts every 25 ms, and loses the rest when its context is closed.
    let per_second = received.rate_hz as usize;
    let end = audible
        .end
        .min(received.samples.len().saturating_sub(per_second / 5));
    let found = signal::locate(received, audible.start + per_second / 200..end, captured)
        .unwrap_or_else(|| panic!("{what}: the received audio does not match the captured audio"));
    let what = format!("{what}: {found:?}");
    assert!(found.worst() >= 0.98 && found.gaps.is_empty(), "{what}");
    let [begins, began] = [received, captured]
        .map(|sound| signal::audible(sound).start as f64 / f64::from(sound.rate_hz));
    let lead_secs = found.start_secs + begins - began;
    assert!(lead_secs < LEAD_SECS, "{what}: late by {lead_secs} s");
    assert_as_long(received, captured, &what);
    found.worst()
}

/// Asserts that both sounds have the same duration.
///
/// They are not compared with a clock: if devices are late on a busy machine, a page gets less
/// audio than the time that has passed.
///
/// # Panics
///
/// If the durations differ by 0.1 s or more.
pub fn assert_as_long(received: &Sound, captured: &Sound, what: &str) {
    let [arrived, got] = [received, captured]
        .map(|sound| signal::audible(sound).len() as f64 / f64::from(sound.rate_hz));
    assert!(
        (arrived - got).abs() < 0.1,
        "{what}: captured {got} s of sound, received {arrived} s"
    );
}

/// Like the page's worklet: ignores the time before the first input, and takes an empty input after
/// it as silence.
const WORKLET: &str = "
registerProcessor('tap', class extends AudioWorkletProcessor {
    constructor() { super(); this.parts = []; this.frames = 0; }
    process([input], [output]) {
        if (input.length || this.frames || this.begun) {
            this.begun = true;
            const part = input.length ? input[0].slice() : new Float32Array(output[0].length);
            this.parts.push(part);
            this.frames += part.length;
        }
        if (this.frames >= sampleRate / 40) {
            this.port.postMessage(this.parts);
            this.parts = [];
            this.frames = 0;
        }
        return true;
    }
});
";

/// The page's first script. The tap precedes it, because the page loads its worklet when it is
/// ready.
const FIRST_SCRIPT: &str = "crash.js";

/// Connects the tap right before the page's worklet, in the same task. Counts the loaded worklets.
const INSTALL: &str = "window.worklets = 0, void ((add, createSource) => {
    AudioWorklet.prototype.addModule = async function (url) {
        await add.call(this, url);
        await add.call(this, 'tap.js');
        window.worklets++;
    };
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        const source = createSource.call(this, stream);
        const node = new AudioWorkletNode(this, 'tap');
        const parts = [];
        node.port.onmessage = ({ data }) => void parts.push(...data);
        source.connect(node);
        node.connect(this.destination);
        window.tap = { rate_hz: this.sampleRate, parts, node };
        return source;
    };
})(AudioWorklet.prototype.addModule, AudioContext.prototype.createMediaStreamSource)";

/// Like [`INSTALL`], but the tap is loaded before the page's worklet, and the microphone opens
/// later than that.
const INSTALL_EARLY: &str = "void ((add, createSource, open) => {
    let loaded;
    AudioWorklet.prototype.addModule = async function (url) {
        await (loaded = add.call(this, 'tap.js'));
        await add.call(this, url);
    };
    MediaDevices.prototype.getUserMedia = async function (constraints) {
        await loaded;
        return open.call(this, constraints);
    };
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        const source = createSource.call(this, stream);
        const node = new AudioWorkletNode(this, 'tap');
        const parts = [];
        node.port.onmessage = ({ data }) => void parts.push(...data);
        source.connect(node);
        node.connect(this.destination);
        window.tap = { rate_hz: this.sampleRate, parts, node, source };
        return source;
    };
})(AudioWorklet.prototype.addModule, AudioContext.prototype.createMediaStreamSource,
    MediaDevices.prototype.getUserMedia)";

/// How much earlier the page's worklet may begin than the tap, or later. One is connected right
/// after the other, and on a busy machine either may receive a few quanta before the other.
const LEAD_SECS: f64 = 0.05;

const CAPTURED: &str = "({ rate_hz: window.tap.rate_hz, samples: window.tap.parts
    .map((part) => Array.from(part, (x) => Math.round(x * 32768)).join(',')).join(',') })";
