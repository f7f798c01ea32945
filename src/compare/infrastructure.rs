//! Infrastructure failures, which do not measure a test: it neither passed nor failed.

use crate::known::MessagePattern;
use std::str::FromStr;

/// Which failures are infrastructure failures, and how many a complete run may have.
#[derive(Debug, Clone, Default)]
pub struct Infrastructure {
    /// Each matches a line of the message of such a failure.
    pub patterns: Vec<MessagePattern>,
    /// With more, the run is incomplete.
    pub limit: InfraLimit,
}

impl Infrastructure {
    /// Whether a failure with this message is an infrastructure failure.
    pub(super) fn matches(&self, message: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(message))
    }
}

/// The maximum number of infrastructure failures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InfraLimit {
    /// A number of tests.
    Tests(u64),
    /// A percentage of all tests of the run.
    Percent(f64),
}

/// The text is neither a number of tests nor a percentage.
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
    /// Whether `tests` of `total` tests exceed the limit.
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
