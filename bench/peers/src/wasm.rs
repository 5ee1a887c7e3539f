//! The border of a module that holds a single resampler, and no more than any caller needs.

use crate::{Resample, all};

/// A resampler and the buffers that JavaScript sees.
pub struct Module {
    resampler: Box<dyn Resample>,
    input: Vec<f32>,
    output: Vec<f32>,
}

/// Builds the resampler for an input rate, with room for `frames` at a time.
#[unsafe(no_mangle)]
pub extern "C" fn open(rate_hz: u32, frames: usize) -> *mut Module {
    let built_in = all();
    Box::into_raw(Box::new(Module {
        resampler: (built_in[0].build)(rate_hz),
        input: vec![0.0; frames],
        output: Vec::new(),
    }))
}

/// Where the frames go.
///
/// # Safety
///
/// `module` is from [`open`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn input(module: *mut Module) -> *mut f32 {
    // SAFETY: the caller's promise; JavaScript has one thread.
    unsafe { &mut *module }.input.as_mut_ptr()
}

/// Resamples the first `frames` of the input, and says how many samples that gave.
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

/// Where the samples are, until the next [`push`].
///
/// # Safety
///
/// `module` is from [`open`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn output(module: *mut Module) -> *const f32 {
    // SAFETY: the caller's promise; JavaScript has one thread.
    unsafe { &*module }.output.as_ptr()
}
