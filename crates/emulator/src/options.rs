//! What an emulator can be told.

use std::fmt;
use std::path::PathBuf;

use inturn_protocol::MAX_SESSION_SECS;

use crate::delays::Delays;
use crate::faults::Faults;
use crate::forms::FormattedForm;
use crate::recogniser::{PocketSphinxPaths, RecogniserChoice};

/// What an emulator can be told. The defaults are the service's own rules, without its account limits.
#[derive(Clone)]
pub struct Options {
    /// The API keys that are taken; empty means that any key is.
    pub api_keys: Vec<String>,
    /// Names of speech models that are accepted though the service does not list them.
    pub accepted_models: Vec<String>,
    /// Where to write what each session sent; nowhere by default.
    pub record_dir: Option<PathBuf>,
    /// What should go wrong.
    pub faults: Faults,
    /// Which recogniser to use.
    pub recogniser: RecogniserChoice,
    /// Where PocketSphinx is looked for.
    pub pocketsphinx: PocketSphinxPaths,
    /// The text of the script recogniser; empty means the built-in one.
    pub script: String,
    /// How the Universal-Streaming models format.
    pub formatted_form: FormattedForm,
    /// The rules of the service that can be changed.
    pub limits: Limits,
    /// How long answers take.
    pub delays: Delays,
}

/// The rules of the service that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Whether a token opens one session only. Documented so; measured otherwise.
    pub single_use_tokens: bool,
    /// New sessions in any 60 s, refused ones included; `None` is without limit. A free account has 5.
    pub new_sessions_per_minute: Option<u32>,
    /// The close code of that refusal: 1008 as measured, 3009 as documented.
    pub too_many_sessions_code: u16,
    /// How much audio may come in frames under 50 ms before the session ends with 3007.
    pub short_frame_allowance_ms: u32,
    /// The longest session; a token may set a shorter one.
    pub max_session_secs: u32,
    /// How many sessions PocketSphinx listens to at once; `None` is two for each core.
    pub decoders: Option<usize>,
    /// How many sessions one [`TokenOwner`](crate::TokenOwner) may have open at once; `None` is without
    /// limit. One more is refused as too many sessions.
    pub sessions_per_owner: Option<usize>,
    /// The longest `inactivity_timeout`, in seconds: it also holds for clients that ask for a longer one or
    /// for none. `None` follows the service, which has none unless a client asks.
    pub max_inactivity_secs: Option<u32>,
}

/// Why an emulator cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The recogniser that was asked for is not there.
    #[error("{0}")]
    Recogniser(String),
    /// The limiter's code.
    #[error("the close code for too many sessions must be 1008 or 3009, not {0}")]
    TooManySessionsCode(u16),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            api_keys: Vec::new(),
            accepted_models: Vec::new(),
            record_dir: None,
            faults: Faults::none(),
            recogniser: RecogniserChoice::Auto,
            pocketsphinx: PocketSphinxPaths::default(),
            script: String::new(),
            formatted_form: FormattedForm::Classic,
            limits: Limits::default(),
            delays: Delays::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            single_use_tokens: true,
            new_sessions_per_minute: None,
            too_many_sessions_code: 1008,
            short_frame_allowance_ms: SHORT_FRAME_ALLOWANCE_MS,
            max_session_secs: MAX_SESSION_SECS,
            decoders: None,
            sessions_per_owner: None,
            max_inactivity_secs: None,
        }
    }
}

impl fmt::Debug for Options {
    /// Leaves the keys out: they must not reach a log by way of `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("record_dir", &self.record_dir)
            .field("recogniser", &self.recogniser)
            .field("formatted_form", &self.formatted_form)
            .field("limits", &self.limits)
            .field("delays", &self.delays)
            .finish_non_exhaustive()
    }
}

/// The real service refused frames of 20 ms after 49 of them, which it called 977 ms.
pub(crate) const SHORT_FRAME_ALLOWANCE_MS: u32 = 977;
