//! A minimal JavaScript interface for a module with one resampler.

#![expect(unsafe_code, reason = "exports functions to JavaScript")]

use crate::{Resample, all};

/// A resampler and its buffers, which JavaScript accesses.
pub struct Module {
    resampler: Box<dyn Resample>,
    input: Vec<f32>,
    output: Vec<f32>,
}

/// Creates the resampler for an input rate, with an input buffer of `frames`.
#[unsafe(no_mangle)]
pub extern "C" fn open(rate_hz: u32, frames: usize) -> *mut Module {
    let built_in = all();
    Box::into_raw(Box::new(Module {
        resampler: (built_in[0].build)(rate_hz),
        input: vec![0.0; frames],
        output: Vec::new(),
    }))
}

/// Returns the address of the input buffer.
///
/// # Safety
///
/// `module` is from [`open`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn input(module: *mut Module) -> *mut f32 {
    // SAFETY: the caller's promise; JavaScript has one thread.
    unsafe { &mut *module }.input.as_mut_ptr()
}

/// Resamples the first `frames` of the input buffer. Returns the number of output samples.
///
/// # Safety
///
/// `module` is from [`open`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn push(module: *mut Module, frames: usize) -> usize {
    // SAFETY: the caller's promise; JavaScript has one thread.
    let module = unsafe { &mut *module };
    module.output.clear();
    let frames = frames.min(module.input.len());
    module
        .resampler
        .push(&module.input[..frames], &mut module.output);
    module.output.len()
}

/// Returns the address of the output samples, valid until the next [`push`].
///
/// # Safety
///
/// `module` is from [`open`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn output(module: *mut Module) -> *const f32 {
    // SAFETY: the caller's promise; JavaScript has one thread.
    unsafe { &*module }.output.as_ptr()
}
