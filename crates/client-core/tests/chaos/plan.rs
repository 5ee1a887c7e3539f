//! Random plans of what goes wrong in a recording.

use inturn_client_core::session::Hold;
use inturn_protocol::Family;

use super::{random::Random, service::Behaviour};

/// What goes wrong, and when, in a recording.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) behaviour: Behaviour,
    /// Length of the microphone's blocks, in samples at the service's rate.
    pub(crate) block: u64,
    /// The rate of the first microphone, in Hz.
    pub(crate) rate_hz: u32,
    /// Greatest delay of a block, in milliseconds.
    pub(crate) jitter_ms: u64,
    /// One of this many pauses is long.
    pub(crate) slowness: u64,
    /// When the person stops, in milliseconds since Record.
    pub(crate) stop_ms: u64,
    /// The faults with their times, in milliseconds since Record.
    pub(crate) faults: Vec<(u64, Fault)>,
}

/// Something that goes wrong. A length in milliseconds is followed by a return to normal.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The service closes all sockets with this code, after an `Error` message or without one.
    Drop { code: u16, has_error: bool },
    /// Nothing passes the open sockets any more, in either direction. Their buffers take `hidden`
    /// bytes that no program can see. The browser may notice after some time.
    Dead {
        hidden: u64,
        noticed_after_ms: Option<u64>,
    },
    /// The service takes the audio of the open sessions, but says nothing any more.
    Deaf,
    /// The open sockets pass nothing for some time, then everything.
    Stall { ms: u64, hidden: u64 },
    /// For a minute, the service's messages come later by this time.
    Late { ms: u64 },
    /// Our server gives no tokens.
    NoTokens { refusal: Refusal, ms: u64 },
    /// The service refuses the next token as expired.
    ExpiredToken,
    /// No socket opens.
    NoSockets { failure: SocketFailure, ms: u64 },
    /// Our server is away, and has forgotten all leases afterwards.
    ServerRestart { ms: u64 },
    /// The browser reports that there is no network, and later that there is. The sockets survive
    /// it or not.
    Offline { ms: u64, is_fatal: bool },
    /// There is no network, and the browser does not notice. It may close the sockets.
    Outage { ms: u64, is_noticed: bool },
    /// The person returns to the page.
    Shown,
    /// The microphone's blocks come late, all at once.
    LateBlocks { ms: u64 },
    /// The microphone captures nothing. To open it again helps or not.
    NoBlocks { ms: u64, is_cured: bool },
    /// The microphone is disconnected. It is back after some time, and another one is there after
    /// some time. The browser announces that or not.
    MicrophoneLost {
        back_ms: u64,
        other_ms: u64,
        other_rate_hz: u32,
        is_announced: bool,
    },
    /// The system holds the microphone, which delivers zeros or nothing.
    Held {
        hold: Hold,
        ms: u64,
        has_zeros: bool,
    },
    /// The computer sleeps. The sockets survive a short sleep or not. Afterwards the timers fire
    /// before everything else or not.
    Sleep {
        ms: u64,
        is_fatal: bool,
        are_timers_first: bool,
    },
    /// The person pauses the recording, and resumes it.
    Pause { ms: u64 },
}

impl Fault {
    /// Returns how long it lasts, in milliseconds.
    pub(crate) fn ms(&self) -> u64 {
        match *self {
            Self::Drop { .. } | Self::Deaf | Self::ExpiredToken | Self::Shown => 0,
            Self::Dead {
                noticed_after_ms, ..
            } => noticed_after_ms.unwrap_or(0),
            // For a minute, and longer by the delay.
            Self::Late { ms } => 60_000 + ms,
            Self::MicrophoneLost {
                back_ms, other_ms, ..
            } => back_ms.min(other_ms),
            Self::Stall { ms, .. }
            | Self::NoTokens { ms, .. }
            | Self::NoSockets { ms, .. }
            | Self::ServerRestart { ms }
            | Self::Offline { ms, .. }
            | Self::Outage { ms, .. }
            | Self::LateBlocks { ms }
            | Self::NoBlocks { ms, .. }
            | Self::Held { ms, .. }
            | Self::Sleep { ms, .. }
            | Self::Pause { ms } => ms,
        }
    }

    /// Returns how much longer the recording takes if the person does not count this time, in
    /// milliseconds.
    fn added_ms(&self, random: &mut Random) -> u64 {
        match *self {
            Self::Sleep { ms, .. } => ms,
            // Otherwise the person may stop while the recording is paused.
            Self::Pause { ms } if random.chance(70) => ms,
            _ => 0,
        }
    }
}

/// Why our server gives no token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    Unreachable,
    NoAnswer,
    Internal,
    RateLimited { retry_after_secs: u64 },
    SignIn,
}

/// Why no socket opens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SocketFailure {
    /// Nothing happens.
    Never,
    /// The browser closes it.
    Refused,
    /// It opens, but the service does not begin a session.
    NoBegin,
}

type Draw = fn(&mut Random) -> Fault;

/// All kinds of faults, with their frequency.
const FAULTS: &[(u64, Draw)] = &[
    (6, |random| Fault::Drop {
        code: random.pick(&[1006, 1011, 3005, 1001, 1013]),
        has_error: random.chance(50),
    }),
    (3, |random| Fault::Dead {
        hidden: hidden(random),
        noticed_after_ms: random.chance(40).then(|| random.range(500, 30_000)),
    }),
    (2, |_| Fault::Deaf),
    (3, |random| Fault::Stall {
        ms: random.range(500, 25_000),
        hidden: hidden(random),
    }),
    // Later than `LAST_WORDS_TIMEOUT` after `Terminate`, a message is not awaited.
    (2, |random| Fault::Late {
        ms: random.range(500, 4_500),
    }),
    (3, |random| Fault::NoTokens {
        refusal: random.pick(&[
            Refusal::Unreachable,
            Refusal::NoAnswer,
            Refusal::Internal,
            Refusal::RateLimited {
                retry_after_secs: 13,
            },
            Refusal::SignIn,
        ]),
        ms: random.range(1_000, 40_000),
    }),
    (1, |_| Fault::ExpiredToken),
    (3, |random| Fault::NoSockets {
        failure: random.pick(&[
            SocketFailure::Never,
            SocketFailure::Refused,
            SocketFailure::NoBegin,
        ]),
        ms: random.range(1_000, 40_000),
    }),
    (2, |random| Fault::ServerRestart {
        ms: random.range(500, 20_000),
    }),
    (2, |random| Fault::Offline {
        ms: random.range(500, 90_000),
        is_fatal: random.chance(70),
    }),
    (3, |random| Fault::Outage {
        ms: random.range(1_000, 120_000),
        is_noticed: random.chance(50),
    }),
    (1, |_| Fault::Shown),
    (1, |random| Fault::LateBlocks {
        ms: random.range(300, 3_500),
    }),
    (3, |random| Fault::NoBlocks {
        ms: random.range(300, 12_000),
        is_cured: random.chance(50),
    }),
    (4, |random| {
        let ms = [random.range(0, 500), random.range(500, 60_000), NEVER_MS];
        let [first, second] = [random.pick(&ms[..2]), random.pick(&ms)];
        let is_first_back = random.chance(50);
        let (back_ms, other_ms) = match is_first_back {
            true => (first, second),
            false => (second, first),
        };
        Fault::MicrophoneLost {
            back_ms,
            other_ms,
            other_rate_hz: random.pick(&[16_000, 44_100, 48_000]),
            is_announced: random.chance(50),
        }
    }),
    (2, |random| Fault::Held {
        hold: random.pick(&[Hold::Muted, Hold::Interrupted, Hold::Suspended]),
        ms: random.range(300, 40_000),
        has_zeros: random.chance(30),
    }),
    (3, |random| Fault::Sleep {
        ms: match random.chance(50) {
            true => random.range(6_000, 30_000),
            false => random.range(6_000, 600_000),
        },
        is_fatal: random.chance(50),
        are_timers_first: random.chance(50),
    }),
    (3, |random| Fault::Pause {
        ms: match random.chance(50) {
            true => random.range(1_000, 15_000),
            false => random.range(1_000, 300_000),
        },
    }),
];

/// Longer than any recording, in milliseconds.
const NEVER_MS: u64 = 1_000_000_000;

/// One of this many plans has an outage that is longer than audio is kept.
const LONG_OUTAGE: u64 = 250;

impl Plan {
    /// Returns the plan of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed, 0);
        let is_long = seed % LONG_OUTAGE == LONG_OUTAGE - 1;
        let mut faults = Vec::new();
        let mut stop_ms = random.range(20_000, 240_000);
        if is_long {
            let at = random.range(5_000, 90_000);
            let ms = random.range(25, 40) * 60_000;
            let is_noticed = random.chance(50);
            faults.push((at, Fault::Outage { ms, is_noticed }));
            stop_ms += at + ms;
        }
        let count = match is_long {
            true => random.range(0, 3),
            false => random.range(0, 10),
        };
        for _ in 0..count {
            // Also while the last words are awaited.
            let at = random.range(0, stop_ms + 3_000);
            faults.push((at, draw(random)));
        }
        faults.sort_by_key(|(at, _)| *at);
        let mut added_ms = 0;
        for (at, fault) in &mut faults {
            *at += added_ms;
            added_ms += fault.added_ms(random);
        }
        stop_ms += added_ms;
        let family = random.pick(&[Family::Universal3, Family::UniversalStreaming]);
        let is_raw_first = family == Family::UniversalStreaming && random.chance(50);
        let behaviour = Behaviour {
            family,
            end_silence_ms: random.range(350, 1_200),
            formatted_after_ms: is_raw_first.then(|| random.range(300, 800)),
            has_heartbeats: random.chance(40),
            cap_secs: random.pick(&[10_800, 10_800, 10_800, 60, 90, 120]),
        };
        Self {
            seed,
            behaviour,
            block: random.pick(&[1_600, 1_600, 1_536, 1_024, 400]),
            rate_hz: random.pick(&[16_000, 16_000, 16_000, 44_100, 48_000]),
            jitter_ms: random.pick(&[0, 5, 30, 80]),
            slowness: if is_long { 12 } else { random.range(10, 60) },
            stop_ms,
            faults,
        }
    }
}

impl Plan {
    /// Returns the plan of a long recording with this many short outages.
    pub(crate) fn long(minutes: u64, outages: u64) -> Self {
        let random = &mut Random::new(0, 3);
        let stop_ms = minutes * 60_000;
        let every = stop_ms / (outages + 1);
        let fault = |random: &mut Random| match random.chance(50) {
            true => Fault::Outage {
                ms: random.range(1_000, 15_000),
                is_noticed: true,
            },
            false => Fault::Drop {
                code: 1006,
                has_error: false,
            },
        };
        Self {
            seed: 0,
            behaviour: Behaviour {
                family: Family::Universal3,
                end_silence_ms: 500,
                formatted_after_ms: None,
                has_heartbeats: false,
                cap_secs: 10_800,
            },
            block: 1_600,
            rate_hz: 16_000,
            jitter_ms: 5,
            slowness: 20,
            stop_ms,
            faults: (1..=outages)
                .map(|it| (it * every, fault(random)))
                .collect(),
        }
    }

    /// Returns `true` if an outage is longer than audio is kept, so that words may be lost.
    pub(crate) fn may_lose(&self) -> bool {
        self.seed % LONG_OUTAGE == LONG_OUTAGE - 1
    }
}

fn draw(random: &mut Random) -> Fault {
    let total = FAULTS.iter().map(|(frequency, _)| frequency).sum();
    let mut left = random.range(1, total);
    for (frequency, draw) in FAULTS {
        if left <= *frequency {
            return draw(random);
        }
        left -= frequency;
    }
    Fault::Shown
}

/// Returns how much the buffers below a socket hold: nothing, the usual, or more than is ever sent.
fn hidden(random: &mut Random) -> u64 {
    random.pick(&[0, 262_144, u64::MAX])
}
