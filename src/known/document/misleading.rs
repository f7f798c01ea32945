//! Cells that show something else on GitHub than the row claims.
//!
//! A reviewer sees the page, and knownfail reads the source. So the cells that decide what a row excuses have to read the
//! same in both: no comment, tag or link, no emphasis that takes the stars of a wildcard, no character that is invisible
//! or looks like another one.
//!
//! Lookalikes: <https://www.unicode.org/reports/tr39/#Confusable_Detection>

use super::cells::strip_block_markers;
use super::columns::{Columns, known_headers, normalize};
use super::lines::truncate;
use super::nodes::{is_line_break, shown_text};
use crate::known::pattern::regex_budget::RegexBudget;
use crate::known::row::Expected;
use crate::known::variants::VariantScope;
use crate::model::{MisleadingCause, is_invisible};
use comrak::nodes::{Node, NodeValue};
use memchr::memchr_iter;
use std::collections::BTreeSet;
use unicode_security::confusable_detection::skeleton;

/// Maximum bytes quoted of a cell.
const MAX_QUOTE_LEN: usize = 200;

/// Maximum bytes of a label, which has at most 999 characters.
const MAX_LABEL_LEN: usize = 4_000;

/// What GitHub shows of a cell.
#[derive(Debug, Default)]
pub(super) struct ShownCell {
    /// `None` if it is the cell's source.
    pub text: Option<String>,
    pub markup: Option<Markup>,
    /// Whether it is a single code span, which shows as it is.
    pub is_code: bool,
}

/// Markup that a reviewer does not see, or sees as something else than text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Markup {
    /// A comment or a tag other than a line break.
    Html {
        source: String,
    },
    /// `[text]` where the document defines what it refers to.
    Reference {
        label: String,
    },
    Image,
    /// `<br>`
    LineBreak,
    Strikethrough,
}

/// The labels of a document's link definitions and footnotes, in lower case. Which of them count as definitions
/// depends on the version of Markdown, so all of them do.
#[derive(Debug, Default)]
pub(super) struct Definitions(BTreeSet<String>);

impl Definitions {
    pub(super) fn find(text: &str, lines: &[&str]) -> Definitions {
        let mut labels = BTreeSet::new();
        let mut offset = 0;
        for line in lines {
            let content = strip_block_markers(line);
            if content.starts_with('[') {
                // A label may go on in the next lines.
                let start = offset + line.len() - content.len() + 1;
                let end = text.floor_char_boundary((start + MAX_LABEL_LEN).min(text.len()));
                labels.extend(label_of_definition(&text[start..end]).map(normalize_label));
            }
            offset += line.len();
        }
        Definitions(labels)
    }

    /// The label of the first reference in a cell.
    fn reference_in(&self, cell: Node<'_>) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut text = String::new();
        for node in cell.descendants() {
            if let NodeValue::Text(part) = &node.data().value {
                text.push_str(part);
            }
        }
        let labels = text.split('[').skip(1).filter_map(|rest| Some(rest.split_once(']')?.0));
        labels.map(normalize_label).find(|label| self.0.contains(label))
    }
}

/// The text up to `]:`.
fn label_of_definition(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut ends = memchr_iter(b']', bytes).filter(|at| *at == 0 || bytes[at - 1] != b'\\');
    let end = ends.next()?;
    text[end..].starts_with("]:").then(|| &text[..end])
}

fn normalize_label(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl ShownCell {
    pub(super) fn from_node(cell: Node<'_>, definitions: &Definitions) -> ShownCell {
        let markup = cell.descendants().find_map(|node| match &node.data().value {
            NodeValue::HtmlInline(tag) if is_line_break(tag) => Some(Markup::LineBreak),
            NodeValue::HtmlInline(tag) => Some(Markup::Html { source: tag.clone() }),
            NodeValue::Image(_) => Some(Markup::Image),
            NodeValue::Strikethrough => Some(Markup::Strikethrough),
            _ => None,
        });
        let reference = || Some(Markup::Reference { label: definitions.reference_in(cell)? });
        ShownCell {
            text: Some(shown_text(cell)),
            markup: markup.or_else(reference),
            is_code: false,
        }
    }

    /// Both texts, if another one is shown than the source, and one that does not mean the same.
    fn unlike(
        &self,
        source: &str,
        means_the_same: impl FnOnce(&str) -> bool,
    ) -> Option<MisleadingCause> {
        let shown = self.text.as_deref()?;
        let is_same = shown.trim() == source.trim() || means_the_same(shown);
        let differs = || MisleadingCause::Differs { shown: quote(shown), source: quote(source) };
        (!is_same).then(differs)
    }
}

/// Checks the cell of the pattern; `source` is without its backticks, as for all cells.
pub(super) fn in_test(source: &str, shown: &ShownCell) -> Option<MisleadingCause> {
    any_markup(shown)
        .or_else(|| invisible(source))
        .or_else(|| ambiguous(source, shown))
        .or_else(|| shown.unlike(source, |_| false))
}

/// Checks a status cell; `expected` is what its source means.
pub(super) fn in_status(
    source: &str,
    shown: &ShownCell,
    expected: &Expected,
    budget: &mut RegexBudget,
) -> Option<MisleadingCause> {
    let message = source.split_once(':').map_or("", |(_, message)| message);
    any_markup(shown).or_else(|| invisible(source)).or_else(|| ambiguous(message, shown)).or_else(
        || shown.unlike(source, |text| Expected::parse(text, budget).as_ref() == Ok(expected)),
    )
}

/// Checks a cell of variants; `scope` is what its source means.
pub(super) fn in_variants(
    source: &str,
    shown: &ShownCell,
    scope: &VariantScope,
    budget: &mut RegexBudget,
) -> Option<MisleadingCause> {
    let is_scope = |other: VariantScope| other.key() == scope.key();
    any_markup(shown)
        .or_else(|| invisible(source))
        .or_else(|| ambiguous(source, shown))
        .or_else(|| source.split([' ', ',', '!', '`']).find_map(lookalike))
        .or_else(|| {
            shown.unlike(source, |text| VariantScope::parse(text, budget).is_ok_and(is_scope))
        })
}

/// Checks an issue cell, of which the text counts that GitHub shows: links and emphasis are fine.
pub(super) fn in_issue(source: &str, shown: &ShownCell) -> Option<MisleadingCause> {
    let html = match &shown.markup {
        Some(Markup::Html { .. } | Markup::Image) => any_markup(shown),
        Some(Markup::Reference { .. } | Markup::LineBreak | Markup::Strikethrough) | None => None,
    };
    html.or_else(|| invisible(source))
}

/// Checks the headers of a list: a column that only looks like a known one does not restrict its rows, nor does the second
/// one of the same meaning.
pub(super) fn in_headers(headers: &[String], columns: &Columns) -> Option<MisleadingCause> {
    let repeated = || {
        let header = Columns::repeated(headers)?.to_owned();
        Some(MisleadingCause::RepeatedColumn { header })
    };
    let lookalike = |header: &String| {
        let visible = header.replace(is_invisible, "");
        let shapes = [normalize(&visible), skeleton(&visible).collect::<String>().to_lowercase()];
        let is_known = known_headers()
            .any(|known| shapes.iter().any(|shape| skeleton(shape).eq(skeleton(known))));
        let word = header.clone();
        is_known.then(|| invisible(header).unwrap_or(MisleadingCause::Lookalike { word }))
    };
    let is_unknown = |header: &&String| known_headers().all(|known| known != normalize(header));
    let mut unknown = columns.unknown_indices().map(|at| &headers[at]).filter(is_unknown);
    repeated().or_else(|| unknown.find_map(lookalike))
}

/// Whether versions of Markdown, or GitHub's formulas, may make something else of a bare text.
fn ambiguous(source: &str, shown: &ShownCell) -> Option<MisleadingCause> {
    let may_be_markup = |byte: u8| matches!(byte, b'*' | b'_' | b'~' | b'$' | b'\\');
    if shown.is_code || !source.bytes().any(may_be_markup) {
        return None;
    }
    let has_two = |mark: u8| memchr_iter(mark, source.as_bytes()).nth(1).is_some();
    // They disagree on emphasis next to a symbol such as an arrow: is it punctuation?
    let is_mark = |c: char| matches!(c, '*' | '_');
    let is_symbol = |c: char| !c.is_ascii() && !c.is_alphanumeric();
    let is_next_to_symbol = || {
        let mut pairs = source.chars().zip(source.chars().skip(1));
        pairs.any(|(a, b)| is_mark(a) && is_symbol(b) || is_symbol(a) && is_mark(b))
    };
    // Parts of words such as `Outer$Inner` are no formulas.
    let begins_formula = || {
        let before = source.find('$').map(|at| source[..at].chars().next_back());
        before.is_some_and(|c| c.is_none_or(|c| !c.is_alphanumeric()))
    };
    let is_ambiguous = source.contains(r"\|")
        || has_two(b'~')
        || (has_two(b'*') || has_two(b'_')) && is_next_to_symbol()
        || has_two(b'$') && begins_formula();
    is_ambiguous.then(|| MisleadingCause::Ambiguous { source: quote(source) })
}

/// A part of a cell for a message.
fn quote(text: &str) -> String {
    let mut text = text.to_owned();
    truncate(&mut text, MAX_QUOTE_LEN);
    text
}

fn any_markup(shown: &ShownCell) -> Option<MisleadingCause> {
    let source = match shown.markup.as_ref()? {
        Markup::Html { source } => quote(source),
        Markup::Reference { label } => quote(&format!("[{label}]")),
        Markup::Image => "![](…)".to_owned(),
        Markup::LineBreak => "<br>".to_owned(),
        Markup::Strikethrough => "~~".to_owned(),
    };
    Some(MisleadingCause::Markup { source })
}

/// The first invisible character, but for those that join the characters around them, as in emoji.
fn invisible(text: &str) -> Option<MisleadingCause> {
    if text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
        return None;
    }
    let mut before = None;
    text.chars().find_map(|character| {
        let joins = matches!(character, '\u{200c}' | '\u{200d}')
            && before.is_some_and(|c: char| !c.is_ascii() && !is_invisible(c));
        before = Some(character);
        let is_hidden = is_invisible(character) && !joins;
        is_hidden.then_some(MisleadingCause::Invisible { character })
    })
}

/// A word that is written in other letters than it seems to be.
fn lookalike(word: &str) -> Option<MisleadingCause> {
    let is_lookalike = !word.is_ascii() && skeleton(word).all(|c| c.is_ascii());
    is_lookalike.then(|| MisleadingCause::Lookalike { word: word.to_owned() })
}

/// Whether an issue names nothing: it has no letter or digit that is visible.
pub(super) fn is_blank(issue: &str) -> bool {
    !issue.chars().any(|c| c.is_alphanumeric() && !is_invisible(c))
}
