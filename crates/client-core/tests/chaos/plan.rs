//! Random plans of what goes wrong in a recording.

use inturn_protocol::Family;

use super::{random::Random, service::Behaviour};

/// What goes wrong, and when, in a recording.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) behaviour: Behaviour,
    /// Length of the microphone's blocks, in samples.
    pub(crate) block: u64,
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
    /// The microphone captures nothing.
    NoBlocks { ms: u64 },
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
    (2, |random| Fault::Late {
        ms: random.range(500, 6_000),
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
    (1, |random| Fault::NoBlocks {
        ms: random.range(300, 3_500),
    }),
];

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
            false => random.range(0, 8),
        };
        for _ in 0..count {
            // Also while the last words are awaited.
            let at = random.range(0, stop_ms + 3_000);
            faults.push((at, draw(random)));
        }
        faults.sort_by_key(|(at, _)| *at);
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
