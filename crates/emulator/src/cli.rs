//! Command-line flags of `inturn-emulator`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser};
use inturn_emulator::{
    Delays, Faults, FormattedForm, MoonshinePaths, Options, PocketSphinxPaths, RecogniserChoice,
    ServiceLimits,
};

/// Emulates the v3 streaming service.
#[derive(Parser)]
#[command(name = "inturn-emulator", version)]
pub(crate) struct Cli {
    /// Address to listen on; port 0 picks a free port
    #[arg(
        long,
        env = "INTURN_EMULATOR_LISTEN",
        default_value = "127.0.0.1:8010",
        value_name = "ADDRESS"
    )]
    pub(crate) listen: SocketAddr,

    /// File with the certificate chain in PEM format; enables HTTPS and WSS, and disables HTTP
    #[arg(
        long,
        env = "INTURN_EMULATOR_TLS_CERT",
        requires = "tls_key",
        value_name = "FILE"
    )]
    pub(crate) tls_cert: Option<PathBuf>,

    /// File with the certificate's private key in PEM format
    #[arg(
        long,
        env = "INTURN_EMULATOR_TLS_KEY",
        requires = "tls_cert",
        value_name = "FILE"
    )]
    pub(crate) tls_key: Option<PathBuf>,

    /// API key to accept; may be repeated. Without this flag, every key is accepted
    #[arg(
        long = "api-key",
        env = "INTURN_EMULATOR_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    api_keys: Vec<String>,

    /// Speech model to accept in addition to the service's models; may be repeated
    #[arg(
        long = "accept-model",
        env = "INTURN_EMULATOR_ACCEPT_MODEL",
        value_delimiter = ',',
        value_name = "NAME"
    )]
    accepted_models: Vec<String>,

    /// Folder for the audio and the log of each session, ID.wav and ID.json
    #[arg(long, env = "INTURN_EMULATOR_RECORD_DIR", value_name = "DIR")]
    record_dir: Option<PathBuf>,

    /// JSON file with faults or a case; the README describes the format
    #[arg(long, env = "INTURN_EMULATOR_FAULTS", value_name = "FILE")]
    faults: Option<PathBuf>,

    #[command(flatten)]
    recogniser: RecogniserArgs,

    #[command(flatten)]
    limits: LimitArgs,
}

/// Flags of the recogniser.
#[derive(Args)]
struct RecogniserArgs {
    /// Recogniser that turns audio into words; for tests also `tones`, see the README
    #[arg(long, env = "INTURN_EMULATOR_RECOGNISER", value_enum, default_value_t)]
    recogniser: RecogniserChoice,

    /// File with the text of the script (default: a built-in text), or of the words of tones
    /// (default: w0, w1, …)
    #[arg(long, env = "INTURN_EMULATOR_SCRIPT", value_name = "FILE")]
    script: Option<PathBuf>,

    /// Folder with Moonshine's package or a model for it (default: the usual folders)
    #[arg(long, env = "INTURN_EMULATOR_MOONSHINE_DIR", value_name = "DIR")]
    moonshine_dir: Option<PathBuf>,

    /// Program that runs Moonshine (default: inturn-moonshine next to this program)
    #[arg(long, env = "INTURN_EMULATOR_MOONSHINE_PROGRAM", value_name = "FILE")]
    moonshine_program: Option<PathBuf>,

    /// libpocketsphinx: a library name or a path
    #[arg(long, env = "INTURN_EMULATOR_POCKETSPHINX_LIBRARY", value_name = "FILE",
        default_value_os_t = PocketSphinxPaths::default().library)]
    pocketsphinx_library: PathBuf,

    /// libsphinxbase: a library name or a path
    #[arg(long, env = "INTURN_EMULATOR_SPHINXBASE_LIBRARY", value_name = "FILE",
        default_value_os_t = PocketSphinxPaths::default().base_library)]
    sphinxbase_library: PathBuf,

    /// Folder with PocketSphinx's English model
    #[arg(long, env = "INTURN_EMULATOR_POCKETSPHINX_MODEL", value_name = "DIR",
        default_value_os_t = PocketSphinxPaths::default().model)]
    pocketsphinx_model: PathBuf,

    /// Highest number of concurrent sessions of Moonshine or PocketSphinx (default: as many as this
    /// machine can follow)
    #[arg(long, env = "INTURN_EMULATOR_DECODERS", value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..))]
    decoders: Option<u16>,

    /// How the universal-streaming models format turns
    #[arg(
        long,
        env = "INTURN_EMULATOR_FORMATTED_FORM",
        value_enum,
        default_value_t
    )]
    formatted_form: FormattedForm,
}

/// Flags that change the service's rules.
#[derive(Args)]
struct LimitArgs {
    /// Accept a token more than once
    #[arg(long, env = "INTURN_EMULATOR_REUSABLE_TOKENS")]
    reusable_tokens: bool,

    /// New sessions per minute (default: no limit; a free account has 5)
    #[arg(
        long,
        env = "INTURN_EMULATOR_SESSIONS_PER_MINUTE",
        value_name = "COUNT"
    )]
    sessions_per_minute: Option<u32>,

    /// Close code for too many sessions: 1008 as measured, 3009 as documented
    #[arg(
        long,
        env = "INTURN_EMULATOR_TOO_MANY_SESSIONS_CODE",
        default_value = "1008",
        value_parser = too_many_sessions_code,
        value_name = "CODE"
    )]
    too_many_sessions_code: u16,

    /// Delay tokens, Begin, words, Termination and the close as much as the real service does
    #[arg(long, env = "INTURN_EMULATOR_LIKE_THE_REAL_SERVICE")]
    like_the_real_service: bool,

    /// Send a partial whenever the words change, not at the intervals of the service
    #[arg(long, env = "INTURN_EMULATOR_EAGER_PARTIALS")]
    eager_partials: bool,

    /// Milliseconds from the upgrade to Begin (default: 0, or 600 with --like-the-real-service)
    #[arg(long, env = "INTURN_EMULATOR_BEGIN_DELAY_MS", value_name = "MS")]
    begin_delay_ms: Option<u64>,

    /// Milliseconds of audio in frames under 50 ms after which a session is ended
    #[arg(long, env = "INTURN_EMULATOR_SHORT_FRAME_ALLOWANCE_MS", value_name = "MS",
        default_value_t = ServiceLimits::default().short_frame_allowance_ms)]
    short_frame_allowance_ms: u32,

    /// Longest session, in seconds
    #[arg(long, env = "INTURN_EMULATOR_MAX_SESSION_SECONDS", value_name = "SECONDS",
        default_value_t = ServiceLimits::default().max_session_secs,
        value_parser = clap::value_parser!(u32).range(1..))]
    max_session_seconds: u32,
}

impl Cli {
    /// Returns the options for these flags. The error names the flag or the file that is wrong.
    pub(crate) fn options(&self) -> Result<Options, String> {
        let faults = match &self.faults {
            None => Faults::none(),
            Some(path) => Faults::from_file(path).map_err(|error| error.to_string())?,
        };
        let recogniser = &self.recogniser;
        let script = match &recogniser.script {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                format!("the script {} cannot be read: {error}", path.display())
            })?,
        };
        Ok(Options {
            api_keys: self.api_keys.clone(),
            accepted_models: self.accepted_models.clone(),
            record_dir: self.record_dir.clone(),
            faults,
            recogniser: recogniser.recogniser,
            moonshine: MoonshinePaths {
                program: recogniser.moonshine_program.clone(),
                folder: recogniser.moonshine_dir.clone(),
            },
            pocketsphinx: PocketSphinxPaths {
                library: recogniser.pocketsphinx_library.clone(),
                base_library: recogniser.sphinxbase_library.clone(),
                model: recogniser.pocketsphinx_model.clone(),
            },
            script,
            formatted_form: recogniser.formatted_form,
            limits: self.limits.limits(recogniser.decoders),
            delays: self.limits.delays(),
        })
    }
}

impl LimitArgs {
    fn delays(&self) -> Delays {
        let mut delays = if self.like_the_real_service {
            Delays::like_the_real_service()
        } else {
            Delays::default()
        };
        if let Some(ms) = self.begin_delay_ms {
            delays.begin = Duration::from_millis(ms);
        }
        delays
    }

    fn limits(&self, decoders: Option<u16>) -> ServiceLimits {
        ServiceLimits {
            single_use_tokens: !self.reusable_tokens,
            new_sessions_per_minute: self.sessions_per_minute,
            too_many_sessions_code: self.too_many_sessions_code,
            short_frame_allowance_ms: self.short_frame_allowance_ms,
            max_session_secs: self.max_session_seconds,
            decoders: decoders.map(usize::from),
            eager_partials: self.eager_partials,
            ..ServiceLimits::default()
        }
    }
}

fn too_many_sessions_code(text: &str) -> Result<u16, String> {
    match text {
        "1008" => Ok(1008),
        "3009" => Ok(3009),
        _ => Err("expected 1008 or 3009".to_owned()),
    }
}
