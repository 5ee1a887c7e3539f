//! Chromium's metrics of a page.

use anyhow::Context as _;
use inturn_tests::browser::Browser;
use serde_json::{Value, json};

/// A reading of all metrics. `Performance.enable` must come first; it selects the clock.
pub(crate) struct Metrics(Vec<Value>);

impl Metrics {
    /// Reads the metrics.
    pub(crate) async fn read(browser: &Browser) -> anyhow::Result<Self> {
        let answer = browser.devtools("Performance.getMetrics", json!({})).await;
        let list = answer["metrics"].as_array().cloned();
        list.context("the browser returned no list of metrics")
            .map(Self)
    }

    /// Returns the difference of a metric to an earlier reading.
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
