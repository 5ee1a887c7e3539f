//! What was measured, as a document: figures beside their goals, and tables.

use std::fmt::{self, Display};

use crate::chart::Chart;

/// The whole document.
#[derive(Debug)]
pub(crate) struct Report {
    /// The day, the machine and how it fared, a line each.
    pub(crate) shape: Vec<String>,
    /// The measured parts.
    pub(crate) sections: Vec<Section>,
}

/// One part of the document.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its heading.
    pub(crate) title: &'static str,
    /// How it was measured, a paragraph each.
    pub(crate) method: Vec<String>,
    /// Figures, those with goals first.
    pub(crate) figures: Vec<Figure>,
    /// What is better seen than read.
    pub(crate) charts: Vec<Chart>,
    /// All else.
    pub(crate) tables: Vec<Table>,
}

/// One measured number.
#[derive(Debug)]
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
    peer: Option<String>,
    reason: Option<String>,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// Rows under a heading of their own.
#[derive(Debug)]
pub(crate) struct Table {
    /// What it shows.
    pub(crate) title: String,
    /// The heads of its columns.
    pub(crate) columns: Vec<String>,
    /// As many cells as columns in each.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Report {
    /// An empty document about this machine.
    pub(crate) fn new(shape: Vec<String>) -> Self {
        Self {
            shape,
            sections: Vec::new(),
        }
    }
}

impl Figure {
    /// A number without a goal.
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

    /// The goal: no more than this.
    pub(crate) fn at_most(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtMost(goal));
        self
    }

    /// The goal: no less than this.
    pub(crate) fn at_least(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtLeast(goal));
        self
    }

    /// What another program gave in the same run.
    pub(crate) fn beside(mut self, peer: impl Into<String>) -> Self {
        self.peer = Some(peer.into());
        self
    }

    /// Why the goal is missed, shown only if it is.
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
            "Written by `cargo xtask bench`, which measured every figure here in one run. Peers ran \
             in that run too, on the same machine: compare within a row, not with other machines.\n"
        )?;
        for line in &self.shape {
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
            let columns = ["Figure", "Measured", "Goal", "Beside it", "Verdict"];
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

/// As people write it: three digits or so, and a unit.
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
    fn numbers_read_as_people_write_them() {
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
    fn a_chart_is_linked_where_it_is_written() {
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
    fn a_missed_goal_gives_its_reason_and_a_met_one_does_not() {
        let figure = |value| {
            Figure::new("lateness", value, "ms")
                .at_most(115.0)
                .missed_because("the machine is slow")
        };
        assert_eq!(figure(110.0).row()[4], "met");
        assert_eq!(figure(120.0).row()[4], "**missed**: the machine is slow");
    }
}
