//! What is published where, and what is not.

/// A run of a commit of which no open pull request is known.
pub(crate) const NO_OPEN_PULL: &str =
    "knownfail: no comment: no open pull request has this commit at its head\n";

/// A run whose pull request has newer commits.
pub(crate) fn pull_has_moved_on(number: u64) -> String {
    format!("knownfail: no comment: pull request #{number} has newer commits\n")
}

/// Several pull requests of one commit.
pub(crate) fn several_pulls(number: u64, others: &[u64]) -> String {
    let others: Vec<String> = others.iter().map(|number| format!("#{number}")).collect();
    format!(
        "this commit is also at the head of {}: only pull request #{number} is reported on",
        others.join(" and ")
    )
}

/// What to do about several pull requests of one commit.
pub(crate) const SEVERAL_PULLS_HINT: &str = "the one into the default branch, else the first; close the others, or give each its own branch";
