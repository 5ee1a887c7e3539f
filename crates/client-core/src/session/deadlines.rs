//! How long to wait, and for what.

use std::time::Duration;

/// When to stop waiting for our server's answer to a request for a token. The server gives the
/// service 8 s, so its own sentence comes first.
pub const TOKEN: Duration = Duration::from_secs(10);

/// When to stop waiting for `Begin`, from the moment the socket is asked for. The service was
/// measured at 1.2 s.
pub const BEGIN: Duration = Duration::from_secs(10);

/// When to stop waiting for the first block, from the moment the microphone is said to be on. Blocks
/// come forty times a second; a device that must wake up first, over Bluetooth say, may take a second
/// or two. An audio context that the browser does not let run gives none ever.
pub const FIRST_BLOCK: Duration = Duration::from_secs(5);

/// How often it is looked whether blocks still come, in mid-recording.
pub const LAPSE: Duration = Duration::from_secs(2);

/// How many looks without a block are passed over. With [`LAPSE`] that is 4 to 6 s without sound:
/// time for a browser that paused the audio graph to let it go on, and less than a service bills
/// for silence before it hangs up (30 s).
pub const LAPSES: u32 = 2;

/// When to stop waiting for the worklet's last block after the microphone was turned off. A rendering
/// quantum takes 3 ms; a page that is stalled meanwhile may take many times that.
pub const AUDIO_END: Duration = Duration::from_secs(1);

/// When to stop waiting for more words after `Terminate`, from the last message. The service was
/// measured at 1.2 s with a turn open.
pub const LAST_WORDS: Duration = Duration::from_secs(5);

/// The same while audio may still be on its way: from the last message, or from the last bytes that
/// left the socket. The system's own buffers may hold 256 kB and more that nobody can see, which take
/// 13 s at 20 kB/s.
pub const SLOW_LAST_WORDS: Duration = Duration::from_secs(30);

/// When to stop waiting for the last words in any case. At 20 kB/s the backlog of a quarter of an
/// hour leaves in this time.
pub const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// How often the socket is looked at while the last words are awaited. What is shown counts in
/// seconds.
pub const LOOK: Duration = Duration::from_millis(500);

/// When the network counts as down, from asking our server. It answers within milliseconds; a packet
/// that was lost is sent again after 1 s, section 2 of RFC 6298.
pub const PROBE: Duration = Duration::from_secs(3);
