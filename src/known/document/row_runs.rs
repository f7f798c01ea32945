//! A document with fewer lines for comrak to read: of plain rows below each other it is given the first.
//!
//! In: the lines of a document. Out: the text that comrak reads, and which line of it is which of the
//! document. A table's row is told by the lines above it and by itself, so where the first of several such
//! lines is a row of a table, the others are rows of the same table, each of its own cells. A newcomer's
//! trap: a line that looks like a row may be code, a comment or prose; only comrak knows, so whoever reads the
//! text has to look at every [`Run`] and to take those out whose first line is no row.
//!
//! Specification: <https://github.github.com/gfm/#tables-extension->

use memchr::memchr_iter;
use std::borrow::Cow;

/// Lines below each other that would all be rows of one table, if the first is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowRun {
    /// Its first line, from 1.
    pub first: usize,
    /// How many lines it has.
    lines: usize,
    /// How many cells each of them has.
    pub cells: usize,
    /// Whether Markdown shows the first cells as they are typed, as it does all others.
    pub plain_first: bool,
}

/// Every run of a document.
pub(crate) fn runs(lines: &[&str]) -> Vec<RowRun> {
    let mut runs: Vec<RowRun> = Vec::new();
    for (at, line) in (1..).zip(lines) {
        let Some(PlainRow { cells, plain_first }) = PlainRow::parse(line) else { continue };
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

/// The text that comrak reads.
#[derive(Debug)]
pub(crate) struct CompactedDocument<'t> {
    pub text: Cow<'t, str>,
    /// What was left out, from top to bottom.
    skipped: Vec<SkippedLines>,
}

/// Lines that were left out.
#[derive(Debug, Clone, Copy)]
struct SkippedLines {
    /// The line of the shortened text that they stood below, from 1.
    after_line: usize,
    /// How many they are.
    count: usize,
    /// How many were left out down to their last.
    total: usize,
}

impl<'t> CompactedDocument<'t> {
    /// A document without all lines but the first of these runs.
    pub(crate) fn new(text: &'t str, lines: &[&'t str], runs: &[RowRun]) -> CompactedDocument<'t> {
        if runs.is_empty() {
            return CompactedDocument { text: text.into(), skipped: Vec::new() };
        }
        let (mut compacted, mut skipped) = (String::new(), Vec::with_capacity(runs.len()));
        let (mut next, mut skipped_total) = (0, 0);
        for run in runs {
            lines[next..run.first].iter().for_each(|line| compacted.push_str(line));
            next = run.first - 1 + run.lines;
            let count = run.lines - 1;
            let after_line = run.first - skipped_total;
            skipped_total += count;
            skipped.push(SkippedLines { after_line, count, total: skipped_total });
        }
        lines[next..].iter().for_each(|line| compacted.push_str(line));
        CompactedDocument { text: compacted.into(), skipped }
    }

    /// The document's line that is this line of the text.
    pub(crate) fn document_line(&self, at: usize) -> usize {
        let preceding = self.skipped.partition_point(|gap| gap.after_line < at);
        let skipped_lines = preceding.checked_sub(1).map_or(0, |last| self.skipped[last].total);
        at + skipped_lines
    }

    /// How many lines were left out right below this line of the text.
    pub(crate) fn skipped_after(&self, at: usize) -> usize {
        let index = self.skipped.binary_search_by_key(&at, |gap| gap.after_line);
        index.map_or(0, |index| self.skipped[index].count)
    }
}

/// A line that can be nothing but a row where one could stand, and whose cells are what they look like.
struct PlainRow {
    cells: usize,
    plain_first: bool,
}

impl PlainRow {
    fn parse(line: &str) -> Option<PlainRow> {
        let row = line.strip_prefix('|')?.trim_end_matches(['\r', '\n']).trim_end_matches(' ');
        let row = row.as_bytes();
        let mut plain = PlainRow { cells: 0, plain_first: true };
        let (mut start, mut all) = (0, 0);
        for end in memchr_iter(b'|', row).filter(|end| *end == 0 || row[end - 1] != b'\\') {
            let cell = &row[start..end];
            let kinds = cell.iter().fold(0, |kinds, byte| kinds | BYTE_KINDS[usize::from(*byte)]);
            let is_plain =
                kinds & MARKUP == 0 && (kinds & UNDERSCORE == 0 || is_inside_words(cell));
            match start {
                0 => plain.plain_first = is_plain,
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

/// Kinds of bytes. Letters and digits.
const ALNUM: u8 = 1;
/// `_`, which stands for itself inside a word.
const UNDERSCORE: u8 = 2;
/// What may be markup.
const MARKUP: u8 = 4;
/// What may begin a comment, or is nothing that two readers agree on.
const UNSAFE: u8 = 8;

/// The kind of each byte; 0 for what stands for itself.
const BYTE_KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => ALNUM,
            b'_' => UNDERSCORE,
            b'*' | b'`' | b'\\' | b'&' | b'[' | b']' | b'~' => MARKUP,
            b'<' | 0..b' ' => UNSAFE,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// Whether each `_` of a cell stands between letters, digits and others like it.
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
    use crate::known::document::{read, read_uncompacted};
    use proptest::prelude::*;

    #[test]
    fn skipped_lines_keep_their_document_lines() {
        let text = "# a\n|h|\n|-|\n|1|\n|2|\n|3|\n\n|h|i|\n|-|-|\n|1|2|\n|3|4|\nend\n";
        let all: Vec<&str> = lines(text).collect();
        let runs = runs(&all);
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
        let plain = |line: &str| PlainRow::parse(line).map(|row| (row.cells, row.plain_first));
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
        let (read, uncompacted) = (read(&file, text), read_uncompacted(&file, text));
        assert_eq!(format!("{read:#?}"), format!("{uncompacted:#?}"), "{text}");
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
        /// What comrak is not shown is read as if it had been.
        #[test]
        fn compacted_document_reads_like_the_original(
            lines in prop::collection::vec(line(), 1..40),
            end in prop::sample::select(&["\n", "\r\n", "\r"][..]),
        ) {
            assert_reads_like_uncompacted(&lines.join("\n").replace('\n', end));
        }
    }
}
