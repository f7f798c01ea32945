//! What the prose of a document says of names: that they are off the list, or still fail.
//!
//! In: paragraphs and headings. Out: [`Told`], one for each name of which something is said. A newcomer's
//! trap: prose says most things on a condition, of the past or of something else, so only plain
//! statements count, and none of a section whose heading has a date: `Removed x.`, `x passes.`, `x still fails`, and a list below `Removed:`.

use regex::Regex;
use std::sync::{Arc, LazyLock};

/// What prose says of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProseClaim {
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    pub name: String,
    pub kind: ClaimKind,
}

/// Where a name stands, by what prose says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimKind {
    /// It passes, or its row was taken out.
    NotFailing,
    /// It fails, or is listed.
    Failing,
}

/// Bytes of a paragraph that somebody may have written.
const MAX_PARAGRAPH_LEN: usize = 64 << 10;

/// Stands for a name in a text.
const NAME_PLACEHOLDER: char = '\u{1}';

/// Names with commas and the like between, each with a remark in brackets or without.
const NAMES_PATTERN: &str =
    r"\x01(?:\s*\([^()]*\))?(?:(?:\s*[,/+]\s*(?:and\s+)?|\s+and\s+)\x01(?:\s*\([^()]*\))?)*";

static NOT_FAILING: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    let end = r"\s*(?:$|[.,;:!)—–]|\b(?:now|again|since|after|everywhere)\b)";
    [
        regex(&format!(
            r"(?i)\b(?:removed|dropped|pruned|deleted|walked back|took out)\s+({NAMES_PATTERN})\s*(?:$|[.;!]|from (?:the |this |our )?(?:known|list|table|document))"
        )),
        regex(&format!(
            r"({NAMES_PATTERN})\s*(?:[—–:-]+\s*)?(?:(?:now|already|both|all|again)\s+)*(?:pass|passes|PASSes|no longer fails?){end}"
        )),
        regex(&format!(
            r"({NAMES_PATTERN})\s+(?:is|are|was|were|has been|have been)\s+(?:now\s+)?(?:fixed|removed|walked back|taken out){end}"
        )),
    ]
});

static FAILING: LazyLock<[Regex; 1]> = LazyLock::new(|| {
    [regex(&format!(
        r"({NAMES_PATTERN})\s+(?:still fails?|(?:is|are)\s+(?:still\s+)?(?:a known failure|known failures|on (?:the|this) list)|(?:remains?|stays?)\s+(?:listed|on (?:the|this) list))\b"
    ))]
});

/// What the last words before a list may say of its items.
static LIST_NOT_FAILING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:^|[.!;]\s+)(?:(?:removed|dropped|pruned|walked back|taken out)\b[^.:;\x01]*|[^.:;\x01]*\bnow pass(?:es)?\b[^.:;\x01]*):$",
    )
});

/// Words that make a statement something else.
static CONDITION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:if|when|until|once|unless|whether|before|while|should|would|must|may|might|could|can|will|not|never|only|but|however|although|though|except|duplicate|regress\w*|again fails?|put back|re-?added)\b",
    )
});

/// Headings of what was done at a time.
static CHANGELOG: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)\b\d{4}-\d{2}-\d{2}\b|\bchange ?log\b|\bhistory\b|\brelease notes\b")
});

fn regex(source: &str) -> Regex {
    Regex::new(source).expect("the expression is one")
}

/// A paragraph as text with a placeholder for each code span, and these with their lines.
#[derive(Debug, Default)]
pub(crate) struct FlatText {
    text: String,
    names: Vec<(u32, String)>,
}

impl FlatText {
    /// Goes on with text.
    pub(crate) fn push_text(&mut self, text: &str) {
        self.text.extend(text.chars().filter(|c| *c != NAME_PLACEHOLDER));
    }

    /// Goes on with a code span.
    pub(crate) fn push_name(&mut self, line: u32, name: &str) {
        self.names.push((line, name.to_owned()));
        self.text.push(NAME_PLACEHOLDER);
    }
}

/// Whether a section tells what was done at a time, and not what holds: its heading has a date or says so.
pub(crate) fn is_changelog(section: &[String]) -> bool {
    section.iter().any(|heading| CHANGELOG.is_match(heading))
}

/// What a paragraph or a heading says.
pub(crate) fn claims_in(flat: &FlatText) -> Vec<(u32, String, ClaimKind)> {
    let FlatText { text, names } = flat;
    let mut claims = Vec::new();
    if names.is_empty() || text.len() > MAX_PARAGRAPH_LEN {
        return claims;
    }
    let mut names = names.as_slice();
    for sentence in text.split_inclusive(". ").map(str::trim) {
        let (current, remaining) =
            names.split_at(sentence.matches(NAME_PLACEHOLDER).count().min(names.len()));
        names = remaining;
        if !current.is_empty() && !CONDITION.is_match(sentence) {
            claims_in_sentence(sentence, current, &mut claims);
        }
    }
    claims
}

/// What one sentence says of its names.
fn claims_in_sentence(
    sentence: &str,
    names: &[(u32, String)],
    claims: &mut Vec<(u32, String, ClaimKind)>,
) {
    let not_failing = NOT_FAILING.iter().map(|pattern| (pattern, ClaimKind::NotFailing));
    for (statement, kind) in
        not_failing.chain(FAILING.iter().map(|pattern| (pattern, ClaimKind::Failing)))
    {
        let (mut at, mut skipped) = (0, 0);
        for list in statement.captures_iter(sentence).filter_map(|found| found.get(1)) {
            skipped += sentence[at..list.start()].matches(NAME_PLACEHOLDER).count();
            let count = list.as_str().matches(NAME_PLACEHOLDER).count();
            let claimed = names.iter().skip(skipped).take(count);
            claims.extend(claimed.map(|(line, name)| (*line, name.clone(), kind)));
            (at, skipped) = (list.end(), skipped + count);
        }
    }
}

/// The names at the start of each item of a list that stands below a paragraph such as `Removed:`.
pub(crate) fn claims_in_list(
    paragraph: &FlatText,
    items: &[FlatText],
) -> Vec<(u32, String, ClaimKind)> {
    let last = paragraph.text.trim().rsplit(". ").next().unwrap_or_default();
    if paragraph.text.len() > MAX_PARAGRAPH_LEN
        || !LIST_NOT_FAILING.is_match(last)
        || CONDITION.is_match(last)
    {
        return Vec::new();
    }
    let mut claims = Vec::new();
    for FlatText { text, names } in items {
        // A topic may stand in front: `Locks: a, b`.
        let topic = text[..text.find(NAME_PLACEHOLDER).unwrap_or(text.len())].trim();
        if (topic.is_empty() || topic.ends_with(':')) && !CONDITION.is_match(text) {
            claims.extend(
                names.iter().map(|(line, name)| (*line, name.clone(), ClaimKind::NotFailing)),
            );
        }
    }
    claims
}
