//! The results files of .NET's test runners, and what they share: class names, messages and stack traces.

pub(crate) mod gallio;
mod mbunit;
pub(crate) mod nunit;
pub(crate) mod trx;
pub(crate) mod xunit;

use super::emit::TestCase;
use crate::model::Outcome;

/// A class without the assembly that old runners append.
pub(super) fn class(name: &str) -> &str {
    let mut depth = 0_usize;
    let end = name.bytes().position(|b| {
        match b {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        b == b',' && depth == 0
    });
    name[..end.unwrap_or(name.len())].trim()
}

/// The file and line of the first frame that has them: `… in FILE:line N`, in English.
fn stack_location(stack: &str) -> Option<(&str, &str)> {
    stack.lines().find_map(|frame| {
        let (prefix, line) = frame.trim_end().rsplit_once(":line ")?;
        let (_, file) = prefix.split_once(" in ")?;
        line.bytes().all(|b| b.is_ascii_digit()).then_some((file, line))
    })
}

/// The first line of the message of a test that timed out contains one of these: NUnit, xUnit.net, MSTest.
const TIMEOUT_MESSAGES: [&str; 4] = [
    "Test exceeded Timeout value of",
    "Test exceeded CancelAfter value of",
    "Test execution timed out after",
    "exceeded execution timeout period",
];

pub(super) fn add_failure(case: &mut TestCase, message: &str) {
    let first = message.lines().next().unwrap_or("");
    let failed = case.outcome.is_some_and(Outcome::is_failing);
    if failed && TIMEOUT_MESSAGES.iter().any(|timeout| first.contains(timeout)) {
        case.add_outcome(Outcome::TimedOut);
    }
    case.add_message(message);
}

/// Adds the stack trace of a failure, and takes the location from it.
pub(super) fn add_stack_trace(case: &mut TestCase, stack: &str) {
    case.add_message(stack);
    if let Some((file, line)) = stack_location(stack) {
        case.set_location(file, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_lose_their_assembly_and_keep_their_arguments() {
        assert_eq!(class("A.B, Tests, Version=1.0.0.0"), "A.B");
        assert_eq!(class("A.B`1[[C, D]], Tests"), "A.B`1[[C, D]]");
        assert_eq!(class(""), "");
    }

    #[test]
    fn first_frame_with_location_is_used() {
        let stack = "   at Assert.Fail()\r\n   at A.B() in C:\\my in x\\a.cs:line 12\r\n";
        assert_eq!(stack_location(stack), Some(("C:\\my in x\\a.cs", "12")));
        assert_eq!(stack_location("at A.B() in /src/a.cs:line 7"), Some(("/src/a.cs", "7")));
        assert_eq!(stack_location("at A.B()"), None);
    }
}
