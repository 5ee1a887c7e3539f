//! The page's configuration, from the server.

use gloo_net::http::Request;
use inturn_protocol::PageConfig;
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use crate::browser::BrowserError;

/// Asks the server, by a relative address: it may live below any prefix.
pub(super) async fn fetch() -> Result<PageConfig, BrowserError> {
    let patience = AbortSignal::timeout_with_u32(PATIENCE_MS);
    let request = Request::get("config").abort_signal(Some(&patience));
    let body = async { request.send().await?.text().await }.await;
    let body = body.map_err(|error| failed(&error.to_string()))?;
    PageConfig::decode(&body).ok_or_else(|| failed("it is no configuration"))
}

fn failed(why: &str) -> BrowserError {
    JsValue::from(js_sys::Error::new(why)).into()
}

/// How long the button waits for the configuration before it goes on with the defaults.
const PATIENCE_MS: u32 = 5_000;
