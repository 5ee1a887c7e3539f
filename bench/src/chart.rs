//! What people would rather see than read, as SVG.

use std::ops::Range;

use plotters::prelude::*;

/// Lines over two axes.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// The name of its file, without the extension.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) title: &'static str,
    /// From left to right.
    pub(crate) x: Axis,
    /// From bottom to top.
    pub(crate) y: Axis,
    /// The lines.
    pub(crate) lines: Vec<Line>,
}

/// What an axis measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    label: &'static str,
    is_logarithmic: bool,
}

/// One thing that is measured.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// What it is called beside the chart.
    pub(crate) name: String,
    /// Its points, in the order of the first axis.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Axis {
    /// Equal steps are equally long.
    pub(crate) fn linear(label: &'static str) -> Self {
        Self {
            label,
            is_logarithmic: false,
        }
    }

    /// Equal ratios are equally long; for values above zero.
    pub(crate) fn logarithmic(label: &'static str) -> Self {
        Self {
            label,
            is_logarithmic: true,
        }
    }

    fn place(self, value: f64) -> f64 {
        if self.is_logarithmic {
            value.log10()
        } else {
            value
        }
    }

    fn value(self, place: f64) -> String {
        let value = if self.is_logarithmic {
            10_f64.powf(place)
        } else {
            place
        };
        let decimals = if value.abs() < 10.0 && value.fract().abs() > 0.01 {
            1
        } else {
            0
        };
        format!("{value:.decimals$}")
    }

    /// All places, with a little room around them.
    fn range(self, places: impl Iterator<Item = f64>) -> Range<f64> {
        let (least, most) = places
            .filter(|place| place.is_finite())
            .fold((f64::MAX, f64::MIN), |(least, most), place| {
                (least.min(place), most.max(place))
            });
        let room = ((most - least) * 0.05).max(0.05);
        least - room..most + room
    }
}

impl Chart {
    /// Draws it.
    ///
    /// # Errors
    ///
    /// When there is nothing to draw.
    pub(crate) fn svg(&self) -> anyhow::Result<String> {
        let (x, y) = (self.x, self.y);
        let points = || self.lines.iter().flat_map(|line| &line.points);
        anyhow::ensure!(points().next().is_some(), "{} has no points", self.name);
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            // Also where the page behind it is dark.
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .caption(self.title, ("sans-serif", 18))
                .margin(14)
                .x_label_area_size(44)
                .y_label_area_size(64)
                .build_cartesian_2d(
                    x.range(points().map(|point| x.place(point.0))),
                    y.range(points().map(|point| y.place(point.1))),
                )?;
            chart
                .configure_mesh()
                .x_desc(x.label)
                .y_desc(y.label)
                .x_label_formatter(&|place| x.value(*place))
                .y_label_formatter(&|place| y.value(*place))
                .light_line_style(TRANSPARENT)
                .draw()?;
            for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
                let style = colour.stroke_width(2);
                let places = line
                    .points
                    .iter()
                    .map(|point| (x.place(point.0), y.place(point.1)));
                chart
                    .draw_series(LineSeries::new(places, style))?
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

/// Wong's palette, which colour-blind people tell apart: <https://doi.org/10.1038/nmeth.1618>.
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

    /// The places of a line in a colour, in pixels.
    fn drawn(svg: &str, colour: RGBColor) -> Vec<(f64, f64)> {
        let colour = format!(
            "stroke=\"#{:02X}{:02X}{:02X}\"",
            colour.0, colour.1, colour.2
        );
        let line = svg
            .lines()
            .find(|line| line.contains("<polyline") && line.contains(&colour))
            .expect("a line of this colour");
        let (_, points) = line.split_once("points=\"").expect("it has points");
        let (points, _) = points.split_once('"').expect("its points end");
        points
            .split_whitespace()
            .map(|point| {
                let (x, y) = point.split_once(',').expect("two numbers");
                (x.parse().expect("a number"), y.parse().expect("a number"))
            })
            .collect()
    }

    #[test]
    fn each_line_is_drawn_where_its_figures_are() {
        let svg = chart().svg().expect("there are points");
        let [ours, baseline] = [COLOURS[0], COLOURS[1]].map(|colour| drawn(&svg, colour));
        assert_eq!((ours.len(), baseline.len()), (3, 3));
        // Higher up is a lower number.
        assert!(ours.iter().zip(&baseline).all(|(a, b)| a.1 < b.1), "{svg}");
        assert!(ours[1].1 < ours[2].1 && ours[2].1 < ours[0].1, "{ours:?}");
        // On a logarithmic axis 1 to 32 is longer than 32 to 256, as 5 is to 3.
        let share = (ours[1].0 - ours[0].0) / (ours[2].0 - ours[0].0);
        assert!((share - 5.0 / 8.0).abs() < 0.01, "{share}");
    }

    #[test]
    fn names_and_axes_are_told_and_escaped() {
        let svg = chart().svg().expect("there are points");
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
    fn the_same_figures_give_the_same_file() {
        assert_eq!(chart().svg().expect("drawn"), chart().svg().expect("drawn"));
    }

    #[test]
    fn nothing_to_draw_is_an_error() {
        let empty = Chart {
            lines: Vec::new(),
            ..chart()
        };
        assert!(empty.svg().is_err());
    }
}
