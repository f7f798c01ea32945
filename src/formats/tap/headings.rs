//! The names of tests that Catch2 prints as a comment before each of its points.
//!
//! Elsewhere the comments after a point are its message. Catch2's stream has no version and no plan at its start, and
//! exactly one comment before each point. It numbers warnings like points, and does not plan what CHECK_NOFAIL lets fail:
//! those points are `ok … # TODO`.
//!
//! <https://github.com/catchorg/Catch2/blob/v3.8.0/src/catch2/reporters/catch_reporter_tap.cpp>

/// Tells the headings of points from their messages.
#[derive(Debug, Default)]
pub(super) struct TapHeadings {
    state: HeadingState,
    /// The comment since the last point; empty before the first one.
    held: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum HeadingState {
    /// Before the first point.
    #[default]
    Unknown,
    /// Each point so far has a heading.
    Always,
    Never,
}

/// The starts of numbered lines that are no points.
const NOTE_PREFIXES: [&str; 2] = ["warning ", "info "];

impl TapHeadings {
    /// Keeps a comment that may be a heading; false if it is none.
    pub(super) fn hold(&mut self, comment: &str) -> bool {
        match self.state {
            HeadingState::Unknown => {
                self.held = Some(String::new());
                true
            }
            HeadingState::Always if self.held.is_none() => {
                self.held = Some(comment.to_owned());
                true
            }
            HeadingState::Always => {
                self.state = HeadingState::Never;
                false
            }
            HeadingState::Never => false,
        }
    }

    /// Forgets the heading of a warning.
    pub(super) fn skip_note(&mut self, line: &str) {
        if NOTE_PREFIXES.iter().any(|prefix| line.starts_with(prefix)) {
            self.held = None;
        }
    }

    /// The comment that was kept and is no heading.
    pub(super) fn release(&mut self) -> Option<String> {
        self.held.take().filter(|comment| !comment.is_empty())
    }

    /// A point follows; `is_other` if something shows that Catch2 did not write the document.
    pub(super) fn start_point(&mut self, is_other: bool) {
        let is_heading = self.held.take().is_some();
        if !is_heading || is_other && self.state == HeadingState::Unknown {
            self.state = HeadingState::Never;
        } else if self.state == HeadingState::Unknown {
            self.state = HeadingState::Always;
        }
    }

    /// Whether each point so far has a heading, as Catch2's have.
    pub(super) fn is_catch2(&self) -> bool {
        self.state == HeadingState::Always
    }
}
