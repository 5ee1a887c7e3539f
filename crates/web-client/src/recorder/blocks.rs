//! Audio blocks from the worklet, received on a `MessagePort`.

use std::cell::RefCell;

use inturn_client_core::session::Input;
use js_sys::Float32Array;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

use crate::browser::Listener;

/// The port for the blocks of one microphone. Dropping it closes the port.
pub(super) struct Blocks {
    port: MessagePort,
    _messages: Listener,
}

#[wasm_bindgen]
extern "C" {
    /// A message that `audio-processor.js` posts.
    type Block;

    /// The samples of the first channel, then those of the next; `undefined` in the message after
    /// the last block.
    #[wasm_bindgen(method, getter)]
    fn planar(this: &Block) -> Option<Float32Array>;

    #[wasm_bindgen(method, getter)]
    fn channels(this: &Block) -> u32;
}

thread_local! {
    /// The buffer for the current block. It grows to the size of the largest block and is reused.
    static SAMPLES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Blocks {
    /// Passes all blocks of a port to `dispatch`, including those that have already arrived.
    pub(super) fn listen(port: MessagePort, dispatch: fn(Input<'_>)) -> Self {
        let messages = Listener::new(&port, "message", move |event: MessageEvent| {
            let block: Block = event.data().unchecked_into();
            match block.planar() {
                Some(planar) => handle_block(&planar, block.channels() as usize, dispatch),
                None => dispatch(Input::AudioEnded),
            }
        });
        port.start();
        Self {
            port,
            _messages: messages,
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.port.close();
    }
}

fn handle_block(planar: &Float32Array, channels: usize, dispatch: fn(Input<'_>)) {
    SAMPLES.with_borrow_mut(|samples| {
        samples.resize(planar.length() as usize, 0.0);
        planar.copy_to(samples);
        dispatch(Input::Block {
            planar: samples,
            channels,
        });
    });
}
