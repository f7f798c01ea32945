//! What the prose of a document says of names: that they are off the list, or still fail.
//!
//! In: paragraphs and headings. Out: [`Told`], one for each name of which something is said. A newcomer's
//! trap: prose says most things on a condition, of the past or of something else, so only plain
//! statements count, and none of a section whose heading has a date: `Removed x.`, `x passes.`, `x still fails`, and a list below `Removed:`.

use regex::Regex;
use std::sync::{Arc, LazyLock};

/// What prose says of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    pub name: String,
    pub standing: Standing,
}

/// Where a name stands, by what prose says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It passes, or its row was taken out.
    Off,
    /// It fails, or is listed.
    On,
}

/// Bytes of a paragraph that somebody may have written.
const PARAGRAPH: usize = 64 << 10;

/// Stands for a name in a text.
const NAME: char = '\u{1}';

/// Names with commas and the like between, each with a remark in brackets or without.
const NAMES: &str =
    r"\x01(?:\s*\([^()]*\))?(?:(?:\s*[,/+]\s*(?:and\s+)?|\s+and\s+)\x01(?:\s*\([^()]*\))?)*";

static OFF: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    let end = r"\s*(?:$|[.,;:!)—–]|\b(?:now|again|since|after|everywhere)\b)";
    [
        regex(&format!(
            r"(?i)\b(?:removed|dropped|pruned|deleted|walked back|took out)\s+({NAMES})\s*(?:$|[.;!]|from (?:the |this |our )?(?:known|list|table|document))"
        )),
        regex(&format!(
            r"({NAMES})\s*(?:[—–:-]+\s*)?(?:(?:now|already|both|all|again)\s+)*(?:pass|passes|PASSes|no longer fails?){end}"
        )),
        regex(&format!(
            r"({NAMES})\s+(?:is|are|was|were|has been|have been)\s+(?:now\s+)?(?:fixed|removed|walked back|taken out){end}"
        )),
    ]
});

static ON: LazyLock<[Regex; 1]> = LazyLock::new(|| {
    [regex(&format!(
        r"({NAMES})\s+(?:still fails?|(?:is|are)\s+(?:still\s+)?(?:a known failure|known failures|on (?:the|this) list)|(?:remains?|stays?)\s+(?:listed|on (?:the|this) list))\b"
    ))]
});

/// What the last words before a list may say of its items.
static LISTED_OFF: LazyLock<Regex> = LazyLock::new(|| {
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
static HISTORY: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)\b\d{4}-\d{2}-\d{2}\b|\bchange ?log\b|\bhistory\b|\brelease notes\b")
});

fn regex(source: &str) -> Regex {
    Regex::new(source).expect("the expression is one")
}

/// A paragraph as text with a placeholder for each code span, and these with their lines.
#[derive(Debug, Default)]
pub(crate) struct Flat {
    text: String,
    names: Vec<(u32, String)>,
}

impl Flat {
    /// Goes on with text.
    pub(crate) fn text(&mut self, text: &str) {
        self.text.extend(text.chars().filter(|c| *c != NAME));
    }

    /// Goes on with a code span.
    pub(crate) fn name(&mut self, line: u32, name: &str) {
        self.names.push((line, name.to_owned()));
        self.text.push(NAME);
    }
}

/// Whether a section tells what was done at a time, and not what holds: its heading has a date or says so.
pub(crate) fn is_history(section: &[String]) -> bool {
    section.iter().any(|heading| HISTORY.is_match(heading))
}

/// What a paragraph or a heading says.
pub(crate) fn told_in(flat: &Flat) -> Vec<(u32, String, Standing)> {
    let Flat { text, names } = flat;
    let mut told = Vec::new();
    if names.is_empty() || text.len() > PARAGRAPH {
        return told;
    }
    let mut names = names.as_slice();
    for sentence in text.split_inclusive(". ").map(str::trim) {
        let (here, behind) = names.split_at(sentence.matches(NAME).count().min(names.len()));
        names = behind;
        if !here.is_empty() && !CONDITION.is_match(sentence) {
            told_by(sentence, here, &mut told);
        }
    }
    told
}

/// What one sentence says of its names.
fn told_by(sentence: &str, names: &[(u32, String)], told: &mut Vec<(u32, String, Standing)>) {
    let off = OFF.iter().map(|it| (it, Standing::Off));
    for (statement, standing) in off.chain(ON.iter().map(|it| (it, Standing::On))) {
        let (mut at, mut passed) = (0, 0);
        for said in statement.captures_iter(sentence).filter_map(|found| found.get(1)) {
            passed += sentence[at..said.start()].matches(NAME).count();
            let count = said.as_str().matches(NAME).count();
            let named = names.iter().skip(passed).take(count);
            told.extend(named.map(|(line, name)| (*line, name.clone(), standing)));
            (at, passed) = (said.end(), passed + count);
        }
    }
}

/// The names at the start of each item of a list that stands below a paragraph such as `Removed:`.
pub(crate) fn told_below(above: &Flat, items: &[Flat]) -> Vec<(u32, String, Standing)> {
    let last = above.text.trim().rsplit(". ").next().unwrap_or_default();
    if above.text.len() > PARAGRAPH || !LISTED_OFF.is_match(last) || CONDITION.is_match(last) {
        return Vec::new();
    }
    let mut told = Vec::new();
    for Flat { text, names } in items {
        // A topic may stand in front: `Locks: a, b`.
        let topic = text[..text.find(NAME).unwrap_or(text.len())].trim();
        if (topic.is_empty() || topic.ends_with(':')) && !CONDITION.is_match(text) {
            told.extend(names.iter().map(|(line, name)| (*line, name.clone(), Standing::Off)));
        }
    }
    told
}
