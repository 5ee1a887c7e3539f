//! Bindings to the C interface of PocketSphinx 5prealpha (`libpocketsphinx.so.3`). All `unsafe`
//! code of this crate is here.
//!
//! The declarations follow `pocketsphinx/pocketsphinx.h`, `sphinxbase/cmd_ln.h`, `sphinxbase/err.h`
//! and `sphinxbase/logmath.h` of Debian 12. The libraries are needed only at run time.

#![expect(unsafe_code, reason = "calls the functions of a C library")]

use std::{
    ffi::{CStr, CString, c_char, c_double, c_int, c_void},
    path::Path,
    sync::Arc,
};

type Handle = *mut c_void;

/// The functions that this crate calls, and the libraries that contain them.
pub(super) struct Library {
    args: unsafe extern "C" fn() -> *const c_void,
    parse: unsafe extern "C" fn(Handle, *const c_void, i32, *mut *mut c_char, i32) -> Handle,
    free_config: unsafe extern "C" fn(Handle) -> c_int,
    silence: unsafe extern "C" fn(*const c_void, Handle),
    log_to: unsafe extern "C" fn(Handle),
    exp: unsafe extern "C" fn(Handle, c_int) -> c_double,
    init: unsafe extern "C" fn(Handle) -> Handle,
    free: unsafe extern "C" fn(Handle) -> c_int,
    logmath: unsafe extern "C" fn(Handle) -> Handle,
    start_stream: unsafe extern "C" fn(Handle) -> c_int,
    start_utt: unsafe extern "C" fn(Handle) -> c_int,
    process_raw: unsafe extern "C" fn(Handle, *const i16, usize, c_int, c_int) -> c_int,
    end_utt: unsafe extern "C" fn(Handle) -> c_int,
    seg_iter: unsafe extern "C" fn(Handle) -> Handle,
    seg_next: unsafe extern "C" fn(Handle) -> Handle,
    seg_word: unsafe extern "C" fn(Handle) -> *const c_char,
    seg_frames: unsafe extern "C" fn(Handle, *mut c_int, *mut c_int),
    seg_prob: unsafe extern "C" fn(Handle, *mut i32, *mut i32, *mut i32) -> i32,
    // Declared last, so that they are dropped last: the pointers above are copies without a
    // lifetime.
    _sphinx: libloading::Library,
    _base: libloading::Library,
}

/// A decoder with its own copy of the model in memory (about 90 MB).
pub(super) struct Decoder {
    library: Arc<Library>,
    handle: Handle,
}

/// A segment of the best path: a word, or a filler in brackets.
pub(super) struct Segment {
    pub(super) word: String,
    pub(super) first_frame: u32,
    pub(super) last_frame: u32,
    /// Posterior probability, 0 to 1. Valid only after [`Decoder::end`].
    pub(super) confidence: f64,
}

impl Library {
    pub(super) fn load(sphinx: &Path, base: &Path) -> Result<Self, libloading::Error> {
        // SAFETY: loading runs the libraries' initialisers, which only set up their own static
        // tables. The operator chooses both libraries, as with any program.
        let (base, sphinx) = unsafe {
            (
                libloading::Library::new(base)?,
                libloading::Library::new(sphinx)?,
            )
        };
        // SAFETY: each symbol has the type that its header declares (see the module's doc). The
        // pointers are copied out of their borrows. That is sound because the same struct owns the
        // libraries, which are unloaded only when it is dropped.
        let library = unsafe {
            Self {
                args: *sphinx.get(b"ps_args\0")?,
                parse: *base.get(b"cmd_ln_parse_r\0")?,
                free_config: *base.get(b"cmd_ln_free_r\0")?,
                silence: *base.get(b"err_set_callback\0")?,
                log_to: *base.get(b"err_set_logfp\0")?,
                exp: *base.get(b"logmath_exp\0")?,
                init: *sphinx.get(b"ps_init\0")?,
                free: *sphinx.get(b"ps_free\0")?,
                logmath: *sphinx.get(b"ps_get_logmath\0")?,
                start_stream: *sphinx.get(b"ps_start_stream\0")?,
                start_utt: *sphinx.get(b"ps_start_utt\0")?,
                process_raw: *sphinx.get(b"ps_process_raw\0")?,
                end_utt: *sphinx.get(b"ps_end_utt\0")?,
                seg_iter: *sphinx.get(b"ps_seg_iter\0")?,
                seg_next: *sphinx.get(b"ps_seg_next\0")?,
                seg_word: *sphinx.get(b"ps_seg_word\0")?,
                seg_frames: *sphinx.get(b"ps_seg_frames\0")?,
                seg_prob: *sphinx.get(b"ps_seg_prob\0")?,
                _sphinx: sphinx,
                _base: base,
            }
        };
        // SAFETY: the library accepts a null callback, which disables its log. The log would
        // contain the transcript. It is set here once, before any decoder runs on another thread.
        unsafe { (library.silence)(std::ptr::null(), std::ptr::null_mut()) };
        Ok(library)
    }
}

impl Decoder {
    /// Loads the model. The caller must have checked that the model's files exist.
    pub(super) fn open(library: &Arc<Library>, model: &Path) -> Result<Self, String> {
        let file = |name: &str| model.join(name).display().to_string();
        let arguments = [
            // The parser skips the first argument, the program's name.
            "inturn".to_owned(),
            "-hmm".to_owned(),
            file("en-us"),
            "-lm".to_owned(),
            file("en-us.lm.bin"),
            "-dict".to_owned(),
            file("cmudict-en-us.dict"),
            // The turn engine sets the bounds of turns. Dropped frames would shift the words'
            // times.
            "-remove_silence".to_owned(),
            "no".to_owned(),
            // The flat pass at an utterance's end takes a fifth of the time and found no more
            // words.
            "-fwdflat".to_owned(),
            "no".to_owned(),
        ];
        let owned: Vec<CString> = arguments
            .into_iter()
            .map(CString::new)
            .collect::<Result<_, _>>()
            .map_err(|_| "the PocketSphinx model's path contains a zero byte".to_owned())?;
        let mut pointers: Vec<*mut c_char> =
            owned.iter().map(|text| text.as_ptr().cast_mut()).collect();
        let count = pointers.len() as i32;
        // SAFETY: a null file disables this output, by the library's documentation. The file is per
        // thread, and the library lists its settings there even without a callback.
        unsafe { (library.log_to)(std::ptr::null_mut()) };
        // SAFETY: `pointers` holds `count` valid C strings that outlive the call. The parser copies
        // them and does not write to them. `args` returns a static table.
        let config = unsafe {
            (library.parse)(
                std::ptr::null_mut(),
                (library.args)(),
                count,
                pointers.as_mut_ptr(),
                1,
            )
        };
        if config.is_null() {
            return Err(
                "PocketSphinx rejects its settings; the library may have the wrong version"
                    .to_owned(),
            );
        }
        // SAFETY: `config` is valid and not null. `ps_init` takes its own reference, so this one is
        // released right after the call, whatever it returns.
        let handle = unsafe {
            let handle = (library.init)(config);
            (library.free_config)(config);
            handle
        };
        if handle.is_null() {
            return Err("PocketSphinx cannot read its model".to_owned());
        }
        Ok(Self {
            library: Arc::clone(library),
            handle,
        })
    }

    /// Begins an utterance. Frame numbers restart at 0, and the noise estimate is reset.
    pub(super) fn start(&mut self) {
        // SAFETY: the handle is valid until drop. A call in the wrong state only returns an error,
        // so the results can be ignored.
        unsafe {
            (self.library.start_stream)(self.handle);
            (self.library.start_utt)(self.handle);
        }
    }

    /// Decodes samples. `whole` means that they are the whole utterance.
    pub(super) fn process(&mut self, samples: &[i16], whole: bool) {
        // SAFETY: the handle is valid. Pointer and length belong to one slice, which is only read.
        unsafe {
            (self.library.process_raw)(
                self.handle,
                samples.as_ptr(),
                samples.len(),
                0,
                c_int::from(whole),
            )
        };
    }

    /// Ends the utterance and computes its final best path.
    pub(super) fn end(&mut self) {
        // SAFETY: as in `start`.
        unsafe { (self.library.end_utt)(self.handle) };
    }

    /// Returns the best path so far.
    pub(super) fn segments(&mut self) -> Vec<Segment> {
        let library = &self.library;
        let mut segments = Vec::new();
        // SAFETY: the handle is valid. The log table belongs to the decoder and lives as long.
        let (logmath, mut next) = unsafe {
            (
                (library.logmath)(self.handle),
                (library.seg_iter)(self.handle),
            )
        };
        while !next.is_null() {
            let (mut first, mut last) = (0, 0);
            // SAFETY: `next` is a valid iterator: not null, and not advanced since it was returned.
            // The word is a C string of the dictionary, copied before `seg_next`. The pointers for
            // the three scores may be null. `seg_next` frees the iterator when it returns null.
            unsafe {
                let word = (library.seg_word)(next);
                (library.seg_frames)(next, &raw mut first, &raw mut last);
                let null = std::ptr::null_mut();
                let probability = (library.seg_prob)(next, null, null, null);
                if !word.is_null() {
                    segments.push(Segment {
                        word: CStr::from_ptr(word).to_string_lossy().into_owned(),
                        first_frame: u32::try_from(first).unwrap_or(0),
                        last_frame: u32::try_from(last).unwrap_or(0),
                        confidence: (library.exp)(logmath, probability).clamp(0.0, 1.0),
                    });
                }
                next = (library.seg_next)(next);
            }
        }
        segments
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the handle came from `ps_init` and is freed once, here.
        unsafe { (self.library.free)(self.handle) };
    }
}

// SAFETY: a decoder uses only its own memory and read-only tables, so it can move between
// threads. It is not `Sync`: every method that calls the library takes `&mut self`.
unsafe impl Send for Decoder {}
