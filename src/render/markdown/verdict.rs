//! The headline of one run or of several together, and run summaries as the fields that a comment carries.
//!
//! The jobs of a matrix share one comment: each reads the summaries of the others from it. Fields come from outside:
//! what cannot be parsed counts as nothing, and texts are escaped.

use super::escape;
use crate::report::{Conclusion, JudgedList, Reason, RunScope, RunSummary, messages};
use crate::sanitize;

/// Characters of a title, a variant's name and a document's path.
const MAX_TEXT_LEN: usize = 100;
/// Documents that are kept: more are not named.
const MAX_DOCUMENTS: usize = 3;

/// `❌ **smbtorture: 2 new failures.** Fix the new failures, …`: the verdict on all runs, and what to do.
pub(crate) fn render_headline(summaries: &[RunSummary]) -> String {
    let (summary, run_scope) = match summaries {
        [one] if one.variants.is_empty() => (one.clone(), RunScope::Whole),
        [one] => (one.clone(), RunScope::OneOfMatrix),
        all => (RunSummary::combine(all), RunScope::OneOfMatrix),
    };
    let advice = messages::advice(&summary, run_scope);
    let sentences = advice.iter().map(|sentence| format!(" {}", escape::rich_text(sentence)));
    verdict_line(&summary) + &sentences.collect::<String>()
}

/// The verdict on one of several runs, titled with its variant; a heading unless it passed.
pub(crate) fn render_heading(summary: &RunSummary) -> String {
    let title = summary.variants.join(" ");
    let title = if title.is_empty() { messages::NO_VARIANT.to_owned() } else { title };
    let line = verdict_line(&RunSummary { title, variants: Vec::new(), ..summary.clone() });
    match summary.severity() {
        0 => line,
        _ => format!("### {}", line.replace("**", "").trim_end_matches('.')),
    }
}

/// `❌ **smbtorture: 2 new failures in `memory`.**`
pub(crate) fn verdict_line(summary: &RunSummary) -> String {
    let mark = match summary.conclusion {
        Some(Conclusion::Success) => "✅",
        Some(Conclusion::Failure) => "❌",
        Some(Conclusion::Inconclusive) | None => "⚠️",
    };
    let headline = messages::headline(summary);
    // A comma, so that the variants belong to all findings.
    let has_comma = !summary.variants.is_empty() && headline.to_string().contains(", ");
    let headline = if has_comma { headline.text(",") } else { headline };
    let headline = escape::rich_text(&headline.append(messages::in_variants(&summary.variants)));
    if summary.title.is_empty() {
        return format!("{mark} **{}.**", messages::capitalize(&headline));
    }
    let title = escape::escape_text(&sanitize::truncate(&summary.title, MAX_TEXT_LEN));
    format!("{mark} **{title}: {headline}.**")
}

/// The sort key of a run that passed.
pub(crate) const MILDEST_RANK: (u8, u8) = (u8::MAX, u8::MAX);

/// The sort key of a run among others: the worst first, and of several that are as bad by their first reasons.
pub(crate) fn rank(summary: &RunSummary) -> (u8, u8) {
    let reason = summary.reasons.first().map_or(u8::MAX, |reason| *reason as u8);
    (u8::MAX - summary.severity(), reason)
}

const NOT_JUDGED: &str = "unjudged";
const OF_BASE: &str = "base";
const CONCLUSIONS: [Conclusion; 3] =
    [Conclusion::Success, Conclusion::Failure, Conclusion::Inconclusive];

/// A summary as keys and values, without those that are empty or 0.
pub(crate) fn to_fields(summary: &RunSummary) -> Vec<(String, String)> {
    let mut summary = summary.clone();
    let conclusion = summary.conclusion.map_or(NOT_JUDGED, Conclusion::as_str);
    let reasons: Vec<&str> = summary.reasons.iter().map(|reason| reason.as_str()).collect();
    let short = |text: &str| sanitize::truncate(text, MAX_TEXT_LEN).into_owned();
    let documents = summary.documents.iter().take(MAX_DOCUMENTS);
    let documents: Vec<String> = documents.map(|path| short(&path.replace('\n', " "))).collect();
    let texts = [
        ("is", conclusion.to_owned()),
        ("because", reasons.join(",")),
        ("cut", if summary.is_complete { String::new() } else { "yes".to_owned() }),
        ("title", short(&summary.title)),
        ("variant", short(&summary.variants.join(" "))),
        ("document", documents.join("\n")),
        (
            "list",
            match summary.judged_list {
                JudgedList::OfChange => String::new(),
                JudgedList::OfBase => OF_BASE.to_owned(),
            },
        ),
    ];
    let numbers = summary.numbers_mut().map(|(key, number)| (key, number.to_string()));
    let all = texts.into_iter().chain(numbers);
    let non_empty = all.filter(|(_, value)| !value.is_empty() && value != "0");
    non_empty.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The summary that [`to_fields`] made these of.
pub(crate) fn from_fields(fields: &[(String, String)]) -> RunSummary {
    let value = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, v)| v.as_str());
    let text = |key: &str| value(key).unwrap_or_default().to_owned();
    let conclusion =
        CONCLUSIONS.into_iter().find(|conclusion| Some(conclusion.as_str()) == value("is"));
    let is_listed =
        |reason: &Reason| text("because").split(',').any(|word| word == reason.as_str());
    let mut summary = RunSummary {
        variants: value("variant").map(str::to_owned).into_iter().collect(),
        documents: text("document").lines().map(str::to_owned).collect(),
        judged_list: match value("list") {
            Some(OF_BASE) => JudgedList::OfBase,
            Some(_) | None => JudgedList::OfChange,
        },
        conclusion,
        has_unjudged: conclusion.is_none(),
        reasons: Reason::ALL.iter().copied().filter(is_listed).collect(),
        is_complete: value("cut").is_none(),
        ..RunSummary::failed_to_judge(&text("title"))
    };
    for (key, number) in summary.numbers_mut() {
        *number = value(key).and_then(|value| value.parse().ok()).unwrap_or(0);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_summary(variant: &str, conclusion: Option<Conclusion>, new_failures: u64) -> RunSummary {
        let variants = vec![variant.to_owned()];
        let reasons = if new_failures > 0 { vec![Reason::NewFailures] } else { Vec::new() };
        let documents = reasons.iter().map(|_| "KNOWN_FAILURES.md".to_owned()).collect();
        let reasons = reasons.into_iter().collect();
        let base = RunSummary::failed_to_judge("smb");
        let has_unjudged = conclusion.is_none();
        RunSummary { variants, conclusion, has_unjudged, new_failures, documents, reasons, ..base }
    }

    fn failed(variant: &str, new_failures: u64) -> RunSummary {
        run_summary(variant, Some(Conclusion::Failure), new_failures)
    }

    fn passed(variant: &str) -> RunSummary {
        let known_failures = 4;
        RunSummary { known_failures, ..run_summary(variant, Some(Conclusion::Success), 0) }
    }

    fn in_base(summary: RunSummary, new_failures_in_base: u64) -> RunSummary {
        RunSummary { new_failures_in_base, ..summary }
    }

    #[test]
    fn fields_round_trip_a_run_summary() {
        let full = RunSummary {
            is_complete: false,
            reasons: Reason::ALL.iter().copied().collect(),
            new_failures_in_base: 12,
            known_failures: 1,
            missing: 2,
            hidden_regressions: 10,
            flaky: 3,
            newly_passing: 4,
            removable: 11,
            removed: 15,
            unmatched: 5,
            untracked: 6,
            flipping: 8,
            unmeasured: 9,
            failing_tests: 12,
            mismatches: 13,
            document_errors: 14,
            new_failures_with_row: 15,
            strictest: 16,
            judged_list: JudgedList::OfBase,
            documents: ["a.md", "b c.md"].map(str::to_owned).into(),
            ..failed("a b", 7)
        };
        for summary in [full, passed("memory"), run_summary("x", None, 0)] {
            assert_eq!(from_fields(&to_fields(&summary)), summary);
        }
        assert_eq!(from_fields(&[]), RunSummary::failed_to_judge(""));
    }

    #[test]
    fn headline_counts_all_and_names_failing_variants() {
        let not_judged = || run_summary("windows", None, 0);
        let advice =
            "Fix the new failures, or list them in `KNOWN_FAILURES.md` with their reasons.";
        for (summaries, expected) in [
            (
                vec![failed("memory", 2)],
                format!("❌ **smb: 2 new failures in `memory`.** {advice}"),
            ),
            (
                vec![failed("memory", 2), passed("postgres")],
                format!("❌ **smb: 2 new failures in `memory`.** {advice}"),
            ),
            (
                vec![in_base(failed("memory", 2), 1), in_base(failed("s3", 1), 1)],
                format!(
                    "❌ **smb: 3 new failures (2 of them in the base run too) in `memory` and `s3`.** {advice}"
                ),
            ),
            (
                vec![failed("@a*", 1), failed("b", 1), not_judged(), passed("postgres")],
                format!(
                    "❌ **smb: 2 new failures, nothing could be judged, in `@a*`, `b` and `windows`.** {advice}"
                ),
            ),
            (
                vec![passed("memory"), passed("postgres")],
                "✅ **smb: no new failures, 8 known, in `memory` and `postgres`.**".to_owned(),
            ),
            (
                (0..9).map(|n| failed(&n.to_string(), 1)).collect(),
                format!("❌ **smb: 9 new failures in 9 variants.** {advice}"),
            ),
        ] {
            assert_eq!(render_headline(&summaries), expected);
        }
        assert_eq!(render_heading(&failed("memory", 1)), "### ❌ memory: 1 new failure");
        assert_eq!(render_heading(&passed("")), "✅ **no variant: no new failures, 4 known.**");
    }
}
