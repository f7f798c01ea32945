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
pub(crate) struct Run {
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
pub(crate) fn runs(lines: &[&str]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, line) in (1..).zip(lines) {
        let Some(Plain { cells, plain_first }) = Plain::read(line) else { continue };
        match runs.last_mut() {
            Some(run) if run.first + run.lines == at && run.cells == cells => {
                run.lines += 1;
                run.plain_first &= plain_first;
            }
            Some(_) | None => runs.push(Run { first: at, lines: 1, cells, plain_first }),
        }
    }
    runs.retain(|run| run.lines > 1);
    runs
}

/// The text that comrak reads.
#[derive(Debug)]
pub(crate) struct Shortened<'t> {
    pub text: Cow<'t, str>,
    /// What was left out, from top to bottom.
    gaps: Vec<Gap>,
}

/// Lines that were left out.
#[derive(Debug, Clone, Copy)]
struct Gap {
    /// The line of the shortened text that they stood below, from 1.
    below: usize,
    /// How many they are.
    lines: usize,
    /// How many were left out down to their last.
    before_next: usize,
}

impl<'t> Shortened<'t> {
    /// A document without all lines but the first of these runs.
    pub(crate) fn new(text: &'t str, lines: &[&'t str], runs: &[Run]) -> Shortened<'t> {
        if runs.is_empty() {
            return Shortened { text: text.into(), gaps: Vec::new() };
        }
        let (mut short, mut gaps) = (String::new(), Vec::with_capacity(runs.len()));
        let (mut next, mut left_out) = (0, 0);
        for run in runs {
            lines[next..run.first].iter().for_each(|line| short.push_str(line));
            next = run.first - 1 + run.lines;
            let lines = run.lines - 1;
            let below = run.first - left_out;
            left_out += lines;
            gaps.push(Gap { below, lines, before_next: left_out });
        }
        lines[next..].iter().for_each(|line| short.push_str(line));
        Shortened { text: short.into(), gaps }
    }

    /// The document's line that is this line of the text.
    pub(crate) fn line(&self, at: usize) -> usize {
        let gaps = self.gaps.partition_point(|gap| gap.below < at);
        let left_out = gaps.checked_sub(1).map_or(0, |last| self.gaps[last].before_next);
        at + left_out
    }

    /// How many lines were left out right below this line of the text.
    pub(crate) fn left_out_below(&self, at: usize) -> usize {
        let gap = self.gaps.binary_search_by_key(&at, |gap| gap.below);
        gap.map_or(0, |gap| self.gaps[gap].lines)
    }
}

/// A line that can be nothing but a row where one could stand, and whose cells are what they look like.
struct Plain {
    cells: usize,
    plain_first: bool,
}

impl Plain {
    fn read(line: &str) -> Option<Plain> {
        let row = line.strip_prefix('|')?.trim_end_matches(['\r', '\n']).trim_end_matches(' ');
        let row = row.as_bytes();
        let mut plain = Plain { cells: 0, plain_first: true };
        let (mut start, mut all) = (0, 0);
        for end in memchr_iter(b'|', row).filter(|end| *end == 0 || row[end - 1] != b'\\') {
            let cell = &row[start..end];
            let kinds = cell.iter().fold(0, |kinds, byte| kinds | KINDS[usize::from(*byte)]);
            let is_plain = kinds & MARKUP == 0 && (kinds & LINE == 0 || is_inside_words(cell));
            match start {
                0 => plain.plain_first = is_plain,
                _ if !is_plain => return None,
                _ => {}
            }
            plain.cells += 1;
            all |= kinds;
            start = end + 1;
        }
        (start == row.len() && all & NEVER == 0 && all & WORD != 0).then_some(plain)
    }
}

/// Kinds of bytes. Letters and digits.
const WORD: u8 = 1;
/// `_`, which stands for itself inside a word.
const LINE: u8 = 2;
/// What may be markup.
const MARKUP: u8 = 4;
/// What may begin a comment, or is nothing that two readers agree on.
const NEVER: u8 = 8;

/// The kind of each byte; 0 for what stands for itself.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => WORD,
            b'_' => LINE,
            b'*' | b'`' | b'\\' | b'&' | b'[' | b']' | b'~' => MARKUP,
            b'<' | 0..b' ' => NEVER,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// Whether each `_` of a cell stands between letters, digits and others like it.
fn is_inside_words(cell: &[u8]) -> bool {
    let beside = |at: Option<usize>| {
        let byte = at.and_then(|at| cell.get(at));
        byte.is_some_and(|byte| KINDS[usize::from(*byte)] & (WORD | LINE) != 0)
    };
    memchr_iter(b'_', cell).all(|at| beside(at.checked_sub(1)) && beside(Some(at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::document::lines::lines;
    use crate::known::document::{read, read_whole};
    use proptest::prelude::*;

    #[test]
    fn lines_are_left_out_and_found_again() {
        let text = "# a\n|h|\n|-|\n|1|\n|2|\n|3|\n\n|h|i|\n|-|-|\n|1|2|\n|3|4|\nend\n";
        let all: Vec<&str> = lines(text).collect();
        let runs = runs(&all);
        let firsts: Vec<(usize, usize)> = runs.iter().map(|run| (run.first, run.lines)).collect();
        assert_eq!(firsts, [(4, 3), (10, 2)]);
        let short = Shortened::new(text, &all, &runs);
        assert_eq!(short.text, "# a\n|h|\n|-|\n|1|\n\n|h|i|\n|-|-|\n|1|2|\nend\n");
        for (at, line) in (1..).zip(lines(&short.text)) {
            assert_eq!(all[short.line(at) - 1], line, "line {at}");
        }
        let left_out: Vec<usize> = (1..=9).map(|at| short.left_out_below(at)).collect();
        assert_eq!(left_out, [0, 0, 0, 2, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn only_plain_rows_are_left_out() {
        let plain = |line: &str| Plain::read(line).map(|it| (it.cells, it.plain_first));
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

    fn assert_read_as_whole(text: &str) {
        let file = "KNOWN_FAILURES.md".into();
        let (read, whole) = (read(&file, text), read_whole(&file, text));
        assert_eq!(format!("{read:#?}"), format!("{whole:#?}"), "{text}");
    }

    #[test]
    fn where_a_row_is_none_the_rows_below_it_are_none_either() {
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
            assert_read_as_whole(&text);
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
        fn a_shortened_document_reads_as_the_whole_one(
            lines in prop::collection::vec(line(), 1..40),
            end in prop::sample::select(&["\n", "\r\n", "\r"][..]),
        ) {
            assert_read_as_whole(&lines.join("\n").replace('\n', end));
        }
    }
}
