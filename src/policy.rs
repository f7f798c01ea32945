//! The one judge: from facts and a list of what is to be red to a conclusion with its reasons.
//!
//! A newcomer's trap: what is not in the list is told and changes nothing.

use crate::compare::{Facts, Remark, RowStatus, Verdict};
use crate::model::{Outcome, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What can be red.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A test failed and no row excuses that.
    NewFailures,
    /// The base run had a test that this one lacks.
    Missing,
    /// A known failure passed in the base run.
    HiddenRegressions,
    /// A test passed that the document expects to fail.
    NewlyPassing,
    /// A row claims no test of a complete run.
    Unmatched,
    /// A known failure does not show the message that its row pins.
    #[serde(rename = "differently")]
    MessageMismatch,
    /// A test failed and passed when it was retried, or failed in some runs of one commit.
    Flaky,
    /// The change adds or widens rows that name no issue.
    Growth,
    /// A part of the run was not measured.
    Incomplete,
    /// The document has an unreadable row or contradicts itself.
    Document,
}

impl Reason {
    /// Every reason, in the order in which they are told.
    pub const ALL: [Reason; 10] = [
        Reason::NewFailures,
        Reason::Missing,
        Reason::HiddenRegressions,
        Reason::NewlyPassing,
        Reason::Unmatched,
        Reason::MessageMismatch,
        Reason::Flaky,
        Reason::Growth,
        Reason::Incomplete,
        Reason::Document,
    ];

    /// The word of the command line and the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::NewFailures => "new-failures",
            Reason::Missing => "missing",
            Reason::HiddenRegressions => "hidden-regressions",
            Reason::NewlyPassing => "newly-passing",
            Reason::Unmatched => "unmatched",
            Reason::MessageMismatch => "differently",
            Reason::Flaky => "flaky",
            Reason::Growth => "growth",
            Reason::Incomplete => "incomplete",
            Reason::Document => "document",
        }
    }

    /// Whether it says that nobody could judge, rather than that something is wrong.
    fn is_inconclusive(self) -> bool {
        match self {
            Reason::Incomplete | Reason::Document => true,
            Reason::NewFailures
            | Reason::Missing
            | Reason::HiddenRegressions
            | Reason::NewlyPassing
            | Reason::Unmatched
            | Reason::MessageMismatch
            | Reason::Flaky
            | Reason::Growth => false,
        }
    }
}

/// What the caller wants to be red.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailOn {
    reasons: BTreeSet<Reason>,
    stale: Stale,
}

/// Whose newly passing rows are red when there is a base run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stale {
    /// Only those whose tests failed in the base run: this change fixed them.
    OfThisChange,
    /// All of them.
    All,
}

/// The set that takes everything as its own.
const STRICT_ALL: &str = "strict-all";

const REGRESSION: &[Reason] =
    &[Reason::NewFailures, Reason::Incomplete, Reason::Document, Reason::Missing];
const STRICT: &[Reason] = &[
    Reason::NewFailures,
    Reason::Incomplete,
    Reason::Document,
    Reason::Missing,
    Reason::NewlyPassing,
    Reason::Unmatched,
    Reason::MessageMismatch,
];

/// Names for common sets.
pub const REASON_SETS: &[(&str, &[Reason])] =
    &[("regression", REGRESSION), ("strict", STRICT), (STRICT_ALL, STRICT), ("nothing", &[])];

/// A word in a `fail-on` list that is neither a reason nor the name of a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", unknown(word))]
pub struct UnknownReason {
    pub word: String,
}

fn unknown(word: &str) -> String {
    let reasons = Reason::ALL.map(Reason::as_str).join(", ");
    let sets: Vec<&str> = REASON_SETS.iter().map(|(name, _)| *name).collect();
    let what = match word {
        "" => "it names nothing".to_owned(),
        word => format!("`{word}` is not something to fail on"),
    };
    format!("{what}; there are the reasons {reasons}, and the sets {}", sets.join(", "))
}

impl FailOn {
    /// Reads a list of reasons and names of sets, separated by commas or blanks.
    ///
    /// # Errors
    /// The first word that is neither, or the empty word for an empty list: a gate that fails on
    /// nothing has to be asked for by name.
    pub fn parse(list: &str) -> Result<FailOn, UnknownReason> {
        let (mut reasons, mut stale) = (BTreeSet::new(), Stale::OfThisChange);
        let mut words =
            list.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty()).peekable();
        if words.peek().is_none() {
            return Err(UnknownReason { word: String::new() });
        }
        for word in words {
            if let Some((_, set)) = REASON_SETS.iter().find(|(name, _)| *name == word) {
                reasons.extend(*set);
                if word == STRICT_ALL {
                    stale = Stale::All;
                }
            } else if let Some(reason) = Reason::ALL.into_iter().find(|r| r.as_str() == word) {
                reasons.insert(reason);
            } else {
                return Err(UnknownReason { word: word.to_owned() });
            }
        }
        Ok(FailOn { reasons, stale })
    }

    /// Whether this is to be red.
    pub fn contains(&self, reason: Reason) -> bool {
        self.reasons.contains(&reason)
    }
}

impl Default for FailOn {
    fn default() -> FailOn {
        FailOn { reasons: REGRESSION.iter().copied().collect(), stale: Stale::OfThisChange }
    }
}

/// How a run is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Nothing that was asked for is wrong, and everything was measured.
    Success,
    /// Something that was asked for is wrong.
    Failure,
    /// Nothing is known to be wrong, but not everything could be judged.
    Inconclusive,
}

impl Conclusion {
    /// The word of the JSON report and the action's output.
    pub fn as_str(self) -> &'static str {
        match self {
            Conclusion::Success => "success",
            Conclusion::Failure => "failure",
            Conclusion::Inconclusive => "inconclusive",
        }
    }

    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Conclusion::Success => 0,
            Conclusion::Failure => 1,
            Conclusion::Inconclusive => 2,
        }
    }
}

/// A conclusion and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub conclusion: Conclusion,
    /// In the order of [`Reason::ALL`].
    pub reasons: Vec<Reason>,
}

/// Judges the facts.
pub fn judge(facts: &Facts, fail_on: &FailOn) -> Judgement {
    let reasons: Vec<Reason> = Reason::ALL
        .into_iter()
        .filter(|reason| fail_on.contains(*reason) && applies(*reason, facts, fail_on.stale))
        .collect();
    let conclusion = if reasons.iter().any(|reason| !reason.is_inconclusive()) {
        Conclusion::Failure
    } else if reasons.is_empty() {
        Conclusion::Success
    } else {
        Conclusion::Inconclusive
    };
    Judgement { conclusion, reasons }
}

/// Whether the facts show this.
fn applies(reason: Reason, facts: &Facts, stale: Stale) -> bool {
    let any = |verdict| facts.counts.get(verdict) > 0;
    let any_with = |remark| facts.tests.iter().any(|test| test.remarks.contains(&remark));
    match reason {
        Reason::NewFailures => any(Verdict::NewFailure),
        Reason::Missing => any(Verdict::Missing),
        Reason::HiddenRegressions => any_with(Remark::HidesRegression),
        Reason::NewlyPassing => facts.tests.iter().any(|test| {
            test.verdict == Verdict::NewlyPassing
                && !test.row.is_some_and(|row| facts.unconfirmed.contains(&row))
                && match (facts.has_base, stale) {
                    (false, _) | (true, Stale::All) => true,
                    (true, Stale::OfThisChange) => test.base.is_some_and(Outcome::is_failing),
                }
        }),
        Reason::Unmatched => facts.rows.iter().any(|row| row.status == RowStatus::Unmatched),
        Reason::MessageMismatch => any_with(Remark::MessageMismatch),
        Reason::Flaky => any(Verdict::Flaky) || !facts.flipping.is_empty(),
        Reason::Growth => facts.list.as_ref().is_some_and(|list| list.untracked().next().is_some()),
        Reason::Incomplete => facts.variants.iter().any(|variant| !variant.incomplete.is_empty()),
        Reason::Document => facts
            .problems
            .iter()
            .any(|p| p.kind.is_document_problem() && p.kind.severity() == Severity::Error),
    }
}
