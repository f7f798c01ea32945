//! A document's rows over time as a chart: one stacked area a section.
//!
//! In: a history. Out: SVG that stands on its own, readable on a light page and on a dark one: it brings its
//! own paper, and paper and ink change together. A newcomer's trap: rows stay as they are until the next
//! version, so the areas have steps and no slopes.
//!
//! Specification: <https://www.w3.org/TR/SVG2/>

use super::junit::escaped;
use crate::report::{History, HistoryVersion, ListSize, messages};
use crate::sanitize;
use jiff::Timestamp;
use std::fmt::Write;

/// The whole picture, in pixels.
const WIDTH: u32 = 920;
const HEIGHT: u32 = 400;
/// The edges of the plot.
const LEFT: u32 = 56;
const RIGHT: u32 = 640;
const TOP: u32 = 64;
const BOTTOM: u32 = 360;
/// Where the last commit stands: behind it there is room for what holds since.
const NOW: u32 = RIGHT - 8;
/// Where the legend begins, and the height of its lines.
const LEGEND: u32 = 664;
const LEGEND_LINE: u32 = 24;
/// Characters of a section's name that find room in the legend, and of the title.
const NAME: usize = 28;
const TITLE: usize = 90;
/// Dates below the plot.
const DATES: u32 = 5;
/// Lines across the plot, at most.
const LINES: u64 = 5;

/// Of the areas, from the bottom up; readable on white and on black.
const COLOURS: [&str; 7] =
    ["#4269d0", "#efb118", "#ff725c", "#3ca951", "#a463f2", "#6cc5b0", "#ff8ab7"];
/// Of the area that stands for all other sections.
const OTHER_COLOUR: &str = "#9498a0";

const STYLE: &str = "\
.paper{fill:#ffffff}.ink{fill:#1f2328}.faint{fill:#59636e}.line{stroke:#d1d9e0}
@media (prefers-color-scheme:dark){
.paper{fill:#0d1117}.ink{fill:#f0f6fc}.faint{fill:#9198a1}.line{stroke:#3d444d}}";

/// The history as SVG.
pub fn render_chart(history: &History) -> String {
    let chart = Chart::new(history);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"system-ui,sans-serif\" \
         font-size=\"12\">\n"
    );
    let title = messages::chart_title(&sanitize::shortened(&sanitize::line(&history.file), TITLE));
    let (title, said) = (escaped(&title), escaped(&messages::history(history)));
    let _ =
        writeln!(svg, "<title>{title}</title>\n<desc>{said}</desc>\n<style>\n{STYLE}\n</style>");
    let _ = writeln!(svg, "<rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>");
    let _ = writeln!(
        svg,
        "<text class=\"ink\" x=\"{LEFT}\" y=\"28\" font-size=\"16\" font-weight=\"600\">{title}</text>"
    );
    let _ = writeln!(svg, "<text class=\"faint\" x=\"{LEFT}\" y=\"47\">{said}</text>");
    chart.areas(&mut svg);
    chart.axes(&mut svg);
    chart.legend(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

/// One area.
struct Series {
    name: String,
    colour: &'static str,
    /// In the last version.
    last: u64,
    /// The rows at each step.
    rows: Vec<u64>,
}

struct Chart {
    from: Timestamp,
    to: Timestamp,
    /// Where each step begins, in pixels from the left, rising.
    steps: Vec<u32>,
    /// From the bottom up.
    series: Vec<Series>,
    /// The number at the plot's upper edge, and between two lines across it.
    top: u64,
    line: u64,
}

impl Chart {
    fn new(history: &History) -> Chart {
        let (_, head) = history.head;
        let to = head.max(history.last.time).max(history.from);
        let mut chart = Chart {
            from: history.from,
            to,
            steps: Vec::new(),
            series: Vec::new(),
            top: 0,
            line: 0,
        };
        let versions = chart.place(history);
        chart.series = series(history, &versions);
        let most = versions.iter().map(|version| version.size.rows).max().unwrap_or_default();
        chart.line = line_distance(most);
        chart.top = most.div_ceil(chart.line).max(1) * chart.line;
        chart
    }

    /// Finds the steps: the versions, of those at one pixel the last. A clock that went back stands still.
    fn place<'h>(&mut self, history: &'h History) -> Vec<&'h HistoryVersion> {
        let mut kept: Vec<&HistoryVersion> = Vec::new();
        for version in history.versions() {
            let x = self.x(version.time).max(self.steps.last().copied().unwrap_or(LEFT));
            if self.steps.last() == Some(&x) {
                kept.pop();
            } else {
                self.steps.push(x);
            }
            kept.push(version);
        }
        kept
    }

    fn x(&self, time: Timestamp) -> u32 {
        let (from, to) = (self.from.as_second(), self.to.as_second());
        let passed = (time.as_second() - from).clamp(0, to - from);
        LEFT + (passed * i64::from(NOW - LEFT) / (to - from).max(1)) as u32
    }

    fn y(&self, rows: u64) -> f64 {
        f64::from(BOTTOM) - f64::from(BOTTOM - TOP) * rows as f64 / self.top as f64
    }

    fn areas(&self, svg: &mut String) {
        let mut below = vec![0; self.steps.len()];
        for series in &self.series {
            let above: Vec<u64> = below.iter().zip(&series.rows).map(|(a, b)| a + b).collect();
            let _ = writeln!(
                svg,
                "<path fill=\"{}\" d=\"{}\"><title>{}</title></path>",
                series.colour,
                self.outline(&below, &above),
                escaped(&messages::chart_area(&series.name, series.last)),
            );
            below = above;
        }
    }

    /// The outline of an area: its upper edge from left to right, then its lower one back.
    fn outline(&self, below: &[u64], above: &[u64]) -> String {
        let start = self.steps.first().copied().unwrap_or(LEFT);
        let mut path =
            format!("M{start},{:.1}", self.y(below.first().copied().unwrap_or_default()));
        for (x, rows) in self.steps.iter().zip(above) {
            let _ = write!(path, "H{x}V{:.1}", self.y(*rows));
        }
        let _ = write!(path, "H{RIGHT}");
        for (x, rows) in self.steps.iter().zip(below).rev() {
            let _ = write!(path, "V{:.1}H{x}", self.y(*rows));
        }
        path.push('Z');
        path
    }

    fn axes(&self, svg: &mut String) {
        for rows in (0..=self.top / self.line).map(|line| line * self.line) {
            let y = self.y(rows);
            let _ = writeln!(
                svg,
                "<path class=\"line\" d=\"M{LEFT},{y:.1}H{RIGHT}\"/>\n\
                 <text class=\"faint\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8,
                y + 4.0,
                messages::number(rows),
            );
        }
        let mut before = String::new();
        for place in 0..DATES {
            let x = LEFT + (NOW - LEFT) * place / (DATES - 1);
            let passed = (self.to.as_second() - self.from.as_second()) * i64::from(place);
            let seconds = self.from.as_second() + passed / i64::from(DATES - 1);
            let date = messages::date(Timestamp::from_second(seconds).unwrap_or(self.to));
            if date != before {
                let y = BOTTOM + 20;
                let _ = writeln!(
                    svg,
                    "<text class=\"faint\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{date}</text>"
                );
                before = date;
            }
        }
    }

    /// The areas' names, in the order in which they lie.
    fn legend(&self, svg: &mut String) {
        for (place, series) in (0..).zip(self.series.iter().rev()) {
            let y = TOP + LEGEND_LINE * place;
            let name = sanitize::line(&series.name);
            let _ = writeln!(
                svg,
                "<rect x=\"{LEGEND}\" y=\"{y}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{}\"/>\n\
                 <text class=\"ink\" x=\"{}\" y=\"{}\">{}</text>\n\
                 <text class=\"faint\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                series.colour,
                LEGEND + 20,
                y + 10,
                escaped(&sanitize::shortened(&name, NAME)),
                WIDTH - 16,
                y + 10,
                messages::number(series.last),
            );
        }
    }
}

/// The sections that had the most rows, each an area, and one area for all others.
fn series(history: &History, versions: &[&HistoryVersion]) -> Vec<Series> {
    let sections = history.sections();
    let (named, others) = sections.split_at(sections.len().min(COLOURS.len()));
    let rows = |of: &dyn Fn(&ListSize) -> u64| versions.iter().map(|v| of(&v.size)).collect();
    let mut series: Vec<Series> = named
        .iter()
        .zip(COLOURS)
        .map(|(section, colour)| Series {
            name: messages::section(&section.section).to_owned(),
            colour,
            last: section.last,
            rows: rows(&|counts| counts.of_section(&section.section)),
        })
        .collect();
    if !others.is_empty() {
        let sum = |counts: &ListSize| {
            counts.rows - named.iter().map(|s| counts.of_section(&s.section)).sum::<u64>()
        };
        series.push(Series {
            name: messages::OTHER_SECTIONS.to_owned(),
            colour: OTHER_COLOUR,
            last: sum(&history.last.size),
            rows: rows(&sum),
        });
    }
    series
}

/// The distance of the lines across the plot: 1, 2 or 5 with zeros behind, so that few lines do.
fn line_distance(most: u64) -> u64 {
    let sizes = (0..19).map(|zeros| 10_u64.pow(zeros));
    let mut distances = sizes.flat_map(|size| [1, 2, 5].map(|digit| size.saturating_mul(digit)));
    distances.find(|distance| most.div_ceil(*distance) <= LINES).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_across_the_plot_are_few_and_round() {
        let found: Vec<u64> = [0, 1, 6, 23, 504, 12_345].map(line_distance).to_vec();
        assert_eq!(found, [1, 1, 2, 5, 200, 5_000]);
        assert!(u64::MAX.div_ceil(line_distance(u64::MAX)) <= LINES);
    }
}
