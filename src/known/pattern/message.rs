//! A pattern for messages: some part of a line has to match.

use super::regex::Extent;
use super::regex_budget::RegexBudget;
use super::{BadRegex, Pattern};

/// A text, a wildcard or a regular expression that matches a part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePattern(Pattern);

impl MessagePattern {
    /// Parses a pattern. Only a `re:` pattern can be invalid.
    pub fn parse(text: &str) -> Result<MessagePattern, BadRegex> {
        MessagePattern::parse_with_budget(text, &mut RegexBudget::default())
    }

    /// Parses one of several patterns that share a budget.
    pub(crate) fn parse_with_budget(
        text: &str,
        budget: &mut RegexBudget,
    ) -> Result<MessagePattern, BadRegex> {
        Pattern::parse_for(Extent::Part, text, budget).map(MessagePattern)
    }

    /// The text that it was parsed from.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether a part of any line matches.
    pub fn matches(&self, message: &str) -> bool {
        self.matches_with(message, &mut 0)
    }

    /// Like [`MessagePattern::matches`]; adds the steps to `steps`.
    pub(crate) fn matches_with(&self, message: &str, steps: &mut u64) -> bool {
        message.lines().any(|line| self.0.matches_part_with(line, steps))
    }

    /// Whether it matches every message that the other pattern matches. May return false negatives. Adds the steps to
    /// `steps`.
    pub(crate) fn is_superset_of(&self, other: &MessagePattern, steps: &mut u64) -> bool {
        self.0.is_superset_in_lines(&other.0, steps)
    }
}
