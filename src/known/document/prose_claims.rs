//! Statements in a document's prose that a name passes, was removed or still fails.
//!
//! Most sentences about a test are conditional, historical or about something else. So only plain statements
//! count (`Removed x.`, `x passes.`, `x still fails`, and a list after `Removed:`), and none in a section whose
//! heading has a date.

use super::lines::to_u32;
use super::nodes::line_range;
use crate::model::TestName;
use comrak::nodes::{Node, NodeValue};
use regex::Regex;
use std::sync::LazyLock;

/// A statement about one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::known) struct ProseClaim {
    /// 1-based.
    pub line: u32,
    pub name: String,
    pub kind: ClaimKind,
}

/// What the prose claims of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::known) enum ClaimKind {
    /// It passes, or its row was removed.
    NotFailing,
    /// It fails, or is listed.
    Failing,
}

/// Maximum bytes of a paragraph that is searched.
const MAX_PARAGRAPH_LEN: usize = 64 << 10;

/// Replaces each name in a [`FlatText`].
const NAME_PLACEHOLDER: char = '\u{1}';

/// Names separated by commas and the like, each with or without a remark in parentheses.
const NAMES_PATTERN: &str =
    r"\x01(?:\s*\([^()]*\))?(?:(?:\s*[,/+]\s*(?:and\s+)?|\s+and\s+)\x01(?:\s*\([^()]*\))?)*";

static CLAIMS: LazyLock<[(ClaimKind, Regex); 4]> = LazyLock::new(|| {
    let end = r"\s*(?:$|[.,;:!)—–]|\b(?:now|again|since|after|everywhere)\b)";
    let not_failing = |source: String| (ClaimKind::NotFailing, regex(&source));
    [
        not_failing(format!(
            r"(?i)\b(?:removed|dropped|pruned|deleted|walked back|took out)\s+({NAMES_PATTERN})\s*(?:$|[.;!]|from (?:the |this |our )?(?:known|list|table|document))"
        )),
        not_failing(format!(
            r"({NAMES_PATTERN})\s*(?:[—–:-]+\s*)?(?:(?:now|already|both|all|again)\s+)*(?:pass|passes|PASSes|no longer fails?){end}"
        )),
        not_failing(format!(
            r"({NAMES_PATTERN})\s+(?:is|are|was|were|has been|have been)\s+(?:now\s+)?(?:fixed|removed|walked back|taken out){end}"
        )),
        (
            ClaimKind::Failing,
            regex(&format!(
                r"({NAMES_PATTERN})\s+(?:still fails?|(?:is|are)\s+(?:still\s+)?(?:a known failure|known failures|on (?:the|this) list)|(?:remains?|stays?)\s+(?:listed|on (?:the|this) list))\b"
            )),
        ),
    ]
});

/// The end of a paragraph that introduces a list of names that pass.
static LIST_NOT_FAILING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:^|[.!;]\s+)(?:(?:removed|dropped|pruned|walked back|taken out)\b[^.:;\x01]*|[^.:;\x01]*\bnow pass(?:es)?\b[^.:;\x01]*):$",
    )
});

/// Words that make a sentence more than a plain statement.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:if|when|until|once|unless|whether|before|while|should|would|must|may|might|could|can|will|not|never|only|but|however|although|though|except|duplicate|regress\w*|again fails?|put back|re-?added)\b",
    )
});

/// Headings of sections about the past.
static CHANGELOG: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)\b\d{4}-\d{2}-\d{2}\b|\bchange ?log\b|\bhistory\b|\brelease notes\b")
});

fn regex(source: &str) -> Regex {
    Regex::new(source).expect("the pattern is valid")
}

/// A block as text with a placeholder for each code span, and the code spans' lines and names.
#[derive(Debug, Default)]
struct FlatText {
    text: String,
    names: Vec<(u32, String)>,
}

impl FlatText {
    fn new(node: Node<'_>) -> FlatText {
        let mut flat = FlatText::default();
        for inline in node.descendants() {
            match &inline.data().value {
                NodeValue::Text(part) => {
                    flat.text.extend(part.chars().filter(|c| *c != NAME_PLACEHOLDER));
                }
                NodeValue::Code(code) => {
                    let name = TestName::escape(&code.literal).into_owned();
                    flat.names.push((to_u32(line_range(inline).0), name));
                    flat.text.push(NAME_PLACEHOLDER);
                }
                NodeValue::SoftBreak | NodeValue::LineBreak => flat.text.push(' '),
                _ => {}
            }
        }
        flat
    }
}

fn claim(kind: ClaimKind) -> impl Fn(&(u32, String)) -> ProseClaim {
    move |(line, name)| ProseClaim { line: *line, name: name.clone(), kind }
}

/// Whether a section is about the past: one of its headings has a date or is called a changelog.
pub(super) fn is_changelog(section: &[String]) -> bool {
    section.iter().any(|heading| CHANGELOG.is_match(heading))
}

/// The claims of a paragraph or a heading.
pub(super) fn claims_in(node: Node<'_>) -> Vec<ProseClaim> {
    let FlatText { text, names } = FlatText::new(node);
    let mut claims = Vec::new();
    if names.is_empty() || text.len() > MAX_PARAGRAPH_LEN {
        return claims;
    }
    let mut names = names.as_slice();
    for sentence in text.split_inclusive(". ").map(str::trim) {
        let count = sentence.matches(NAME_PLACEHOLDER).count().min(names.len());
        let (current, remaining) = names.split_at(count);
        names = remaining;
        if !current.is_empty() && !CONDITION.is_match(sentence) {
            claims_in_sentence(sentence, current, &mut claims);
        }
    }
    claims
}

fn claims_in_sentence(sentence: &str, names: &[(u32, String)], claims: &mut Vec<ProseClaim>) {
    for (kind, pattern) in &*CLAIMS {
        let (mut at, mut skipped) = (0, 0);
        for list in pattern.captures_iter(sentence).filter_map(|found| found.get(1)) {
            skipped += sentence[at..list.start()].matches(NAME_PLACEHOLDER).count();
            let count = list.as_str().matches(NAME_PLACEHOLDER).count();
            claims.extend(names.iter().skip(skipped).take(count).map(claim(*kind)));
            (at, skipped) = (list.end(), skipped + count);
        }
    }
}

/// The claims of a list that follows a paragraph such as `Removed:`, about the names in its items.
pub(super) fn claims_in_list(list: Node<'_>) -> Vec<ProseClaim> {
    let is_paragraph = |node: &Node<'_>| matches!(node.data().value, NodeValue::Paragraph);
    let Some(paragraph) = list.previous_sibling().filter(is_paragraph) else { return Vec::new() };
    let text = FlatText::new(paragraph).text;
    let last = text.trim().rsplit(". ").next().unwrap_or_default();
    if text.len() > MAX_PARAGRAPH_LEN
        || !LIST_NOT_FAILING.is_match(last)
        || CONDITION.is_match(last)
    {
        return Vec::new();
    }
    let mut claims = Vec::new();
    for item in list.children().filter_map(|item| item.first_child()) {
        let FlatText { text, names } = FlatText::new(item);
        // A topic may come first: `Locks: a, b`.
        let topic = text[..text.find(NAME_PLACEHOLDER).unwrap_or(text.len())].trim();
        if (topic.is_empty() || topic.ends_with(':')) && !CONDITION.is_match(&text) {
            claims.extend(names.iter().map(claim(ClaimKind::NotFailing)));
        }
    }
    claims
}
