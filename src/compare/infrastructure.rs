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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InfraLimit {
    /// A number of tests.
    Tests(u64),
    /// A percentage of all tests of the run.
    Percent(Percentage),
}

/// A decimal number from 0 to 100. It is exact, since a fraction of a test decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentage {
    /// The number times `10^decimals`.
    scaled: u128,
    decimals: u32,
}

/// Decimals of a percentage: with as many, its product with any number of tests fits into 128 bits.
const MAX_DECIMALS: usize = 15;

/// The text is neither a number of tests nor a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it takes a number of tests, or a percentage such as `0.5%`, with up to {} decimals",
    MAX_DECIMALS
)]
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
            Some(percent) => percent.trim().parse().map(InfraLimit::Percent),
        }
    }
}

impl FromStr for Percentage {
    type Err = ParseInfraLimitError;

    fn from_str(text: &str) -> Result<Percentage, ParseInfraLimitError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{}{fraction}", whole.trim_start_matches('0'));
        let is_number = text.bytes().any(|byte| byte.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || fraction.len() > MAX_DECIMALS || digits.len() > MAX_DECIMALS + 3 {
            return Err(ParseInfraLimitError);
        }
        let decimals = fraction.len() as u32;
        let scaled = digits.bytes().fold(0, |number, digit| number * 10 + u128::from(digit - b'0'));
        let is_percentage = scaled <= 100 * 10_u128.pow(decimals);
        is_percentage.then_some(Percentage { scaled, decimals }).ok_or(ParseInfraLimitError)
    }
}

impl InfraLimit {
    /// Whether `tests` of `total` tests exceed the limit.
    pub(super) fn is_exceeded(self, tests: u64, total: u64) -> bool {
        match self {
            InfraLimit::Tests(limit) => tests > limit,
            InfraLimit::Percent(Percentage { scaled, decimals }) => {
                u128::from(tests) * 100 * 10_u128.pow(decimals) > scaled * u128::from(total)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infra_limit_is_a_number_or_a_percentage() {
        assert_eq!("3".parse(), Ok(InfraLimit::Tests(3)));
        let percent = |scaled, decimals| Ok(InfraLimit::Percent(Percentage { scaled, decimals }));
        assert_eq!(" 0.5 %".parse(), percent(5, 1));
        assert_eq!("007.250%".parse(), percent(725, 2));
        assert_eq!("100.0%".parse(), percent(100, 0));
        assert_eq!("0.000000000000001%".parse(), percent(1, 15));
        for wrong in [
            "",
            "%",
            ".%",
            "-1",
            "-1%",
            "101%",
            "100.1%",
            "1000000000000000000000%",
            "0.0000000000000001%",
            "NaN%",
            "inf%",
            "few",
            "1,5%",
            "1e1%",
            "1.2.3%",
        ] {
            assert_eq!(wrong.parse::<InfraLimit>(), Err(ParseInfraLimitError), "{wrong}");
        }
    }

    #[test]
    fn failures_up_to_the_limit_are_not_exceeding() {
        assert!(
            !InfraLimit::Tests(2).is_exceeded(2, 2) && InfraLimit::Tests(2).is_exceeded(3, 1000)
        );
        for (percent, allowed, total) in [
            ("0.5%", 5, 1000),
            ("9.2%", 69, 750),
            ("0.1%", 3, 3000),
            ("100%", 7, 7),
            ("99.999999999999999%", u64::MAX - 185, u64::MAX),
        ] {
            let limit: InfraLimit = percent.parse().unwrap();
            assert!(!limit.is_exceeded(allowed, total), "{percent} of {total}");
            assert!(limit.is_exceeded(allowed + 1, total), "{percent} of {total}");
        }
        assert!(InfraLimit::default().is_exceeded(1, u64::MAX));
    }
}
