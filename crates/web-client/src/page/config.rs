//! The page's configuration, from the server.

use gloo_net::http::Request;
use inturn_protocol::PageConfig;
use wasm_bindgen::JsValue;

use crate::browser::BrowserError;

/// Asks the server, by a relative address: it may live below any prefix.
pub(super) async fn fetch() -> Result<PageConfig, BrowserError> {
    let body = async { Request::get("config").send().await?.text().await }.await;
    let body = body.map_err(|error| failed(&error.to_string()))?;
    serde_json::from_str(&body).map_err(|error| failed(&error.to_string()))
}

fn failed(why: &str) -> BrowserError {
    JsValue::from(js_sys::Error::new(why)).into()
}
