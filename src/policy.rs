//! Judges the facts of a run: a conclusion, and the reasons among those that the user chose to fail on.

use crate::compare::{ExternalFacts, Facts, ListChange, Remark, RowStatus, Verdict};
use crate::model::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use strum::{IntoStaticStr, VariantArray};

/// What can fail a run.
#[derive(Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A test failed and no row excuses that.
    NewFailures,
    /// The base run had a test that this one lacks.
    Missing,
    /// A known failure passed in the base run.
    HiddenRegressions,
    /// A test passed that the document expects to fail.
    NewlyPassing,
    /// A row claims no test although the run is complete.
    Unmatched,
    /// A known failure does not show the message that its row pins.
    #[serde(rename = "differently")]
    #[strum(serialize = "differently")]
    MessageMismatch,
    /// A test failed and passed when it was retried, or failed in only some runs of one commit.
    Flaky,
    /// The change makes rows without an issue excuse more, or takes the issue from a row.
    Growth,
    /// A part of the run was not measured.
    Incomplete,
    /// The document has an unreadable row or contradicts itself.
    Document,
}

impl Reason {
    /// Every reason, in the order of reports.
    pub const ALL: &'static [Reason] = Reason::VARIANTS;

    /// The word of the command line and the JSON report.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the run cannot be judged, rather than something being wrong.
    fn is_inconclusive(self) -> bool {
        matches!(self, Reason::Incomplete | Reason::Document)
    }
}

/// The reasons that the user chose to fail on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailOn {
    reasons: BTreeSet<Reason>,
    newly_passing: NewlyPassingScope,
}

/// Which newly passing rows fail a run that has a base run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NewlyPassingScope {
    /// Those whose tests failed in the base run, so that this change fixed them.
    FixedByChange,
    All,
}

/// The set that includes [`NewlyPassingScope::All`].
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

/// Named sets of reasons.
pub const REASON_SETS: &[(&str, &[Reason])] =
    &[("regression", REGRESSION), ("strict", STRICT), (STRICT_ALL, STRICT), ("nothing", &[])];

/// A word in a `fail-on` list that is neither a reason nor the name of a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", describe_unknown(word))]
pub struct UnknownReason {
    /// Empty for an empty list.
    pub word: String,
}

fn describe_unknown(word: &str) -> String {
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    let sets: Vec<&str> = REASON_SETS.iter().map(|(name, _)| *name).collect();
    let what = match word {
        "" => "it names nothing".to_owned(),
        word => format!("`{word}` is not something to fail on"),
    };
    let (reasons, sets) = (reasons.join(", "), sets.join(", "));
    format!("{what}; there are the reasons {reasons}, and the sets {sets}")
}

impl FailOn {
    /// Parses a list of reasons and names of sets, separated by commas or whitespace.
    ///
    /// # Errors
    /// The first word that is neither, or the empty word for an empty list: failing on nothing has to be
    /// explicit.
    pub fn parse(list: &str) -> Result<FailOn, UnknownReason> {
        let mut fail_on = FailOn { reasons: BTreeSet::new(), ..FailOn::default() };
        let mut words =
            list.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty()).peekable();
        if words.peek().is_none() {
            return Err(UnknownReason { word: String::new() });
        }
        for word in words {
            if let Some((_, set)) = REASON_SETS.iter().find(|(name, _)| *name == word) {
                fail_on.reasons.extend(*set);
                if word == STRICT_ALL {
                    fail_on.newly_passing = NewlyPassingScope::All;
                }
            } else if let Some(reason) = Reason::ALL.iter().find(|r| r.as_str() == word) {
                fail_on.reasons.insert(*reason);
            } else {
                return Err(UnknownReason { word: word.to_owned() });
            }
        }
        Ok(fail_on)
    }

    /// Whether the run fails for this reason.
    pub fn contains(&self, reason: Reason) -> bool {
        self.reasons.contains(&reason)
    }
}

impl Default for FailOn {
    fn default() -> FailOn {
        let reasons = REGRESSION.iter().copied().collect();
        FailOn { reasons, newly_passing: NewlyPassingScope::FixedByChange }
    }
}

/// How a run is judged.
#[derive(Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// None of the chosen reasons applies.
    Success,
    /// A chosen reason applies.
    Failure,
    /// The chosen reasons that apply only say that the run could not be judged.
    Inconclusive,
}

impl Conclusion {
    /// The word of the JSON report and the action's output.
    pub fn as_str(self) -> &'static str {
        self.into()
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

/// A conclusion and its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The conclusion.
    pub conclusion: Conclusion,
    /// In the order of [`Reason::ALL`].
    pub reasons: Vec<Reason>,
}

/// Judges the facts.
pub fn judge(facts: &Facts, external: &ExternalFacts, fail_on: &FailOn) -> Judgement {
    let applies = |reason: &Reason| applies(*reason, facts, external, fail_on.newly_passing);
    let reasons: Vec<Reason> = fail_on.reasons.iter().copied().filter(applies).collect();
    let conclusion = if reasons.iter().any(|reason| !reason.is_inconclusive()) {
        Conclusion::Failure
    } else if reasons.is_empty() {
        Conclusion::Success
    } else {
        Conclusion::Inconclusive
    };
    Judgement { conclusion, reasons }
}

/// Whether the facts give this reason.
fn applies(
    reason: Reason,
    facts: &Facts,
    external: &ExternalFacts,
    scope: NewlyPassingScope,
) -> bool {
    let any = |verdict| facts.counts.get(verdict) > 0;
    let any_with = |remark| facts.tests.iter().any(|test| test.remarks.contains(&remark));
    match reason {
        Reason::NewFailures => any(Verdict::NewFailure),
        Reason::Missing => any(Verdict::Missing),
        Reason::HiddenRegressions => any_with(Remark::HidesRegression),
        Reason::NewlyPassing => facts.tests.iter().any(|test| {
            test.verdict == Verdict::NewlyPassing
                && !test.row.is_some_and(|row| {
                    external.unconfirmed.contains(&row) || external.removed.contains(&row)
                })
                && (scope == NewlyPassingScope::All || !facts.has_base || test.failed_in_base())
        }),
        Reason::Unmatched => facts.rows.iter().any(|row| row.status == RowStatus::Unmatched),
        Reason::MessageMismatch => any_with(Remark::MessageMismatch),
        Reason::Flaky => any(Verdict::Flaky) || !external.flipping.is_empty(),
        Reason::Growth => external.list.as_ref().is_some_and(ListChange::has_untracked),
        Reason::Incomplete => facts.variants.iter().any(|v| v.did_run() && !v.is_complete()),
        Reason::Document => facts
            .problems
            .iter()
            .any(|p| p.kind.is_document_problem() && p.kind.severity() == Severity::Error),
    }
}
