//! The results of checks.

use std::{borrow::Cow, fmt};

/// The results of all checks. `Display` prints one line for each.
#[derive(Debug, Default)]
pub struct CheckReport(Vec<Line>);

#[derive(Debug)]
struct Line {
    what: &'static str,
    result: CheckResult,
}

/// A description of what was checked, or what is wrong and what to do.
pub type CheckResult = Result<String, Issue>;

/// What is wrong and what to do.
#[derive(Debug)]
pub struct Issue {
    message: String,
    remedy: Cow<'static, str>,
    /// Whether all works despite the issue.
    is_warning: bool,
}

impl Issue {
    /// Creates an issue: a sentence about what is wrong, and one about what to do, which may be
    /// empty if the first says it already.
    pub fn new(message: impl fmt::Display, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.to_string(),
            remedy: remedy.into(),
            is_warning: false,
        }
    }

    /// Makes it a warning: all works despite it.
    pub fn warning(self) -> Self {
        Self {
            is_warning: true,
            ..self
        }
    }
}

impl CheckReport {
    /// Whether no check failed. Warnings are not failures.
    pub fn is_ok(&self) -> bool {
        let mut results = self.0.iter().map(|line| line.result.as_ref());
        results.all(|result| result.map_or_else(|issue| issue.is_warning, |_| true))
    }

    /// Adds the result of a check of `what`, in one or two words.
    pub fn add(&mut self, what: &'static str, result: CheckResult) {
        self.0.push(Line { what, result });
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { what, result } in &self.0 {
            match result {
                Ok(description) => writeln!(f, "ok      {what:<13}  {description}")?,
                Err(Issue {
                    message,
                    remedy,
                    is_warning,
                }) => {
                    let gap = if remedy.is_empty() { "" } else { " " };
                    let word = if *is_warning { "warning" } else { "FAILED " };
                    writeln!(f, "{word} {what:<13}  {message}{gap}{remedy}")?;
                }
            }
        }
        Ok(())
    }
}
