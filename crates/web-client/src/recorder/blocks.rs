//! Audio from the worklet, by a port of its own.

use std::cell::RefCell;

use inturn_client_core::session::Input;
use js_sys::Float32Array;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

use crate::browser::{BrowserError, Listener};

/// The port of one microphone. Dropping it closes the port.
pub(super) struct Blocks {
    port: MessagePort,
    _messages: Listener,
}

#[wasm_bindgen]
extern "C" {
    /// What `audio-processor.js` posts.
    type Block;

    /// The planes, one behind the other; `undefined` in the message behind the last block.
    #[wasm_bindgen(method, getter)]
    fn planar(this: &Block) -> Option<Float32Array>;

    #[wasm_bindgen(method, getter)]
    fn channels(this: &Block) -> u32;
}

thread_local! {
    /// Where a block is copied to. It grows to the largest block and stays.
    static SAMPLES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Blocks {
    /// Passes on the blocks that have come, and all that will.
    pub(super) fn listen(port: MessagePort, happened: fn(Input<'_>)) -> Result<Self, BrowserError> {
        let messages = Listener::new(&port, "message", move |event: MessageEvent| {
            let block: Block = event.data().unchecked_into();
            match block.planar() {
                Some(planar) => take(&planar, block.channels() as usize, happened),
                None => happened(Input::AudioEnded),
            }
        })?;
        port.start();
        Ok(Self {
            port,
            _messages: messages,
        })
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.port.close();
    }
}

fn take(planar: &Float32Array, channels: usize, happened: fn(Input<'_>)) {
    SAMPLES.with_borrow_mut(|samples| {
        samples.resize(planar.length() as usize, 0.0);
        planar.copy_to(samples);
        happened(Input::Block {
            planar: samples,
            channels,
        });
    });
}
