//! The configuration that the page needs before a recording.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    json::Json,
    lenient::{self, or_default},
};

/// The response of `GET /config`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PageConfig {
    /// Constraints for the microphone.
    #[serde(deserialize_with = "or_default")]
    pub capture: CaptureConfig,
    /// Length of one audio frame in milliseconds, 50 to 1000.
    #[serde(deserialize_with = "chunk_ms")]
    pub chunk_ms: u32,
    /// Set if the local service replaces the real one.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub local_service: Option<LocalService>,
    /// Address of the sign-in page, relative to the page, if this server itself has one.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub sign_in_url: Option<String>,
    /// Seconds without a word after which the page warns and then ends the session; 0 for never.
    #[serde(deserialize_with = "idle_seconds")]
    pub idle_seconds: u32,
    /// What sessions cost, if the page is to show it.
    #[serde(
        deserialize_with = "or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub cost: Option<SessionCost>,
    /// Whether the page stores transcripts on the device.
    #[serde(deserialize_with = "or_true")]
    pub store_transcripts: bool,
}

/// The price of sessions. The service bills each for the time from its begin to its end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SessionCost {
    /// Price of an hour, in millionths of the currency: 450,000 is 0.45.
    #[serde(deserialize_with = "micros")]
    pub per_hour_micros: u64,
    /// The sign or the code of the currency, as it stands before an amount: `$`, `€`, or `CHF` with
    /// a no-break space.
    pub currency: String,
}

impl SessionCost {
    /// Returns what `secs` of sessions cost, in hundredths of the currency, rounded up. Returns
    /// `None` for less than one. The service may round each session, so this is an estimate.
    pub fn cents(&self, secs: u32) -> Option<u64> {
        // In millionths for an hour, times seconds.
        let micro_secs = self.per_hour_micros.saturating_mul(u64::from(secs));
        (micro_secs >= CENT).then(|| micro_secs.div_ceil(CENT))
    }
}

/// A cent is 10,000 millionths, and an hour is 3,600 seconds.
const CENT: u64 = 10_000 * 3_600;

/// The browser's own audio processing, as `getUserMedia` constraints.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CaptureConfig {
    /// `echoCancellation`
    #[serde(deserialize_with = "or_true")]
    pub echo_cancellation: bool,
    /// `noiseSuppression`
    #[serde(deserialize_with = "or_true")]
    pub noise_suppression: bool,
    /// `autoGainControl`
    #[serde(deserialize_with = "or_true")]
    pub auto_gain_control: bool,
}

/// The recogniser of the local service.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalService {
    /// Recognises real words about as well as the service, with punctuation.
    Moonshine,
    /// Recognises real words, in a language and with an accuracy that the server does not know.
    OtherModel,
    /// Recognises real words from the microphone, less accurately than the service.
    Pocketsphinx,
    /// Returns a fixed text, timed to the voice; the spoken words do not matter. An unknown
    /// recogniser of a newer server decodes as this one too, so that people do not expect much of
    /// it.
    #[serde(other)]
    Script,
}

impl PageConfig {
    /// Decodes the response. A field that is missing or of an unexpected type gets its default.
    /// Returns `None` if the response is not a JSON object.
    pub fn decode(text: &str) -> Option<Self> {
        Self::from_json(&Json::parse(text).ok()?)
    }

    /// Like [`PageConfig::decode`], for a body that is parsed already.
    pub fn from_json(json: &Json) -> Option<Self> {
        lenient::read(json)
    }
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            capture: CaptureConfig::default(),
            chunk_ms: default_chunk_ms(),
            local_service: None,
            sign_in_url: None,
            idle_seconds: default_idle_seconds(),
            cost: None,
            store_transcripts: true,
        }
    }
}

impl Default for CaptureConfig {
    /// Returns the browsers' own default, which suits a voice in front of a laptop.
    fn default() -> Self {
        Self {
            echo_cancellation: true,
            noise_suppression: true,
            auto_gain_control: true,
        }
    }
}

/// Returns 100 ms: the shortest chunk that keeps the frame rate at ten per second.
fn default_chunk_ms() -> u32 {
    100
}

fn chunk_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let ms = lenient::some_whole(deserializer)?;
    Ok(ms.unwrap_or_else(default_chunk_ms))
}

/// Returns five minutes, which is longer than any pause of people who still talk to each other.
fn default_idle_seconds() -> u32 {
    5 * 60
}

fn idle_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let seconds = lenient::some_whole(deserializer)?;
    Ok(seconds.unwrap_or_else(default_idle_seconds))
}

/// Deserializes a price. An odd one is an error, because 0 would mean that nothing is billed.
fn micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let micros = f64::deserialize(deserializer)?;
    if micros < 0.0 {
        return Err(D::Error::custom("a negative price"));
    }
    // A cast from float to integer saturates, so it cannot wrap around.
    Ok(micros.round() as u64)
}

fn or_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(bool::deserialize(deserializer).unwrap_or(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_config_is_the_default() {
        assert_eq!(PageConfig::decode("{}"), Some(PageConfig::default()));
    }

    #[test]
    fn a_config_survives_a_round_trip() {
        for local_service in [
            None,
            Some(LocalService::Moonshine),
            Some(LocalService::OtherModel),
            Some(LocalService::Pocketsphinx),
            Some(LocalService::Script),
        ] {
            let config = PageConfig {
                chunk_ms: 50,
                local_service,
                sign_in_url: local_service.map(|_| "sign-in".to_owned()),
                idle_seconds: 0,
                cost: local_service.is_none().then(|| SessionCost {
                    per_hour_micros: 1_000_000_000_000,
                    currency: "CHF\u{a0}".to_owned(),
                }),
                store_transcripts: local_service.is_some(),
                ..PageConfig::default()
            };
            let text = serde_json::to_string(&config).expect("it serializes");
            assert_eq!(PageConfig::decode(&text), Some(config), "{text}");
        }
    }

    #[test]
    fn an_invalid_config_is_rejected() {
        for text in ["", "[]", "7", "null", r#""chunk_ms""#] {
            assert_eq!(PageConfig::decode(text), None, "{text}");
        }
    }

    #[test]
    fn one_odd_field_does_not_affect_the_others() {
        for field in [
            r#""chunk_ms":"long""#,
            r#""capture":[true]"#,
            r#""capture":{"echo_cancellation":1}"#,
            r#""local_service":{}"#,
            r#""idle_seconds":"soon""#,
            r#""idle_seconds":null"#,
            r#""store_transcripts":"no""#,
            r#""cost":7"#,
            r#""cost":{"per_hour_micros":450000}"#,
            r#""cost":{"currency":"$"}"#,
            r#""cost":{"per_hour_micros":"450000","currency":"$"}"#,
            r#""cost":{"per_hour_micros":-1,"currency":"$"}"#,
            r#""cost":{"per_hour_micros":450000,"currency":7}"#,
        ] {
            let text = format!(r#"{{{field},"sign_in_url":"sign-in"}}"#);
            let config = PageConfig {
                sign_in_url: Some("sign-in".to_owned()),
                ..PageConfig::default()
            };
            assert_eq!(PageConfig::decode(&text), Some(config), "{text}");
        }
    }

    #[test]
    fn one_setting_does_not_affect_the_others() {
        let config =
            PageConfig::decode(r#"{"capture":{"echo_cancellation":false}}"#).expect("it is valid");
        assert!(!config.capture.echo_cancellation && config.capture.noise_suppression);
    }
}
