//! Annotations as GitLab's Code Quality report, which its merge requests show.
//!
//! GitLab compares the fingerprints of two reports: one that is in both is not new. So a finding keeps its fingerprint when
//! lines move or counts change, and no two findings of a report share one.
//!
//! Specification: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use super::annotations::{Annotation, Topic};
use super::markdown::layout::Links;
use crate::model::Severity;
use crate::sanitize;
use serde_json::{Value, json};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::collections::BTreeSet;
use std::hash::Hash;

/// Characters of a description.
const MAX_DESCRIPTION_LEN: usize = 400;

/// The annotations as a JSON array, ending in a line break. `list` is the file of those that are about no file: GitLab
/// requires one.
pub fn render_code_quality(annotations: &[Annotation], list: &str) -> String {
    let list = list_path(list);
    let mut fingerprints = BTreeSet::new();
    let finding = |annotation| finding(annotation, &list, &mut fingerprints);
    let findings: Vec<Value> = annotations.iter().map(finding).collect();
    format!("{:#}\n", Value::Array(findings))
}

fn finding(annotation: &Annotation, list: &str, fingerprints: &mut BTreeSet<String>) -> Value {
    let location = annotation.location.as_ref();
    let (path, line) = location.map_or((list, 1), |location| (&location.file, location.line));
    let name = check_name(annotation);
    let nth = |n: u64| hash(&(name, path, &annotation.subject, n));
    let fingerprint = (0..).map(nth).find(|hash| fingerprints.insert(hash.clone()));
    json!({
        "description": description(annotation),
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity(annotation),
        "location": { "path": path, "lines": { "begin": line } },
    })
}

/// The code of a problem, otherwise the reason for which the check can fail.
fn check_name(annotation: &Annotation) -> &str {
    if annotation.topic == Topic::Problem {
        return &annotation.title;
    }
    annotation.topic.reason().as_str()
}

/// One line.
fn description(annotation: &Annotation) -> String {
    let lines: Vec<_> = annotation.message.lines().map(sanitize::single_line).collect();
    let message = lines.join("; ");
    let title = sanitize::single_line(&annotation.title);
    let text = match (annotation.topic == Topic::Problem, message.is_empty()) {
        (true, _) => message,
        (false, true) => title.into_owned(),
        (false, false) => format!("{title}: {message}"),
    };
    sanitize::truncate(&text, MAX_DESCRIPTION_LEN).into_owned()
}

/// What makes the check fail is major.
fn severity(annotation: &Annotation) -> &'static str {
    match annotation.level {
        Severity::Error => "major",
        Severity::Warning if annotation.topic == Topic::NewlyPassing => "info",
        Severity::Warning => "minor",
    }
}

/// The path of the list from the repository's root, or its name if it is outside.
fn list_path(list: &str) -> String {
    let name = || list.rsplit(['/', '\\']).next().unwrap_or(list).to_owned();
    Links::default().repository_path(list).unwrap_or_else(name)
}

/// 128 bits, as 32 hexadecimal digits.
fn hash(parts: &impl Hash) -> String {
    let mut hasher = SipHasher13::new();
    parts.hash(&mut hasher);
    format!("{:032x}", hasher.finish128().as_u128())
}
