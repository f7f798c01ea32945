//! Runs of plain table rows, of which only the first is given to comrak.
//!
//! Whether a line is a row of a table depends on the lines above it and on itself. So if the first of several plain
//! lines is a row, the others are rows of the same table, and what Markdown renders of their cells is their source, or
//! in the first cell the code in backticks.
//! Lists of ten thousand rows are read in a third of the time.
//!
//! A line that looks like a row may be code, a comment or prose, which only comrak knows: a run whose first line turns
//! out to be no row is given to comrak completely.
//!
//! Specification: <https://github.github.com/gfm/#tables-extension->

use super::cells::is_code_span;
use super::columns::Columns;
use super::lines::append;
use super::nodes::{line_range, markdown_options, shown_text};
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};
use memchr::{memchr_iter, memmem};
use std::borrow::Cow;
use std::collections::HashMap;

/// How often a document is parsed without the rest of its runs before it is parsed as it is.
const MAX_ATTEMPTS: usize = 2;

/// Parses a document with comrak. A row node that ends on a later line than it starts is a run of rows.
pub(super) fn parse<'a>(arena: &'a Arena<'a>, text: &str, lines: &[&str]) -> Node<'a> {
    let options = markdown_options();
    let mut runs = runs(text, lines);
    let mut attempts_left = MAX_ATTEMPTS;
    loop {
        let compacted = CompactedDocument::new(text, lines, &runs);
        let root = parse_document(arena, &compacted.text, &options);
        compacted.restore_lines(root);
        let rejected = rejected_runs(root, &runs);
        if rejected.is_empty() {
            return root;
        }
        attempts_left -= 1;
        runs.retain(|run| attempts_left > 0 && !rejected.contains_key(&run.first));
    }
}

/// The runs, by their first lines, that are no rows or that Markdown may render differently from their source.
fn rejected_runs(root: Node<'_>, runs: &[RowRun]) -> HashMap<usize, RowRun> {
    let mut rejected: HashMap<usize, RowRun> = runs.iter().map(|run| (run.first, *run)).collect();
    for table in root.children() {
        let NodeValue::Table(facts) = &table.data().value else { continue };
        let mut rows = table.children();
        let Some(header) = rows.next() else { continue };
        let uses_source_text = || {
            let header: Vec<String> = header.children().map(shown_text).collect();
            Columns::parse(&header).is_none_or(|columns| columns.uses_source_text(0))
        };
        for row in rows {
            let first = line_range(row).0;
            // A table takes no more rows once very many cells are missing.
            let is_confirmed = |run: &RowRun| {
                run.cells >= facts.num_columns && (run.plain_first || uses_source_text())
            };
            if rejected.get(&first).is_some_and(is_confirmed) {
                rejected.remove(&first);
            }
        }
    }
    rejected
}

/// Consecutive lines that are all rows of one table if the first is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RowRun {
    /// Its first line, 1-based.
    first: usize,
    lines: usize,
    /// The number of cells of each line.
    cells: usize,
    /// Whether Markdown renders the first cells as their source, as it does all others.
    plain_first: bool,
}

fn runs(text: &str, lines: &[&str]) -> Vec<RowRun> {
    // What a link or a footnote refers to.
    let has_definitions = memmem::find(text.as_bytes(), b"]:").is_some();
    let mut runs: Vec<RowRun> = Vec::new();
    for (at, line) in (1..).zip(lines) {
        let Some(row) = PlainRow::parse(line, has_definitions) else { continue };
        let PlainRow { cells, plain_first } = row;
        match runs.last_mut() {
            Some(run) if run.first + run.lines == at && run.cells == cells => {
                run.lines += 1;
                run.plain_first &= plain_first;
            }
            Some(_) | None => runs.push(RowRun { first: at, lines: 1, cells, plain_first }),
        }
    }
    runs.retain(|run| run.lines > 1);
    runs
}

/// A document of which only the first line of each run is left.
struct CompactedDocument<'t> {
    text: Cow<'t, str>,
    /// From top to bottom.
    skipped: Vec<SkippedLines>,
}

/// Consecutive lines that were left out.
struct SkippedLines {
    /// The 1-based line of the compacted text that precedes them.
    after_line: usize,
    count: usize,
    /// The number of lines left out up to their last.
    total: usize,
}

impl<'t> CompactedDocument<'t> {
    fn new(text: &'t str, lines: &[&'t str], runs: &[RowRun]) -> CompactedDocument<'t> {
        if runs.is_empty() {
            return CompactedDocument { text: text.into(), skipped: Vec::new() };
        }
        let (mut compacted, mut skipped) = (String::new(), Vec::with_capacity(runs.len()));
        let (mut next, mut skipped_total) = (0, 0);
        for run in runs {
            lines[next..run.first].iter().for_each(|line| append(&mut compacted, line));
            next = run.first - 1 + run.lines;
            let count = run.lines - 1;
            let after_line = run.first - skipped_total;
            skipped_total += count;
            skipped.push(SkippedLines { after_line, count, total: skipped_total });
        }
        lines[next..].iter().for_each(|line| append(&mut compacted, line));
        CompactedDocument { text: compacted.into(), skipped }
    }

    /// Replaces the lines of the compacted text in all nodes by those of the document.
    fn restore_lines(&self, root: Node<'_>) {
        if self.skipped.is_empty() {
            return;
        }
        for node in root.descendants() {
            let range = &mut node.data_mut().sourcepos;
            let skipped = self.skipped_after(range.end.line);
            range.start.line = self.document_line(range.start.line);
            range.end.line = self.document_line(range.end.line) + skipped;
        }
    }

    /// The line of the document for a line of the compacted text.
    fn document_line(&self, at: usize) -> usize {
        let preceding = self.skipped.partition_point(|gap| gap.after_line < at);
        let skipped_lines = preceding.checked_sub(1).map_or(0, |last| self.skipped[last].total);
        at + skipped_lines
    }

    /// The number of lines left out after a line of the compacted text.
    fn skipped_after(&self, at: usize) -> usize {
        let index = self.skipped.binary_search_by_key(&at, |gap| gap.after_line);
        index.map_or(0, |index| self.skipped[index].count)
    }
}

/// A line that is a row wherever a row can be, and whose cells are rendered as their source, the first one possibly as
/// the code in backticks that it is.
struct PlainRow {
    cells: usize,
    plain_first: bool,
}

impl PlainRow {
    fn parse(line: &str, has_definitions: bool) -> Option<PlainRow> {
        let row = line.strip_prefix('|')?.trim_end_matches(['\r', '\n']).trim_end_matches(' ');
        let bytes = row.as_bytes();
        let mut plain = PlainRow { cells: 0, plain_first: true };
        let (mut start, mut all) = (0, 0);
        for end in memchr_iter(b'|', bytes).filter(|end| *end == 0 || bytes[end - 1] != b'\\') {
            let cell = &bytes[start..end];
            let kinds = cell.iter().fold(0, |kinds, byte| kinds | BYTE_KINDS[usize::from(*byte)]);
            let is_plain = kinds & (MARKUP | STAR | BRACKET) == 0
                && (kinds & UNDERSCORE == 0 || is_inside_words(cell));
            match start {
                0 if is_plain => {}
                0 if is_code_span(row[..end].trim())
                    || is_literal(cell, kinds, has_definitions) =>
                {
                    plain.plain_first = false;
                }
                _ if !is_plain => return None,
                _ => {}
            }
            plain.cells += 1;
            all |= kinds;
            start = end + 1;
        }
        (start == row.len() && all & UNSAFE == 0 && all & ALNUM != 0).then_some(plain)
    }
}

/// Whether nothing in a cell is markup for lack of its counterpart.
fn is_literal(cell: &[u8], kinds: u8, has_definitions: bool) -> bool {
    kinds & MARKUP == 0
        && (kinds & UNDERSCORE == 0 || is_inside_words(cell))
        && memchr_iter(b'*', cell).nth(1).is_none()
        && (kinds & BRACKET == 0 || !has_definitions && memmem::find(cell, b"](").is_none())
}

/// A kind of byte: letters and digits.
const ALNUM: u8 = 1;
/// `_`, which is literal inside a word.
const UNDERSCORE: u8 = 2;
/// May be markup.
const MARKUP: u8 = 4;
/// May start a comment, or is treated differently by different parsers.
const UNSAFE: u8 = 8;
/// `*`, which is literal unless there is another one.
const STAR: u8 = 16;
/// `[` and `]`, which are literal unless they are a link's.
const BRACKET: u8 = 32;

/// The kind of each byte; 0 for a literal one.
const BYTE_KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => ALNUM,
            b'_' => UNDERSCORE,
            b'`' | b'\\' | b'&' | b'~' => MARKUP,
            b'*' => STAR,
            b'[' | b']' => BRACKET,
            b'<' | 0..b' ' | 0x7f => UNSAFE,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// Whether each `_` of a cell is between letters, digits and underscores.
fn is_inside_words(cell: &[u8]) -> bool {
    let is_word_byte = |at: Option<usize>| {
        let byte = at.and_then(|at| cell.get(at));
        byte.is_some_and(|byte| BYTE_KINDS[usize::from(*byte)] & (ALNUM | UNDERSCORE) != 0)
    };
    memchr_iter(b'_', cell).all(|at| is_word_byte(at.checked_sub(1)) && is_word_byte(Some(at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::document::lines::lines;
    use crate::known::document::parse::{parse, parse_uncompacted};
    use proptest::prelude::*;

    #[test]
    fn skipped_lines_keep_their_document_lines() {
        let text = "# a\n|h|\n|-|\n|1|\n|2|\n|3|\n\n|h|i|\n|-|-|\n|1|2|\n|3|4|\nend\n";
        let all: Vec<&str> = lines(text).collect();
        let runs = runs(text, &all);
        let firsts: Vec<(usize, usize)> = runs.iter().map(|run| (run.first, run.lines)).collect();
        assert_eq!(firsts, [(4, 3), (10, 2)]);
        let compacted = CompactedDocument::new(text, &all, &runs);
        assert_eq!(compacted.text, "# a\n|h|\n|-|\n|1|\n\n|h|i|\n|-|-|\n|1|2|\nend\n");
        for (at, line) in (1..).zip(lines(&compacted.text)) {
            assert_eq!(all[compacted.document_line(at) - 1], line, "line {at}");
        }
        let skipped: Vec<usize> = (1..=9).map(|at| compacted.skipped_after(at)).collect();
        assert_eq!(skipped, [0, 0, 0, 2, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn only_plain_rows_are_skipped() {
        let plain =
            |line: &str| PlainRow::parse(line, false).map(|row| (row.cells, row.plain_first));
        assert_eq!(plain("| a.b_c | (v3) #1 é |\r\n"), Some((2, true)));
        assert_eq!(plain(r"| `a\|*` | b | |"), Some((3, false)));
        for line in [
            "a | b |",
            " | a |",
            "| a | b",
            r"| a | b\|",
            "|---|:-:|",
            "| | |",
            "|",
            "",
            "| <!-- a --> | b |",
            "| a | *b* |",
            "| a | b\\_ |",
            "| a | [b] |",
            "| a | `b` |",
            "| a | _b_ |",
            "| a | b_ |",
            "| a | ~b~ |",
            "| a | &amp; |",
            "| a\t | b |",
            "| a\0 | b |",
        ] {
            assert_eq!(plain(line), None, "{line:?}");
        }
    }

    fn assert_reads_like_uncompacted(text: &str) {
        let file = "KNOWN_FAILURES.md".into();
        let (parsed, uncompacted) = (parse(&file, text), parse_uncompacted(&file, text));
        assert_eq!(format!("{parsed:#?}"), format!("{uncompacted:#?}"), "{text}");
    }

    #[test]
    fn lines_after_a_rejected_row_are_rejected_too() {
        let rows = "| a | b |\n| c | d |\n| e | f |\n";
        let table = format!("| Test | Why |\n|---|---|\n{rows}");
        for text in [
            format!("{table}\n```\n{rows}```\n\n{table}"),
            format!("{table}<!--\n{rows}-->\n{table}"),
            format!("<div>\n{rows}\n{table}"),
            format!("{table}\n{rows}|---|---|\n{rows}"),
            format!("- {table}{rows}\n> {table}{rows}"),
            format!("> {table}> | g | h |\n{rows}"),
            format!("words\n{rows}\n{rows}"),
            format!("| Test | Why | Issue |\n|---|---|---|\n{rows}"),
            format!("| Test |\n|---|\n{rows}"),
            "| Why | Test |\n|---|---|\n| *a* | b |\n| `c` | d |\n| x*y*z | e |\n".to_owned(),
            "| Key | Meaning |\n|---|---|\n| *a* | b |\n| `c` | d |\n".to_owned(),
            // The blank line stays one where the `\r` before it comes to precede it.
            "| Test | Why |\n|---|---|\n| a | b |\r| c | d |\n\n| e | f |\n".to_owned(),
            format!("[a]: b\n{table}| [a] | b |\n{rows}\n[c]: d\n"),
        ] {
            assert_reads_like_uncompacted(&text);
        }
    }

    /// Lines that together make documents of all kinds, rows most of all.
    fn line() -> impl Strategy<Value = &'static str> {
        const LINES: &[&str] = &[
            "| Test | Why |",
            "| Why | Test |",
            "|---|---|",
            "|---|",
            "|-|-|-|",
            "| Test | Why | Issue |",
            "| Key | Meaning |",
            "| Test |",
            "",
            "",
            "# Part",
            "===",
            "```",
            "~~~",
            "<!--",
            "-->",
            "<div>",
            "<!-- knownfail: ignore -->",
            "<!-- knownfail: compat = loose -->",
            "> quoted",
            "- item",
            "> | a | b |",
            "  | a | b |",
            "    | a | b |",
            "words `a.b` passes.",
            "Removed:",
            "Total: 3",
            "\\",
            "| a | b",
            "a | b",
            "| a | <!-- c --> |",
            "| [a] | b |",
            "[a]: c",
            "| `a*` | *b* |",
            "| _a_ | b |",
            "| a\\| | b |",
            "| a | b\\| |",
            "| a |",
            "| a | b | #3 |",
            "| a | b | c | d |",
            "\u{feff}| a | b |",
            "| re:( | b |",
        ];
        prop_oneof![
            4 => prop::sample::select(&["| a.b | c |", "| a* | c_d |", "| e_f | (g #1) |", "| é | - |", "| a | b &lt; |", "| a | *b* |", "| `a` | `b` |"][..]),
            2 => prop::sample::select(&["| Test | Why |\n|---|---|", "| Why | Test |\n|:--|--:|"][..]),
            3 => prop::sample::select(LINES),
        ]
    }

    proptest! {
        /// Skipped rows are read as if comrak had parsed them.
        #[test]
        fn compacted_document_reads_like_the_original(
            lines in prop::collection::vec(line(), 1..40),
            ends in prop::collection::vec(prop::sample::select(&["\n", "\r\n", "\r"][..]), 1..4),
        ) {
            let text = lines.join("\n");
            let lines = text.split('\n').zip(ends.iter().cycle());
            let lines = lines.map(|(line, end)| format!("{line}{end}"));
            assert_reads_like_uncompacted(&String::from_iter(lines));
        }
    }
}
