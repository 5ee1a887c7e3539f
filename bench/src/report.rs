//! The document: sections of figures with goals, charts and tables.

use std::fmt::{self, Display};

use crate::chart::Chart;

/// A report of several sections, written as Markdown.
#[derive(Debug)]
pub(crate) struct Report {
    /// Date, machine, software and CPU steal, one line each.
    pub(crate) environment: Vec<String>,
    /// The sections, in the order of the document.
    pub(crate) sections: Vec<Section>,
}

/// A section of the report.
#[derive(Debug)]
pub(crate) struct Section {
    /// The heading.
    pub(crate) title: &'static str,
    /// How the figures were measured, one paragraph each.
    pub(crate) method: Vec<String>,
    /// Figures, those with goals first.
    pub(crate) figures: Vec<Figure>,
    /// Charts, linked after the figures.
    pub(crate) charts: Vec<Chart>,
    /// More results.
    pub(crate) tables: Vec<Table>,
}

/// A measured number with an optional goal.
#[derive(Debug)]
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
    peer: Option<String>,
    reason: Option<String>,
}

/// A limit for a figure.
#[derive(Clone, Copy, Debug)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// A table with its own heading.
#[derive(Debug)]
pub(crate) struct Table {
    /// The heading.
    pub(crate) title: String,
    /// The column headings.
    pub(crate) columns: Vec<String>,
    /// The rows; each has one cell per column.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Report {
    /// Creates an empty report.
    pub(crate) fn new(environment: Vec<String>) -> Self {
        Self {
            environment,
            sections: Vec::new(),
        }
    }
}

impl Figure {
    /// Creates a figure without a goal.
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            value,
            unit,
            goal: None,
            peer: None,
            reason: None,
        }
    }

    /// Sets the goal: at most this value.
    pub(crate) fn at_most(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtMost(goal));
        self
    }

    /// Sets the goal: at least this value.
    pub(crate) fn at_least(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtLeast(goal));
        self
    }

    /// Adds the value of another program or setup from the same run.
    pub(crate) fn compared_with(mut self, peer: impl Into<String>) -> Self {
        self.peer = Some(peer.into());
        self
    }

    /// Sets the reason that is shown if the goal is missed.
    pub(crate) fn missed_because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    fn is_met(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::AtMost(goal) => self.value <= goal,
            Goal::AtLeast(goal) => self.value >= goal,
        })
    }

    fn row(&self) -> Vec<String> {
        let verdict = match (self.is_met(), &self.reason) {
            (None, _) => String::new(),
            (Some(true), _) => "met".to_owned(),
            (Some(false), Some(reason)) => format!("**missed**: {reason}"),
            (Some(false), None) => "**missed**".to_owned(),
        };
        let goal = self.goal.map(|goal| match goal {
            Goal::AtMost(goal) => format!("≤ {}", quantity(goal, self.unit)),
            Goal::AtLeast(goal) => format!("≥ {}", quantity(goal, self.unit)),
        });
        vec![
            self.what.clone(),
            quantity(self.value, self.unit),
            goal.unwrap_or_default(),
            self.peer.clone().unwrap_or_default(),
            verdict,
        ]
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Performance\n")?;
        writeln!(
            f,
            "Written by `cargo xtask bench`. All figures come from one run on one machine, those \
             of other programs too. Compare figures within a row, not with those of other \
             machines.\n"
        )?;
        for line in &self.environment {
            writeln!(f, "- {line}")?;
        }
        for section in &self.sections {
            write!(f, "\n{section}")?;
        }
        Ok(())
    }
}

impl Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}", self.title)?;
        for paragraph in &self.method {
            writeln!(f, "\n{paragraph}")?;
        }
        if !self.figures.is_empty() {
            let columns = ["Figure", "Measured", "Goal", "Compared with", "Verdict"];
            let rows = self.figures.iter().map(Figure::row).collect::<Vec<_>>();
            writeln!(f)?;
            write_table(f, &columns.map(str::to_owned), &rows)?;
        }
        for Chart { name, title, .. } in &self.charts {
            writeln!(f, "\n![{title}](charts/{name}.svg)")?;
        }
        for table in &self.tables {
            writeln!(f, "\n### {}\n", table.title)?;
            write_table(f, &table.columns, &table.rows)?;
        }
        Ok(())
    }
}

/// Formats a value with about three significant digits and its unit.
pub(crate) fn quantity(value: f64, unit: &str) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        ..0.1 => 4,
        ..1.0 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    let mut number = format!("{value:.decimals$}");
    if number.contains('.') {
        number.truncate(number.trim_end_matches('0').trim_end_matches('.').len());
    }
    match unit {
        "" => number,
        "×" | "%" => format!("{number} {unit}"),
        unit => format!("{number} {unit}"),
    }
}

fn write_table(
    f: &mut fmt::Formatter<'_>,
    columns: &[String],
    rows: &[Vec<String>],
) -> fmt::Result {
    writeln!(f, "| {} |", columns.join(" | "))?;
    writeln!(f, "|{}", " --- |".repeat(columns.len()))?;
    for row in rows {
        writeln!(f, "| {} |", row.join(" | "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Axis;

    #[test]
    fn quantities_have_about_three_digits_and_a_unit() {
        let table = [
            (0.0, "B", "0 B"),
            (0.00912, "dB", "0.0091 dB"),
            (4.2, "ms", "4.2 ms"),
            (110.24, "dB", "110 dB"),
            (-110.24, "dB", "-110 dB"),
            (35_012.4, "", "35012"),
        ];
        for (value, unit, text) in table {
            assert_eq!(quantity(value, unit), text);
        }
    }

    #[test]
    fn a_chart_is_linked_by_its_file_name() {
        let section = Section {
            title: "Growth",
            method: Vec::new(),
            figures: Vec::new(),
            charts: vec![Chart {
                name: "growth",
                title: "One more partial",
                x: Axis::logarithmic("Turns"),
                y: Axis::linear("ns"),
                lines: Vec::new(),
            }],
            tables: Vec::new(),
        };
        let text = section.to_string();
        assert!(
            text.contains("![One more partial](charts/growth.svg)"),
            "{text}"
        );
    }

    #[test]
    fn a_reason_is_shown_only_for_a_missed_goal() {
        let figure = |value| {
            Figure::new("lateness", value, "ms")
                .at_most(115.0)
                .missed_because("the machine is slow")
        };
        assert_eq!(figure(110.0).row()[4], "met");
        assert_eq!(figure(120.0).row()[4], "**missed**: the machine is slow");
    }
}
