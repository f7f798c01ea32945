//! A document's rows over time as a chart in SVG: one stacked area for each section.
//!
//! The picture brings its own background and adapts to light and dark pages. A list keeps its rows until its next
//! version, so the areas have steps and no slopes.
//!
//! Specification: <https://www.w3.org/TR/SVG2/>

use super::junit::escape_attribute;
use crate::report::{History, HistoryVersion, ListSize, messages};
use crate::sanitize;
use jiff::Timestamp;
use std::fmt::Write;

/// The whole picture, in pixels.
const WIDTH: u32 = 920;
const HEIGHT: u32 = 400;
/// The edges of the plot.
const PLOT_LEFT: u32 = 56;
const PLOT_RIGHT: u32 = 640;
const PLOT_TOP: u32 = 64;
const PLOT_BOTTOM: u32 = 360;
/// The last commit; the rest of the plot is the time since then.
const RIGHT_DATA_EDGE: u32 = PLOT_RIGHT - 8;
/// The left edge of the legend, and the height of its lines.
const LEGEND_LEFT: u32 = 664;
const LEGEND_LINE_HEIGHT: u32 = 24;
/// Characters of a section's name in the legend, and of the title.
const MAX_NAME_LEN: usize = 28;
const MAX_TITLE_LEN: usize = 90;
/// Dates under the plot.
const DATE_COUNT: u32 = 5;
const MAX_GRID_LINES: u64 = 5;

/// The areas from the bottom up; readable on white and on black.
const COLORS: [&str; 7] =
    ["#4269d0", "#efb118", "#ff725c", "#3ca951", "#a463f2", "#6cc5b0", "#ff8ab7"];
/// The area of all other sections.
const OTHER_COLOR: &str = "#9498a0";

const STYLE: &str = "\
.background{fill:#ffffff}.foreground{fill:#1f2328}.faint{fill:#59636e}.line{stroke:#d1d9e0}
@media (prefers-color-scheme:dark){
.background{fill:#0d1117}.foreground{fill:#f0f6fc}.faint{fill:#9198a1}.line{stroke:#3d444d}}";

/// The history as SVG.
pub fn render_chart(history: &History) -> String {
    let chart = Chart::new(history);
    let file = sanitize::single_line(&history.file);
    let title = messages::chart_title(&sanitize::truncate(&file, MAX_TITLE_LEN));
    let (title, description) =
        (escape_attribute(&title), escape_attribute(&messages::history(history)));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"system-ui,sans-serif\" \
         font-size=\"12\">\n\
         <title>{title}</title>\n<desc>{description}</desc>\n<style>\n{STYLE}\n</style>\n\
         <rect class=\"background\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\n\
         <text class=\"foreground\" x=\"{PLOT_LEFT}\" y=\"28\" font-size=\"16\" \
         font-weight=\"600\">{title}</text>\n\
         <text class=\"faint\" x=\"{PLOT_LEFT}\" y=\"47\">{description}</text>\n"
    );
    chart.areas(&mut svg);
    chart.axes(&mut svg);
    chart.legend(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

struct Series {
    name: String,
    color: &'static str,
    /// In the last version.
    last: u64,
    /// The rows at each step.
    rows: Vec<u64>,
}

#[derive(Default)]
struct Chart {
    from: Timestamp,
    to: Timestamp,
    /// The left edge of each step in pixels, rising.
    steps: Vec<u32>,
    /// From the bottom up.
    series: Vec<Series>,
    /// The number at the plot's upper edge, and the distance of the grid lines.
    axis_max: u64,
    tick_interval: u64,
}

impl Chart {
    fn new(history: &History) -> Chart {
        let (_, head) = history.head;
        let to = head.max(history.last.time).max(history.from);
        let mut chart = Chart { from: history.from, to, ..Chart::default() };
        let versions = chart.x_positions(history);
        chart.series = series(history, &versions);
        let max_rows = versions.iter().map(|version| version.size.rows).max().unwrap_or_default();
        chart.tick_interval = tick_interval(max_rows);
        chart.axis_max = max_rows.div_ceil(chart.tick_interval).max(1) * chart.tick_interval;
        chart
    }

    /// Sets the steps and returns their versions: of those at one pixel the last. A commit that is dated before its
    /// parent gets the parent's position.
    fn x_positions<'h>(&mut self, history: &'h History) -> Vec<&'h HistoryVersion> {
        let mut selected: Vec<&HistoryVersion> = Vec::new();
        for version in history.versions() {
            let x = self.x(version.time).max(self.steps.last().copied().unwrap_or(PLOT_LEFT));
            if self.steps.last() == Some(&x) {
                selected.pop();
            } else {
                self.steps.push(x);
            }
            selected.push(version);
        }
        selected
    }

    fn x(&self, time: Timestamp) -> u32 {
        let (from, to) = (self.from.as_second(), self.to.as_second());
        let elapsed = (time.as_second() - from).clamp(0, to - from);
        PLOT_LEFT + (elapsed * i64::from(RIGHT_DATA_EDGE - PLOT_LEFT) / (to - from).max(1)) as u32
    }

    fn y(&self, rows: u64) -> f64 {
        f64::from(PLOT_BOTTOM)
            - f64::from(PLOT_BOTTOM - PLOT_TOP) * rows as f64 / self.axis_max as f64
    }

    fn areas(&self, svg: &mut String) {
        let mut lower = vec![0; self.steps.len()];
        for series in &self.series {
            let upper: Vec<u64> = lower.iter().zip(&series.rows).map(|(a, b)| a + b).collect();
            let _ = writeln!(
                svg,
                "<path fill=\"{}\" d=\"{}\"><title>{}</title></path>",
                series.color,
                self.outline(&lower, &upper),
                escape_attribute(&messages::chart_area(&series.name, series.last)),
            );
            lower = upper;
        }
    }

    /// The outline of an area: its upper edge from left to right, then its lower one back.
    fn outline(&self, lower: &[u64], upper: &[u64]) -> String {
        let start = self.steps.first().copied().unwrap_or(PLOT_LEFT);
        let mut path =
            format!("M{start},{:.1}", self.y(lower.first().copied().unwrap_or_default()));
        for (x, rows) in self.steps.iter().zip(upper) {
            let _ = write!(path, "H{x}V{:.1}", self.y(*rows));
        }
        let _ = write!(path, "H{PLOT_RIGHT}");
        for (x, rows) in self.steps.iter().zip(lower).rev() {
            let _ = write!(path, "V{:.1}H{x}", self.y(*rows));
        }
        path.push('Z');
        path
    }

    fn axes(&self, svg: &mut String) {
        for rows in (0..=self.axis_max / self.tick_interval).map(|line| line * self.tick_interval) {
            let y = self.y(rows);
            let _ = writeln!(
                svg,
                "<path class=\"line\" d=\"M{PLOT_LEFT},{y:.1}H{PLOT_RIGHT}\"/>\n\
                 <text class=\"faint\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                PLOT_LEFT - 8,
                y + 4.0,
                messages::number(rows),
            );
        }
        let mut previous = String::new();
        for index in 0..DATE_COUNT {
            let x = PLOT_LEFT + (RIGHT_DATA_EDGE - PLOT_LEFT) * index / (DATE_COUNT - 1);
            let elapsed = (self.to.as_second() - self.from.as_second()) * i64::from(index);
            let seconds = self.from.as_second() + elapsed / i64::from(DATE_COUNT - 1);
            let date = messages::date(Timestamp::from_second(seconds).unwrap_or(self.to));
            if date != previous {
                let y = PLOT_BOTTOM + 20;
                let _ = writeln!(
                    svg,
                    "<text class=\"faint\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{date}</text>"
                );
                previous = date;
            }
        }
    }

    /// The names of the areas, the topmost first.
    fn legend(&self, svg: &mut String) {
        for (index, series) in (0..).zip(self.series.iter().rev()) {
            let y = PLOT_TOP + LEGEND_LINE_HEIGHT * index;
            let name = sanitize::single_line(&series.name);
            let _ = writeln!(
                svg,
                "<rect x=\"{LEGEND_LEFT}\" y=\"{y}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{}\"/>\n\
                 <text class=\"foreground\" x=\"{}\" y=\"{}\">{}</text>\n\
                 <text class=\"faint\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                series.color,
                LEGEND_LEFT + 20,
                y + 10,
                escape_attribute(&sanitize::truncate(&name, MAX_NAME_LEN)),
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
    let (named, others) = sections.split_at(sections.len().min(COLORS.len()));
    let rows = |count: &dyn Fn(&ListSize) -> u64| versions.iter().map(|v| count(&v.size)).collect();
    let mut series: Vec<Series> = named
        .iter()
        .zip(COLORS)
        .map(|(section, color)| Series {
            name: messages::section(&section.section).to_owned(),
            color,
            last: section.last,
            rows: rows(&|counts| counts.section_rows(&section.section)),
        })
        .collect();
    if !others.is_empty() {
        let sum = |counts: &ListSize| {
            counts.rows - named.iter().map(|s| counts.section_rows(&s.section)).sum::<u64>()
        };
        series.push(Series {
            name: messages::OTHER_SECTIONS.to_owned(),
            color: OTHER_COLOR,
            last: sum(&history.last.size),
            rows: rows(&sum),
        });
    }
    series
}

/// The distance of the grid lines: 1, 2 or 5 times a power of ten, such that they are at most [`MAX_GRID_LINES`].
fn tick_interval(max_rows: u64) -> u64 {
    let powers = (0..19).map(|exponent| 10_u64.pow(exponent));
    let mut intervals = powers.flat_map(|power| [1, 2, 5].map(|digit| power.saturating_mul(digit)));
    intervals.find(|interval| max_rows.div_ceil(*interval) <= MAX_GRID_LINES).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_are_round_numbers_within_limit() {
        let found: Vec<u64> = [0, 1, 6, 23, 504, 12_345].map(tick_interval).to_vec();
        assert_eq!(found, [1, 1, 2, 5, 200, 5_000]);
        assert!(u64::MAX.div_ceil(tick_interval(u64::MAX)) <= MAX_GRID_LINES);
    }
}
