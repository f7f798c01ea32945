//! The issues that rows name: which ones to query, and what their states mean for the rows.
//!
//! References are rendered as code, so that a report does not make GitHub add an entry to the issue's own page.

use super::{RichText, RowLine, messages};
use crate::compare::{ExternalFacts, Facts, RowStatus};
use crate::known::KnownFailures;
use std::collections::BTreeMap;

/// GitHub's numbers are 32-bit integers.
const MAX_ISSUE_NUMBER: u64 = i32::MAX as u64;

/// One issue. Owner and repository are letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IssueRef {
    pub owner: String,
    /// The repository's name.
    pub repository: String,
    /// From 1.
    pub number: u64,
}

/// The repository of short references such as `#1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultRepository {
    /// The address of the server's web pages, without a slash at its end.
    pub server_url: String,
    pub owner: String,
    /// The repository's name.
    pub repository: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueState {
    /// Not closed.
    Open,
    /// Closed for whatever reason.
    Closed,
}

/// The states of issues that rows name.
#[derive(Debug)]
pub struct IssueStates {
    /// The repository of `#1`.
    pub repository: DefaultRepository,
    /// Issues whose state is unknown are missing.
    pub states: BTreeMap<IssueRef, IssueState>,
}

/// What to do about one issue, and its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueLine {
    /// The row's document.
    pub file: String,
    /// The row's line, 1-based.
    pub line: u32,
    /// What to do.
    pub text: RichText,
}

/// Whether a run has all variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunScope {
    /// It has.
    Whole,
    /// Other jobs of a matrix have others.
    OneOfMatrix,
}

impl DefaultRepository {
    /// The issues that a cell names: `#740`, `OWNER/REPO#1`, addresses of this server.
    pub fn issues_in(&self, cell: &str) -> Vec<IssueRef> {
        let mut found: Vec<IssueRef> = Vec::new();
        for (at, _) in cell.match_indices('#') {
            found.extend(self.parse_short_ref(&cell[..at], &cell[at + 1..]));
        }
        let root = format!("{}/", self.server_url);
        for (at, _) in cell.match_indices(&root) {
            found.extend(parse_issue_path(&cell[at + root.len()..]));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn parse_short_ref(&self, prefix: &str, suffix: &str) -> Option<IssueRef> {
        let is_ref_char = |c: char| is_name(c) || c == '/';
        let start = prefix.trim_end_matches(is_ref_char).len();
        let number = leading_number(suffix)?;
        match prefix[start..].split('/').collect::<Vec<_>>()[..] {
            // `&#64;` is a character reference.
            [""] if !prefix.ends_with('&') => IssueRef::new(&self.owner, &self.repository, number),
            [owner, repository] => IssueRef::new(owner, repository, number),
            _ => None,
        }
    }

    /// `#1`, or `OWNER/REPO#1` for another repository.
    fn display_name(&self, issue: &IssueRef) -> String {
        let IssueRef { owner, repository, number } = issue;
        let is_default = owner.eq_ignore_ascii_case(&self.owner)
            && repository.eq_ignore_ascii_case(&self.repository);
        if is_default { format!("#{number}") } else { format!("{owner}/{repository}#{number}") }
    }
}

impl IssueRef {
    fn new(owner: &str, repository: &str, number: u64) -> Option<IssueRef> {
        let is_word = |word: &str| !word.trim_matches('.').is_empty() && word.chars().all(is_name);
        let is_valid =
            is_word(owner) && is_word(repository) && (1..=MAX_ISSUE_NUMBER).contains(&number);
        let (owner, repository) = (owner.to_owned(), repository.to_owned());
        is_valid.then_some(IssueRef { owner, repository, number })
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn leading_number(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    text[..digits].parse().ok()
}

/// Parses `OWNER/REPO/issues/1…`.
fn parse_issue_path(path: &str) -> Option<IssueRef> {
    let mut parts = path.splitn(4, '/');
    let (owner, repository, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let number = leading_number(parts.next()?)?;
    matches!(kind, "issues" | "pull").then(|| IssueRef::new(owner, repository, number)).flatten()
}

/// At most `limit` issues whose state is worth querying: first those with a row that can be removed, then those with
/// the most rows.
pub fn issues_to_query(
    known: &KnownFailures,
    facts: &Facts,
    external: &ExternalFacts,
    repository: &DefaultRepository,
    limit: usize,
) -> Vec<IssueRef> {
    let mut issues: BTreeMap<IssueRef, (bool, usize)> = BTreeMap::new();
    for row in &facts.rows {
        let is_removable =
            row.status == RowStatus::NewlyPassing && !external.unconfirmed.contains(&row.id);
        for issue in repository.issues_in(&known.row(row.id).issue) {
            let (any_removable, rows) = issues.entry(issue).or_default();
            *any_removable |= is_removable;
            *rows += 1;
        }
    }
    let mut issues: Vec<(IssueRef, (bool, usize))> = issues.into_iter().collect();
    issues.sort_by_key(|(_, priority)| std::cmp::Reverse(*priority));
    issues.into_iter().take(limit).map(|(issue, _)| issue).collect()
}

impl IssueStates {
    /// What the states mean for the rows.
    pub(super) fn lines(&self, rows: &[RowLine], run_scope: RunScope) -> Vec<IssueLine> {
        let mut rows_by_issue: BTreeMap<IssueRef, Vec<&RowLine>> = BTreeMap::new();
        for row in rows {
            for issue in self.repository.issues_in(&row.issue) {
                rows_by_issue.entry(issue).or_default().push(row);
            }
        }
        let mut lines = Vec::new();
        for (issue, rows) in rows_by_issue {
            let remaining = rows.iter().filter(|row| !row.is_removable()).count() as u64;
            let name = self.repository.display_name(&issue);
            let text = match (self.states.get(&issue), remaining) {
                (Some(IssueState::Open), 0) if run_scope == RunScope::Whole => {
                    messages::closing_issue(&name)
                }
                (Some(IssueState::Closed), 1..) => {
                    messages::closed_issue_with_rows(&name, remaining)
                }
                (Some(IssueState::Open | IssueState::Closed) | None, _) => continue,
            };
            let first = rows.iter().find(|row| remaining == 0 || !row.is_removable());
            let (file, line) =
                first.map_or_else(Default::default, |row| (row.file.clone(), row.line));
            lines.push(IssueLine { file, line, text });
        }
        lines.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_are_found_in_every_notation() {
        let repository = DefaultRepository {
            server_url: "https://github.example".into(),
            owner: "OWNER".into(),
            repository: "REPO".into(),
        };
        let found = |cell: &str| -> Vec<String> {
            repository.issues_in(cell).iter().map(|issue| repository.display_name(issue)).collect()
        };
        for (cell, expected) in [
            ("#740", &["#740"][..]),
            ("see #2, #1 and #2", &["#1", "#2"]),
            ("owner/repo#3", &["#3"]),
            ("(samba-team/samba#15)", &["samba-team/samba#15"]),
            ("[#7](https://github.example/OWNER/REPO/issues/7)", &["#7"]),
            ("https://github.example/a/b.c/pull/9#issuecomment-1", &["a/b.c#9"]),
            ("https://elsewhere.example/OWNER/REPO/issues/7", &[]),
            ("-", &[]),
            ("#", &[]),
            ("#0 #99999999999 #184467440737095516160", &[]),
            ("&#64; x#1 a/b/c#2 ../x#3 #1a", &["#1"]),
            ("https://github.example/x\"){evil}/y/issues/1", &[]),
        ] {
            assert_eq!(found(cell), expected, "{cell}");
        }
    }
}
