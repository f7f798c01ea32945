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
    pub most: MostInfra,
}

impl Infrastructure {
    /// Whether a failure says so.
    pub(super) fn is_shown(&self, message: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.contains_match(message))
    }
}

/// How many tests of a run may fail because of infrastructure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MostInfra {
    Tests(u64),
    /// Of all tests of the run.
    Percent(f64),
}

/// A text that is neither a number of tests nor a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it takes a number of tests, or a percentage such as `0.5%`")]
pub struct NoShare;

impl Default for MostInfra {
    fn default() -> MostInfra {
        MostInfra::Tests(0)
    }
}

impl FromStr for MostInfra {
    type Err = NoShare;

    fn from_str(text: &str) -> Result<MostInfra, NoShare> {
        let text = text.trim();
        match text.strip_suffix('%') {
            None => text.parse().map(MostInfra::Tests).map_err(|_| NoShare),
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| NoShare)?;
                let is_share = (0.0..=100.0).contains(&percent);
                is_share.then_some(MostInfra::Percent(percent)).ok_or(NoShare)
            }
        }
    }
}

impl MostInfra {
    /// Whether so many of so many tests are more.
    pub(super) fn is_exceeded(self, tests: u64, of: u64) -> bool {
        match self {
            MostInfra::Tests(most) => tests > most,
            MostInfra::Percent(percent) => tests as f64 * 100.0 > percent * of as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_number_or_a_percentage() {
        assert_eq!("3".parse(), Ok(MostInfra::Tests(3)));
        assert_eq!(" 0.5 %".parse(), Ok(MostInfra::Percent(0.5)));
        for wrong in ["", "%", "-1", "-1%", "101%", "NaN%", "inf%", "few", "1,5%"] {
            assert_eq!(wrong.parse::<MostInfra>(), Err(NoShare), "{wrong}");
        }
    }

    #[test]
    fn as_many_as_allowed_are_not_too_many() {
        assert!(!MostInfra::Tests(2).is_exceeded(2, 2) && MostInfra::Tests(2).is_exceeded(3, 1000));
        let half = MostInfra::Percent(0.5);
        assert!(!half.is_exceeded(5, 1000) && half.is_exceeded(6, 1000));
        assert!(MostInfra::default().is_exceeded(1, u64::MAX));
    }
}
