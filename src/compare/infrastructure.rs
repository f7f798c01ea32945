//! Failures because of infrastructure: they say nothing of the test.
//!
//! In: what such a failure says, and how many a run may have. Out: whether a failure is one, and whether
//! a run had too many. A newcomer's trap: such a failure is neither a pass nor a failure, so that a row
//! that has one is not measured.

use crate::known::Pattern;
use std::str::FromStr;

/// What fails because of infrastructure, and how much of that is borne.
#[derive(Debug, Clone, Default)]
pub struct Infrastructure {
    /// Any of these in a line of the message.
    pub patterns: Vec<Pattern>,
    pub limit: InfraLimit,
}

impl Infrastructure {
    /// Whether a failure says so.
    pub(super) fn matches(&self, message: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match_in_lines(message))
    }
}

/// How many tests of a run may fail because of infrastructure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InfraLimit {
    Tests(u64),
    /// Of all tests of the run.
    Percent(f64),
}

/// A text that is neither a number of tests nor a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it takes a number of tests, or a percentage such as `0.5%`")]
pub struct ParseInfraLimitError;

impl Default for InfraLimit {
    fn default() -> InfraLimit {
        InfraLimit::Tests(0)
    }
}

impl FromStr for InfraLimit {
    type Err = ParseInfraLimitError;

    fn from_str(text: &str) -> Result<InfraLimit, ParseInfraLimitError> {
        let text = text.trim();
        match text.strip_suffix('%') {
            None => text.parse().map(InfraLimit::Tests).map_err(|_| ParseInfraLimitError),
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| ParseInfraLimitError)?;
                let is_percentage = (0.0..=100.0).contains(&percent);
                is_percentage.then_some(InfraLimit::Percent(percent)).ok_or(ParseInfraLimitError)
            }
        }
    }
}

impl InfraLimit {
    /// Whether so many of so many tests are more.
    pub(super) fn is_exceeded(self, tests: u64, total: u64) -> bool {
        match self {
            InfraLimit::Tests(limit) => tests > limit,
            InfraLimit::Percent(percent) => tests as f64 * 100.0 > percent * total as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infra_limit_is_a_number_or_a_percentage() {
        assert_eq!("3".parse(), Ok(InfraLimit::Tests(3)));
        assert_eq!(" 0.5 %".parse(), Ok(InfraLimit::Percent(0.5)));
        for wrong in ["", "%", "-1", "-1%", "101%", "NaN%", "inf%", "few", "1,5%"] {
            assert_eq!(wrong.parse::<InfraLimit>(), Err(ParseInfraLimitError), "{wrong}");
        }
    }

    #[test]
    fn failures_up_to_the_limit_are_not_exceeding() {
        assert!(
            !InfraLimit::Tests(2).is_exceeded(2, 2) && InfraLimit::Tests(2).is_exceeded(3, 1000)
        );
        let half = InfraLimit::Percent(0.5);
        assert!(!half.is_exceeded(5, 1000) && half.is_exceeded(6, 1000));
        assert!(InfraLimit::default().is_exceeded(1, u64::MAX));
    }
}
