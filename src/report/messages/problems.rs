//! Problems of documents and results: what is wrong and what to do about it, one sentence for each.

use super::gaps::{count_mismatch, damaged, excess_infrastructure, gap, never_ended, unread};
use super::{NOT_A_LIST, count, import_note, number, quoting};
use crate::model::{
    BaseRunGap, HiddenBy, MisleadingCause, ProblemKind, RepeatCause, RepeatedName, ResultsProblem,
};
use crate::report::RichText;

/// An open issue all of whose rows can be removed.
pub(crate) fn closing_issue(issue: &str) -> RichText {
    let closes = format!("closes {issue}");
    quoting(
        "no row of {} is needed any more: write {} in the description of the pull request",
        [issue, &closes],
    )
}

/// A closed issue that rows still name.
pub(crate) fn closed_issue_with_rows(issue: &str, rows: u64) -> RichText {
    let rows = count(rows, "row names", "rows name");
    RichText::from_quoted(issue).text(format!(" is closed, and {rows} it"))
}

/// A row that `lint --fix` removed.
pub(crate) fn removed_duplicate(pattern: &str, first_line: u32) -> RichText {
    quoting("removed: {}", [pattern])
        .text(format!(" is on line {first_line} too, with the same cells"))
}

/// What is wrong with an input.
pub(crate) fn problem(kind: &ProblemKind) -> RichText {
    let at = |file: &str, line: u32| format!("{file}:{line}");
    match kind {
        ProblemKind::DroppedRow { pattern } => quoting(
            "the row {} is in no table: a blank line or a comment above it ends the table, and Markdown drops it",
            [pattern],
        ),
        ProblemKind::ExtraCells { found, expected } => RichText::new(format!(
            "the row has {found} cells and its table {}: Markdown drops the rest",
            count(*expected as u64, "column", "columns")
        ))
        .append(quoting(" (a pipe inside a cell is written {})", ["\\|"])),
        ProblemKind::RowWithoutPipe => RichText::new(
            "this line is a row of the table above it: leave a blank line between them",
        ),
        ProblemKind::DelimiterWidth { found: 0, .. } => {
            RichText::new("the header has no delimiter row below it: Markdown sees no table")
        }
        ProblemKind::DelimiterWidth { found, expected } => RichText::new(format!(
            "the delimiter row has {} and the header {expected}: Markdown sees no table",
            count(*found as u64, "column", "columns")
        )),
        ProblemKind::NotUtf8 { lines } => {
            let more = match lines.saturating_sub(1) {
                0 => String::new(),
                1 => ", nor is 1 line below it".to_owned(),
                n => format!(", nor are {} lines below it", number(n)),
            };
            RichText::new(format!(
                "this line is not UTF-8{more}: what was read may be another name; save the file as UTF-8"
            ))
        }
        ProblemKind::HiddenRow { pattern, by } => {
            quoting("the row {} counts for nothing: ", [pattern]).append(hidden_by(*by))
        }
        ProblemKind::MisleadingCell { column, cause } => misleading(column, cause),
        ProblemKind::EmptyPattern => RichText::new("the row names no test"),
        ProblemKind::BadRegex { pattern, why } => {
            quoting("the regular expression {} cannot be read: {}", [pattern, why])
        }
        ProblemKind::DuplicateRow { pattern, first_file, first_line, same_reason } => {
            let first = at(first_file, *first_line);
            let text = quoting("{} is listed twice: first at {}", [pattern, &first]);
            if *same_reason { text } else { text.text(", with another reason") }
        }
        ProblemKind::ContradictingRow { pattern, first_file, first_line } => quoting(
            "{} is listed twice with different expectations: first at {}",
            [pattern, &at(first_file, *first_line)],
        ),
        ProblemKind::UnknownStatus { word } => quoting(
            "the status {} is not one of fail, error, timeout, crash, flaky and skip: the row counts for nothing",
            [word],
        ),
        ProblemKind::BadDate { text } => quoting(
            "the date {} cannot be read: write it as year-month-day, such as 2030-01-31",
            [text],
        ),
        ProblemKind::Expired { pattern, date } => {
            quoting("{} was due for review by {}", [pattern, date])
        }
        ProblemKind::UnknownVariant { pattern, variant } => {
            let what = if variant.contains(' ') { "all the words" } else { "the word" };
            quoting(
                &format!("no variant has {what} {{}}, which the row {{}} names"),
                [variant, pattern],
            )
        }
        ProblemKind::MissingIssue { pattern } => {
            quoting("{} has no issue, and its section requires one", [pattern])
        }
        ProblemKind::BadDirective { text } if text.to_ascii_lowercase().contains("knownfail") => {
            quoting(
                "{} is not a directive: one is written {}, with its colon, on a line of its own",
                [text, "<!-- knownfail: OPTION -->"],
            )
        }
        ProblemKind::BadDirective { text } => quoting(
            "{} is not a directive; there are ignore, compat = loose, policy = issue-required, variants = a, b, status = fail, match = end, match = whole and allow = code, code",
            [text],
        ),
        ProblemKind::LooksLikeList { names } => {
            let (one, many) = ("cell of this table is a test", "cells of this table are tests");
            RichText::new(count(*names as u64, one, many)).append(quoting(
                " of the run, but no column is headed {}, so that its rows are not read",
                ["Test"],
            ))
        }
        ProblemKind::EmptyList => RichText::new("the table has no rows"),
        ProblemKind::NoList => {
            quoting("no table of known failures: one has a column headed {}", ["Test Name"])
        }
        ProblemKind::UnknownList => RichText::new(NOT_A_LIST),
        ProblemKind::UnreadEntry(entry) => import_note(entry),
        ProblemKind::ChangedList { commit } => quoting(
            "the list is not that of commit {}: a step of the job or a test changed it after the \
             checkout; judge by {}, or by {} if a step has to change it",
            [commit, "known-failures-ref: base", "known-failures-ref: workspace"],
        ),
        ProblemKind::UncommittedList { commit, is_changed: true } => quoting(
            "the list is not that of commit {}: a step of the job or a test changed it after the \
             checkout, and {} accepts that",
            [commit, "known-failures-ref: workspace"],
        ),
        ProblemKind::UncommittedList { commit, is_changed: false } => quoting(
            "commit {} has no such file: a step of the job made this list, and no review shows what it excuses",
            [commit],
        ),
        ProblemKind::RedundantRow { pattern, wider, file, line } => quoting(
            "{} is redundant: {} at {} has the same effect",
            [pattern, wider, &at(file, *line)],
        ),
        ProblemKind::ShadowedRow { pattern, by, file, line } => quoting(
            "{} claims nothing: {} at {} matches all of its tests and takes precedence",
            [pattern, by, &at(file, *line)],
        ),
        ProblemKind::OverlappingRows { pattern, other, file, line, claims } => quoting(
            "{} and {} at {} can match the same test, and neither contains the other: ",
            [pattern, other, &at(file, *line)],
        )
        .text(if *claims { "this row claims it" } else { "that row claims it" }),
        ProblemKind::CatchAllRow { pattern } => {
            quoting("{} claims every test: no failure is ever new", [pattern])
        }
        ProblemKind::NeverMatches { pattern } => quoting(
            "no name can match {}: it contradicts itself, or needs a line break or another character that names show as an escape",
            [pattern],
        ),
        ProblemKind::LooksLikeRegex { pattern } => quoting(
            "{} looks like a regular expression but is not one: write {} in front of it",
            [pattern, "re:"],
        ),
        ProblemKind::MarkupInPattern { pattern } => quoting(
            "{} has markup in it, which is read as part of the pattern: write the name alone, bare or in backticks",
            [pattern],
        ),
        ProblemKind::UnrecognizedIssue { text } => {
            quoting("the issue {} is neither a number nor a link; write - for none", [text])
        }
        ProblemKind::WrongTotal { stated, actual } => RichText::new(format!(
            "the text gives a total of {}, the list has {}",
            number(*stated),
            count(*actual, "row", "rows")
        )),
        ProblemKind::ProseSaysRemoved { pattern, row } => {
            quoting("according to the text, {}", [pattern])
                .text(format!(" passes or was removed, but line {row} lists it"))
        }
        ProblemKind::ProseSaysListed { name } => {
            quoting("according to the text, {} still fails or is listed, but no row has it", [name])
        }
        ProblemKind::DuplicateResult { names, more, cause } => {
            repeated_names(names, *more).text(repeat_remedy(*cause))
        }
        ProblemKind::Results(problem) => results_problem(problem),
        ProblemKind::PartialBase { listed, tests } => RichText::new(format!(
            "this report names {} of the base run's {}: whether the others passed or are missing is \
             unknown; write it with --all-tests, or a record with --record",
            number(*listed),
            count(*tests, "test", "tests")
        )),
        ProblemKind::IncompleteBase { why, more } => {
            let mut text = RichText::new("the base run was incomplete");
            text = match why {
                BaseRunGap::Unknown => text,
                BaseRunGap::Unfinished { tests } => text.text(": ").append(never_ended(*tests)),
                BaseRunGap::Infrastructure { tests } => {
                    text.text(": ").append(excess_infrastructure(*tests))
                }
                BaseRunGap::Gap(kind) => text.text(": ").append(gap(kind)),
            };
            if *more > 0 {
                text = text.text(format!(", and {} more", number(*more)));
            }
            text.text("; what it did not measure is not reported as missing")
        }
    }
}

fn hidden_by(by: HiddenBy) -> RichText {
    match by {
        HiddenBy::OpenHtml { line } => RichText::new(format!(
            "GitHub does not show it, since the HTML in line {line} leaves a comment or a tag open"
        )),
        HiddenBy::AmbiguousHtml { line } => RichText::new(format!(
            "GitHub may not show it, since browsers and versions of Markdown disagree where the HTML in line {line} ends"
        )),
        HiddenBy::Footnote => {
            RichText::new("GitHub does not show it in its place, since it is part of a footnote")
        }
        HiddenBy::FrontMatter => {
            RichText::new("GitHub does not show it, since it is part of the YAML front matter")
        }
        HiddenBy::ControlCharacter => RichText::new(
            "its line has a control character, which GitHub may treat otherwise than as text",
        ),
    }
}

fn misleading(column: &str, cause: &MisleadingCause) -> RichText {
    let remedy = if column == "test" { ": put the pattern into one pair of backticks" } else { "" };
    let cell = RichText::new(format!("the row counts for nothing: its {column} "));
    cell.append(match cause {
        MisleadingCause::Differs { shown, source } => {
            quoting("shows as {} on GitHub, and would be read as {}", [shown, source]).text(remedy)
        }
        MisleadingCause::Markup { source } => {
            quoting("contains {}, which GitHub does not show as text", [source]).text(remedy)
        }
        MisleadingCause::Invisible { character } => RichText::new(format!(
            "contains the invisible character U+{:04X}",
            u32::from(*character)
        )),
        MisleadingCause::Ambiguous { source } => {
            quoting("is {}, of which GitHub may show something else", [source]).text(remedy)
        }
        MisleadingCause::Lookalike { word } => {
            quoting("contains {}, in characters that only look like others", [word])
        }
        MisleadingCause::RepeatedColumn { header } => {
            quoting("has {}, which means the same as a column before it", [header])
        }
    })
}

fn results_problem(problem: &ResultsProblem) -> RichText {
    match problem {
        ResultsProblem::Unread { why } => unread(why),
        ResultsProblem::Unreadable { what } => {
            RichText::new("could not be read from this line on: ").quoted(what)
        }
        ResultsProblem::Damaged { what } => damaged(what),
        ResultsProblem::Truncated => RichText::new("the file is truncated"),
        ResultsProblem::CountsExceeded { what, declared, actual } => {
            RichText::new(count_mismatch(what, *declared, *actual))
        }
        ResultsProblem::ExitCodeZero { failing } => RichText::new(format!(
            "the test runner's exit code is 0 although {} failed: it would be 0 for a run that was cut, too",
            count(*failing, "test", "tests")
        )),
        ResultsProblem::WrongEncoding { read_as } => RichText::new(format!(
            "the bytes are not in the encoding that the file declares: read as {read_as}"
        )),
    }
}

/// The first names that several results share, with the number of results.
fn repeated_names(names: &[RepeatedName], more: u64) -> RichText {
    let in_variant = |text: RichText, variant: &str| match variant {
        "" => text,
        variant => text.text(" in ").quoted(variant),
    };
    if let ([name], 0) = (names, more) {
        let text = RichText::from_quoted(&name.name).text(format!(" has {} results", name.results));
        return in_variant(text, &name.variant).text(", the worst counts; ");
    }
    let total = number(names.len() as u64 + more);
    let mut text = RichText::new(format!("{total} names have several results, the worst counts: "));
    for (index, name) in names.iter().enumerate() {
        text = text.text(if index == 0 { "" } else { ", " }).quoted(&name.name);
        text = in_variant(text.text(format!(" ({}", name.results)), &name.variant).text(")");
    }
    text.text(if more == 0 { "; ".to_owned() } else { format!(" and {} more; ", number(more)) })
}

/// What keeps results of one name apart, or makes them attempts.
fn repeat_remedy(cause: RepeatCause) -> &'static str {
    match cause {
        RepeatCause::Files => {
            "they are in several files: --prefix \"{file}.\" keeps them apart, or {variant} in the path \
             if the files are variants"
        }
        RepeatCause::Suites => {
            "they are in several suites of one file: have the runner print the suite in each name, or \
             write a file for each suite and use --prefix \"{file}.\""
        }
        RepeatCause::Retries => {
            "if they are attempts of one test, use --duplicates rerun; if they are several tests, \
             give each a name of its own"
        }
        RepeatCause::Names => "give each test a name of its own, such as one with its parameters",
    }
}
