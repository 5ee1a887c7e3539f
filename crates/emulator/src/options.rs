//! Options of an emulator.

use std::{fmt, path::PathBuf};

use inturn_protocol::MAX_SESSION_SECS;

use crate::{
    delays::Delays,
    faults::Faults,
    recogniser::{MoonshinePaths, PocketSphinxPaths, RecogniserChoice},
    turn_encoder::FormattedForm,
};

/// Options of an emulator. The defaults are the service's rules without its account limits.
#[derive(Clone)]
pub struct Options {
    /// Accepted API keys. If empty, every key is accepted.
    pub api_keys: Vec<String>,
    /// Speech models that are accepted in addition to the service's models.
    pub accepted_models: Vec<String>,
    /// Folder for the audio and the log of each session. By default none is written.
    pub record_dir: Option<PathBuf>,
    /// Faults to simulate.
    pub faults: Faults,
    /// Recogniser to use.
    pub recogniser: RecogniserChoice,
    /// Where Moonshine is installed.
    pub moonshine: MoonshinePaths,
    /// Where PocketSphinx is installed.
    pub pocketsphinx: PocketSphinxPaths,
    /// Text of the script recogniser. If empty, the built-in text is used. With tones, the words by
    /// their number; words without a text are `w0`, `w1` and so on.
    pub script: String,
    /// How the Universal-Streaming models format turns.
    pub formatted_form: FormattedForm,
    /// Limits and other rules of the service that can be changed.
    pub limits: ServiceLimits,
    /// Delays of responses.
    pub delays: Delays,
}

/// Limits and other rules of the service that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Whether a token opens only one session, as documented. Measurements showed otherwise.
    pub single_use_tokens: bool,
    /// New sessions in any 60 s, including refused ones. `None` is unlimited. A free account has 5.
    pub new_sessions_per_minute: Option<u32>,
    /// Close code for too many sessions: 1008 as measured, 3009 as documented.
    pub too_many_sessions_code: u16,
    /// Audio in frames under 50 ms, in total, after which the session ends with 3007.
    pub short_frame_allowance_ms: u32,
    /// Longest session. A token can set a shorter limit.
    pub max_session_secs: u32,
    /// Highest number of concurrent sessions of a recogniser of real words. `None` is as many as
    /// this machine can follow: with Moonshine five for three cores and at least 2; with
    /// PocketSphinx two for each core, and at least two more than one owner can have.
    pub decoders: Option<usize>,
    /// Highest number of concurrent sessions for one [`TokenOwner`](crate::TokenOwner). `None` is
    /// unlimited. Another session is refused as too many sessions.
    pub sessions_per_owner: Option<usize>,
    /// Whether a partial is sent whenever the recogniser has other words. Otherwise the Universal-3
    /// models send one each 1.2 s, as on the service.
    pub eager_partials: bool,
    /// Longest `inactivity_timeout`, in seconds. It also applies to clients that request a longer
    /// timeout or none. `None` follows the service: no timeout unless the client requests one.
    pub max_inactivity_secs: Option<u32>,
}

/// Error in the options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The selected recogniser is not available.
    #[error("{0}")]
    Recogniser(String),
    /// The close code for too many sessions is neither 1008 nor 3009.
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
            moonshine: MoonshinePaths::default(),
            pocketsphinx: PocketSphinxPaths::default(),
            script: String::new(),
            formatted_form: FormattedForm::Classic,
            limits: ServiceLimits::default(),
            delays: Delays::default(),
        }
    }
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            single_use_tokens: true,
            new_sessions_per_minute: None,
            too_many_sessions_code: 1008,
            short_frame_allowance_ms: SHORT_FRAME_ALLOWANCE_MS,
            max_session_secs: MAX_SESSION_SECS,
            decoders: None,
            sessions_per_owner: None,
            eager_partials: false,
            max_inactivity_secs: None,
        }
    }
}

impl fmt::Debug for Options {
    /// Omits the keys, so that `{:?}` can't write them to a log.
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

/// Measured: the real service refused the 49th frame of 20 ms and reported 977 ms.
pub(crate) const SHORT_FRAME_ALLOWANCE_MS: u32 = 977;
