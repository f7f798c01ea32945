//! The names of tests that Catch2 prints as a comment before each of its points.
//!
//! Elsewhere the comments after a point are its message. Catch2's stream has no version and no plan at its start, and
//! exactly one comment before each point.
//!
//! <https://github.com/catchorg/Catch2/blob/v3.8.0/src/catch2/reporters/catch_reporter_tap.cpp>

/// Tells the headings of points from their messages.
#[derive(Debug, Default)]
pub(super) struct TapHeadings {
    state: HeadingState,
    /// Whether the last line is a comment.
    held: Option<String>,
    has_seed: bool,
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

/// The first line of Catch2 3.
const SEED_PREFIX: &str = "rng-seed: ";

impl TapHeadings {
    /// Keeps a comment that may be a heading; false if it is none.
    pub(super) fn hold(&mut self, comment: &str) -> bool {
        match self.state {
            HeadingState::Unknown => {
                self.has_seed |= comment.starts_with(SEED_PREFIX);
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

    /// Whether Catch2 has named its seed: a point with a TODO is a failure that it expects.
    pub(super) fn has_seed(&self) -> bool {
        self.has_seed && self.state == HeadingState::Always
    }
}
