//! Gaps and problems as bytes, and back.
//!
//! A newcomer's trap: each kind's number is part of the layout: a new kind takes a new number, and an old
//! one keeps its own.

use super::varint::{Cursor, Malformed, put_number, put_signed, put_text};
use crate::model::{GapKind, ProblemKind, ResultsProblem, TestName, Unread};
use std::borrow::Cow;

/// Appends why a run is incomplete.
pub(crate) fn put_gap_kind(to: &mut Vec<u8>, kind: &GapKind) {
    match kind {
        GapKind::OpenEnd => put_number(to, 0),
        GapKind::PlanUnmet { planned, came } => put_numbers(to, &[1, *planned, *came]),
        GapKind::Cut => put_number(to, 2),
        GapKind::Unreadable { what } => {
            put_number(to, 3);
            put_text(to, what);
        }
        GapKind::Counts { what, announced, came } => {
            put_number(to, 4);
            put_text(to, what);
            put_number(to, *announced);
            put_number(to, *came);
        }
        GapKind::NoTests => put_number(to, 5),
        GapKind::BailedOut { why } => {
            put_number(to, 6);
            put_text(to, why);
        }
        GapKind::ExitCode { code } => {
            put_number(to, 7);
            put_signed(to, *code);
        }
        GapKind::TooFew { wanted, came } => put_numbers(to, &[8, *wanted, *came]),
        GapKind::NoResultsFiles { suites, first } => {
            put_numbers(to, &[9, *suites, first.len() as u64]);
            first.iter().for_each(|suite| put_text(to, suite));
        }
        GapKind::DamagedRecord { path, offset, what } => {
            put_number(to, 10);
            put_text(to, path);
            put_number(to, *offset);
            put_text(to, what);
        }
        GapKind::Unread { why } => {
            put_number(to, 11);
            put_unread(to, why);
        }
        GapKind::NoExitCode => put_number(to, 12),
    }
}

fn put_unread(to: &mut Vec<u8>, why: &Unread) {
    match why {
        Unread::Empty => put_number(to, 0),
        Unread::NoFormat { tried, looks_like } => {
            put_numbers(to, &[1, *tried]);
            put_text(to, looks_like);
        }
        Unread::Failed { why } => {
            put_number(to, 2);
            put_text(to, why);
        }
    }
}

fn unread(bytes: &[u8], from: &mut Cursor) -> Result<Unread, Malformed> {
    Ok(match from.number(bytes)? {
        0 => Unread::Empty,
        1 => Unread::NoFormat { tried: from.number(bytes)?, looks_like: shown(from.text(bytes)?) },
        2 => Unread::Failed { why: shown(from.text(bytes)?) },
        _ => return Err(Malformed),
    })
}

fn put_numbers(to: &mut Vec<u8>, numbers: &[u64]) {
    numbers.iter().for_each(|number| put_number(to, *number));
}

/// Reads why a run is incomplete.
pub(crate) fn gap_kind(bytes: &[u8], from: &mut Cursor) -> Result<GapKind, Malformed> {
    Ok(match from.number(bytes)? {
        0 => GapKind::OpenEnd,
        1 => GapKind::PlanUnmet { planned: from.number(bytes)?, came: from.number(bytes)? },
        2 => GapKind::Cut,
        3 => GapKind::Unreadable { what: shown(from.text(bytes)?) },
        4 => GapKind::Counts {
            what: word(from.text(bytes)?)?,
            announced: from.number(bytes)?,
            came: from.number(bytes)?,
        },
        5 => GapKind::NoTests,
        6 => GapKind::BailedOut { why: shown(from.text(bytes)?) },
        7 => GapKind::ExitCode { code: from.signed(bytes)? },
        8 => GapKind::TooFew { wanted: from.number(bytes)?, came: from.number(bytes)? },
        9 => {
            let (suites, named) = (from.number(bytes)?, from.number(bytes)?);
            let first = (0..named).map(|_| from.text(bytes).map(shown));
            GapKind::NoResultsFiles { suites, first: first.collect::<Result<_, _>>()? }
        }
        10 => GapKind::DamagedRecord {
            path: shown(from.text(bytes)?),
            offset: from.number(bytes)?,
            what: shown(from.text(bytes)?),
        },
        11 => GapKind::Unread { why: unread(bytes, from)? },
        12 => GapKind::NoExitCode,
        _ => return Err(Malformed),
    })
}

/// Appends what is wrong; false for what is no matter of results.
pub(crate) fn put_problem_kind(to: &mut Vec<u8>, kind: &ProblemKind) -> bool {
    let ProblemKind::Results(problem) = kind else { return false };
    match problem {
        ResultsProblem::Unreadable { what } => {
            put_number(to, 0);
            put_text(to, what);
        }
        ResultsProblem::Cut => put_number(to, 1),
        ResultsProblem::CountsExceeded { what, announced, came } => {
            put_number(to, 2);
            put_text(to, what);
            put_number(to, *announced);
            put_number(to, *came);
        }
        ResultsProblem::WrongEncoding { read_as } => {
            put_number(to, 3);
            put_text(to, read_as);
        }
        ResultsProblem::ExitCodeZero { failing } => {
            put_number(to, 4);
            put_number(to, *failing);
        }
        ResultsProblem::Unread { why } => {
            put_number(to, 5);
            put_unread(to, why);
        }
    }
    true
}

/// Reads what is wrong with results.
pub(crate) fn problem_kind(bytes: &[u8], from: &mut Cursor) -> Result<ProblemKind, Malformed> {
    Ok(ProblemKind::Results(match from.number(bytes)? {
        0 => ResultsProblem::Unreadable { what: shown(from.text(bytes)?) },
        1 => ResultsProblem::Cut,
        2 => ResultsProblem::CountsExceeded {
            what: word(from.text(bytes)?)?,
            announced: from.number(bytes)?,
            came: from.number(bytes)?,
        },
        3 => ResultsProblem::WrongEncoding { read_as: word(from.text(bytes)?)? },
        4 => ResultsProblem::ExitCodeZero { failing: from.number(bytes)? },
        5 => ResultsProblem::Unread { why: unread(bytes, from)? },
        _ => return Err(Malformed),
    }))
}

/// A word of ours, which goes into sentences as it is: nothing else may pass for one.
fn word(text: &str) -> Result<Cow<'static, str>, Malformed> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ' ';
    let is_word = text.len() < 40 && text.chars().all(is_plain);
    if is_word { Ok(Cow::Owned(text.to_owned())) } else { Err(Malformed) }
}

/// A text with its control characters shown as escapes.
pub(crate) fn shown(text: &str) -> String {
    TestName::shown(text).into_owned()
}
