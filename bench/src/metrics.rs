//! The browser's own account of a page's thread.

use anyhow::Context as _;
use inturn_tests::browser::Browser;
use serde_json::{Value, json};

/// What it has counted so far. `Performance.enable` comes first, and says by which clock.
pub(crate) struct Metrics(Vec<Value>);

impl Metrics {
    /// Asks for it.
    pub(crate) async fn read(browser: &Browser) -> anyhow::Result<Self> {
        let answer = browser.devtools("Performance.getMetrics", json!({})).await;
        let list = answer["metrics"].as_array().cloned();
        list.context("the browser gives its metrics as a list")
            .map(Self)
    }

    /// What has come to one of them since.
    pub(crate) fn since(&self, before: &Self, name: &str) -> anyhow::Result<f64> {
        Ok(self.value(name)? - before.value(name)?)
    }

    fn value(&self, name: &str) -> anyhow::Result<f64> {
        self.0
            .iter()
            .find(|it| it["name"] == name)
            .and_then(|it| it["value"].as_f64())
            .with_context(|| format!("the browser has no metric {name}"))
    }
}
