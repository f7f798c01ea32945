//! What is red: the reasons that hold, and the conclusion.

/// What can be a reason, worst first; `growth` needs a pull request.
const REASONS: [&str; 9] = [
    "new-failures",
    "missing",
    "hidden-regressions",
    "newly-passing",
    "unmatched",
    "differently",
    "flaky",
    "incomplete",
    "document",
];

/// "`regression` (the default) is new-failures, incomplete, document and missing; `strict` adds newly-passing, unmatched and
/// differently; `nothing` only reports."
const REGRESSION: [&str; 4] = ["new-failures", "incomplete", "document", "missing"];
const STRICT_ADDS: [&str; 3] = ["newly-passing", "unmatched", "differently"];

/// The reasons that an argument of `--fail-on` selects.
pub(crate) fn selected(fail_on: &str) -> Vec<&'static str> {
    let is_selected = |reason: &&str| {
        fail_on.split(',').any(|word| match word {
            "regression" => REGRESSION.contains(reason),
            "strict" | "strict-all" => REGRESSION.contains(reason) || STRICT_ADDS.contains(reason),
            word => word == *reason,
        })
    };
    REASONS.into_iter().filter(is_selected).collect()
}

/// "`strict-all` is red for all of them."
pub(crate) fn counts_all_newly_passing(fail_on: &str) -> bool {
    fail_on.split(',').any(|word| word == "strict-all")
}

/// "With only `incomplete` or `document` as reasons, the conclusion is `inconclusive`. Any other reason makes it `failure`,
/// which takes precedence." With the exit code.
pub(crate) fn conclusion(reasons: &[&str]) -> (&'static str, i32) {
    let is_inconclusive = |reason: &&str| matches!(*reason, "incomplete" | "document");
    if reasons.is_empty() {
        ("success", 0)
    } else if reasons.iter().all(is_inconclusive) {
        ("inconclusive", 2)
    } else {
        ("failure", 1)
    }
}
