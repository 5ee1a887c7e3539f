//! Waits in a page for a condition.

use std::time::Duration;

use serde_json::Value;

use super::{Browser, PATIENCE};

impl Browser {
    /// Waits in the page until a JavaScript expression is truthy, and returns its value.
    ///
    /// # Panics
    ///
    /// On timeout after [`PATIENCE`], with the text of the page and the console.
    pub async fn wait_for(&self, expression: &str) -> Value {
        self.wait_within(PATIENCE, expression).await
    }

    /// Like [`Self::wait_for`], with another timeout.
    ///
    /// # Panics
    ///
    /// On timeout.
    pub async fn wait_within(&self, limit: Duration, expression: &str) -> Value {
        let mut left = limit;
        // Drivers end scripts that take too long.
        while left > LONGEST_SCRIPT {
            if let Some(value) = self.poll(LONGEST_SCRIPT, expression).await {
                return value;
            }
            left -= LONGEST_SCRIPT;
        }
        if let Some(value) = self.poll(left, expression).await {
            return value;
        }
        let page: String = self.value("document.body.innerText").await;
        let console = self.console().await.join("\n");
        panic!("timeout after {limit:?}: {expression}\nPage:\n{page}\nConsole:\n{console}")
    }

    /// Returns the value of a JavaScript expression as soon as it is truthy, or `None` on timeout.
    async fn poll(&self, limit: Duration, expression: &str) -> Option<Value> {
        let waiting = format!(
            "new Promise((resolve, reject) => {{
                 const look = () => {{
                     let value;
                     try {{
                         value = ({expression});
                     }} catch (error) {{
                         end(() => reject(error));
                         return;
                     }}
                     if (value) end(() => resolve({{ value }}));
                 }};
                 const watch = new MutationObserver(look);
                 const timer = setInterval(look, 50);
                 const deadline = setTimeout(() => end(() => resolve(null)), {});
                 const end = (how) => {{
                     watch.disconnect(); clearInterval(timer); clearTimeout(deadline); how();
                 }};
                 watch.observe(document, {{
                     subtree: true, childList: true, characterData: true, attributes: true }});
                 look();
             }})",
            limit.as_millis()
        );
        let found: Value = self.value(&waiting).await;
        match found {
            Value::Null => None,
            mut found => Some(found["value"].take()),
        }
    }
}

/// Longest wait of one script: shorter than the timeout of the driver's HTTP client (2 minutes).
const LONGEST_SCRIPT: Duration = Duration::from_secs(60);
