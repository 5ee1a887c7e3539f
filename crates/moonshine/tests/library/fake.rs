//! A library with the functions of Moonshine's, for tests. It recognises "One two." in each piece.

use std::ffi::{c_char, c_void};

#[repr(C)]
struct Line {
    text: *const c_char,
    audio: *const f32,
    audio_len: usize,
    start_secs: f32,
    duration_secs: f32,
    id: u64,
    flags: [i8; 5],
    spans: *const c_void,
    span_count: u64,
    latency_ms: u32,
    words: *const c_void,
    word_count: u64,
}

#[repr(C)]
struct Transcript {
    lines: *const Line,
    count: u64,
}

#[unsafe(no_mangle)]
pub extern "C" fn moonshine_get_version() -> i32 {
    if cfg!(other_version) { 40_000 } else { 30_102 }
}

#[cfg(not(incomplete))]
#[unsafe(no_mangle)]
pub extern "C" fn moonshine_load_transcriber_from_files(
    _model: *const c_char,
    architecture: u32,
    _settings: *const c_void,
    setting_count: u64,
    header_version: i32,
) -> i32 {
    // What a library prints must not get between the messages.
    println!("Loading the model");
    let is_usual = architecture < 2 && setting_count == 2 && header_version / 10_000 == 3;
    if is_usual { 7 } else { -3 }
}

#[unsafe(no_mangle)]
pub extern "C" fn moonshine_error_to_string(_code: i32) -> *const c_char {
    c"invalid argument".as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn moonshine_free_transcriber(_handle: i32) {}

/// Returns a line for the audio that is not silent, after one that is a rest of the call before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn moonshine_transcribe_without_streaming(
    handle: i32,
    audio: *mut f32,
    length: u64,
    rate_hz: i32,
    _flags: u32,
    transcript: *mut *mut Transcript,
) -> i32 {
    if handle != 7 || rate_hz != 16_000 {
        return -3;
    }
    let audio = unsafe { std::slice::from_raw_parts(audio, length as usize) };
    let secs = |samples: usize| samples as f32 / 16_000.0;
    let first = audio.iter().position(|sample| *sample != 0.0).unwrap_or(0);
    let last = audio.iter().rposition(|sample| *sample != 0.0).unwrap_or(0);
    // Moonshine's voice detector needs silence before and after the voice.
    let is_padded = first >= 1_600 && audio.len() - last > 4_800;
    if !is_padded {
        return -3;
    }
    let line = |text: *const c_char, start: usize, end: usize| Line {
        text,
        audio: std::ptr::null(),
        audio_len: 0,
        start_secs: secs(start),
        duration_secs: secs(end - start),
        id: 1,
        flags: [1; 5],
        spans: std::ptr::null(),
        span_count: 0,
        latency_ms: 20,
        words: std::ptr::null(),
        word_count: 0,
    };
    let lines = vec![
        line(c"You".as_ptr(), 0, 4_000),
        line(c"One two.".as_ptr(), first, last + 1),
        line(c" ".as_ptr(), 0, audio.len()),
    ];
    let count = lines.len() as u64;
    let lines = lines.leak().as_ptr();
    unsafe { *transcript = Box::leak(Box::new(Transcript { lines, count })) };
    0
}
