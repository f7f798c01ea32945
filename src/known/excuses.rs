//! What a status excuses, as a set: which of two statuses excuses more.

use super::row::{Expected, FailureKind};
use std::ops::BitOr;

/// What can happen to a test that some status excuses: a set of the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Events(u16);

impl Events {
    const FAIL: Events = Events(1);
    const ERROR: Events = Events(1 << 1);
    const TIMEOUT: Events = Events(1 << 2);
    const CRASH: Events = Events(1 << 3);
    /// It started and never ended.
    const UNFINISHED: Events = Events(1 << 4);
    /// The rest of its suite did not run, because it never ended.
    const TRUNCATION: Events = Events(1 << 5);
    /// It failed, and passed when it was retried.
    const RETRY: Events = Events(1 << 6);
    const PASS: Events = Events(1 << 7);
    /// It did not run.
    const ABSENCE: Events = Events(1 << 8);

    fn contains(self, other: Events) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Events {
    type Output = Events;

    fn bitor(self, other: Events) -> Events {
        Events(self.0 | other.0)
    }
}

/// What a status excuses, apart from the pattern of a pinned message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Excuses {
    events: Events,
    /// Only with certain messages.
    is_pinned: bool,
}

impl Excuses {
    /// Whether it excuses everything that `other` does, whatever messages they pin.
    pub(super) fn covers(self, other: Excuses) -> bool {
        self.events.contains(other.events) && !self.is_pinned
    }
}

impl Expected {
    pub(super) fn excuses(&self) -> Excuses {
        Excuses { events: self.events(), is_pinned: self.pinned_message().is_some() }
    }

    /// Whether it excuses everything that `other` does. May return false negatives for pinned messages.
    pub fn covers(&self, other: &Expected) -> bool {
        self.covers_with(other, &mut 0)
    }

    /// [`Expected::covers`], adding the steps taken to `steps`.
    pub(super) fn covers_with(&self, other: &Expected, steps: &mut u64) -> bool {
        let mut is_message_covered = || match (self.pinned_message(), other.pinned_message()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wide), Some(narrow)) => wide.is_superset_of(narrow, steps),
        };
        self.events().contains(other.events()) && is_message_covered()
    }

    fn events(&self) -> Events {
        let failures = Events::FAIL | Events::ERROR | Events::TIMEOUT | Events::CRASH;
        let hang = Events::UNFINISHED | Events::TRUNCATION;
        match self {
            Expected::AnyFailure => failures | Events::UNFINISHED,
            Expected::Failure { worst, message: _ } => match worst {
                FailureKind::Fail => Events::FAIL,
                FailureKind::Error => Events::FAIL | Events::ERROR,
                FailureKind::Timeout => Events::FAIL | Events::ERROR | Events::TIMEOUT | hang,
                FailureKind::Crash => failures | hang,
            },
            Expected::Flaky { message: _ } => {
                failures | Events::UNFINISHED | Events::RETRY | Events::PASS
            }
            Expected::Skip => Events::ABSENCE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::pattern::regex_budget::RegexBudget;

    #[test]
    fn a_pinned_message_covers_those_with_more_text() {
        let parse = |cell| Expected::parse(cell, &mut RegexBudget::default()).unwrap();
        for (wide, narrow, covers) in [
            ("fail", "fail: NT_STATUS_OK", true),
            ("", "fail: NT_STATUS_OK", true),
            ("fail: NT_STATUS_OK", "fail", false),
            ("fail: NT_STATUS", "fail: NT_STATUS_OK", true),
            ("fail: NT_STATUS_OK", "fail: NT_STATUS", false),
            ("fail: *", "fail: re:a.c", false),
            ("fail: re:a.c", "fail: re:a.c", true),
            ("fail: re:a.*", "fail: re:a.c", false),
            ("fail: a*c", "fail: xabcx", true),
            ("fail: a*c", "fail: c*a", false),
            ("fail: ?", "fail: a", true),
            ("error: a", "fail: a", true),
            ("fail: a", "error: a", false),
            ("flaky", "flaky: a", true),
            ("flaky: a", "flaky", false),
            ("flaky: a", "flaky: xa", true),
            ("flaky: a", "crash: xa", false),
            ("flaky: a", "error: xa", true),
            ("flaky: a", "fail", false),
            ("fail: a", "flaky: a", false),
        ] {
            assert_eq!(parse(wide).covers(&parse(narrow)), covers, "{wide:?} {narrow:?}");
        }
    }
}
