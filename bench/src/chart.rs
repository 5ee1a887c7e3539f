//! Line charts as SVG.

use std::ops::Range;

use plotters::prelude::*;

/// A line chart.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// The file name, without the extension.
    pub(crate) name: &'static str,
    /// The caption.
    pub(crate) title: &'static str,
    /// The horizontal axis.
    pub(crate) x: Axis,
    /// The vertical axis.
    pub(crate) y: Axis,
    /// The lines.
    pub(crate) lines: Vec<Line>,
}

/// An axis of a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    label: &'static str,
    is_logarithmic: bool,
}

/// A line of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The name in the legend.
    pub(crate) name: String,
    /// The points, ordered by x.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Axis {
    /// Creates a linear axis.
    pub(crate) fn linear(label: &'static str) -> Self {
        Self {
            label,
            is_logarithmic: false,
        }
    }

    /// Creates a logarithmic axis, for values above zero.
    pub(crate) fn logarithmic(label: &'static str) -> Self {
        Self {
            label,
            is_logarithmic: true,
        }
    }

    fn position(self, value: f64) -> f64 {
        if self.is_logarithmic {
            value.log10()
        } else {
            value
        }
    }

    fn label_at(self, position: f64) -> String {
        let value = if self.is_logarithmic {
            10_f64.powf(position)
        } else {
            position
        };
        let decimals = if value.abs() < 10.0 && value.fract().abs() > 0.01 {
            1
        } else {
            0
        };
        format!("{value:.decimals$}")
    }

    /// Returns the range of all positions, with a margin.
    fn range(self, positions: impl Iterator<Item = f64>) -> Range<f64> {
        let (least, most) = positions
            .filter(|position| position.is_finite())
            .fold((f64::MAX, f64::MIN), |(least, most), position| {
                (least.min(position), most.max(position))
            });
        let margin = ((most - least) * 0.05).max(0.05);
        least - margin..most + margin
    }
}

impl Chart {
    /// Draws the chart.
    ///
    /// # Errors
    ///
    /// If the chart has no points.
    pub(crate) fn svg(&self) -> anyhow::Result<String> {
        let (x, y) = (self.x, self.y);
        let points = || self.lines.iter().flat_map(|line| &line.points);
        anyhow::ensure!(points().next().is_some(), "{} has no points", self.name);
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            // Readable on dark pages too.
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .caption(self.title, ("sans-serif", 18))
                .margin(14)
                .x_label_area_size(44)
                .y_label_area_size(64)
                .build_cartesian_2d(
                    x.range(points().map(|point| x.position(point.0))),
                    y.range(points().map(|point| y.position(point.1))),
                )?;
            chart
                .configure_mesh()
                .x_desc(x.label)
                .y_desc(y.label)
                .x_label_formatter(&|position| x.label_at(*position))
                .y_label_formatter(&|position| y.label_at(*position))
                .light_line_style(TRANSPARENT)
                .draw()?;
            for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
                let style = colour.stroke_width(2);
                let positions = line
                    .points
                    .iter()
                    .map(|point| (x.position(point.0), y.position(point.1)));
                chart
                    .draw_series(LineSeries::new(positions, style))?
                    .label(&line.name)
                    .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::LowerRight)
                .background_style(WHITE)
                .border_style(BLACK)
                .draw()?;
            area.present()?;
        }
        Ok(svg)
    }
}

const SIZE: (u32, u32) = (760, 420);

/// Wong's palette for colour-blind readers: <https://doi.org/10.1038/nmeth.1618>.
const COLOURS: [RGBColor; 4] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        Chart {
            name: "fixed",
            title: "Fixed figures",
            x: Axis::logarithmic("Connections"),
            y: Axis::linear("Tokens a second"),
            lines: vec![
                Line {
                    name: "ours".to_owned(),
                    points: vec![(1.0, 3_116.0), (32.0, 18_860.0), (256.0, 13_574.0)],
                },
                Line {
                    name: "<baseline>".to_owned(),
                    points: vec![(1.0, 900.0), (32.0, 1_915.0), (256.0, 1_701.0)],
                },
            ],
        }
    }

    /// Returns the points of the line with this colour, in pixels.
    fn drawn(svg: &str, colour: RGBColor) -> Vec<(f64, f64)> {
        let colour = format!(
            "stroke=\"#{:02X}{:02X}{:02X}\"",
            colour.0, colour.1, colour.2
        );
        let line = svg
            .lines()
            .find(|line| line.contains("<polyline") && line.contains(&colour))
            .expect("there is a line with this colour");
        let (_, points) = line.split_once("points=\"").expect("the line has points");
        let (points, _) = points.split_once('"').expect("the attribute is closed");
        points
            .split_whitespace()
            .map(|point| {
                let (x, y) = point.split_once(',').expect("a point has two numbers");
                (
                    x.parse().expect("x is a number"),
                    y.parse().expect("y is a number"),
                )
            })
            .collect()
    }

    #[test]
    fn lines_are_drawn_at_their_values() {
        let svg = chart().svg().expect("the chart has points");
        let [ours, baseline] = [COLOURS[0], COLOURS[1]].map(|colour| drawn(&svg, colour));
        assert_eq!((ours.len(), baseline.len()), (3, 3));
        // In SVG, y grows downwards.
        assert!(ours.iter().zip(&baseline).all(|(a, b)| a.1 < b.1), "{svg}");
        assert!(ours[1].1 < ours[2].1 && ours[2].1 < ours[0].1, "{ours:?}");
        // On a logarithmic axis, the lengths of 1 to 32 and 32 to 256 have the ratio 5 : 3.
        let share = (ours[1].0 - ours[0].0) / (ours[2].0 - ours[0].0);
        assert!((share - 5.0 / 8.0).abs() < 0.01, "{share}");
    }

    #[test]
    fn names_and_labels_are_shown_and_escaped() {
        let svg = chart().svg().expect("the chart has points");
        for text in [
            "Fixed figures",
            "Connections",
            "Tokens a second",
            "ours",
            "&lt;baseline&gt;",
        ] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
    }

    #[test]
    fn the_same_values_give_the_same_svg() {
        assert_eq!(
            chart().svg().expect("the chart has points"),
            chart().svg().expect("the chart has points")
        );
    }

    #[test]
    fn a_chart_without_points_is_an_error() {
        let empty = Chart {
            lines: Vec::new(),
            ..chart()
        };
        assert!(empty.svg().is_err());
    }
}
