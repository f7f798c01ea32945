//! Encodes and decodes gaps and problems.
//!
//! The number of each kind is part of the format: a new kind takes a new number, and an old one keeps its own.

use super::varint::{Cursor, Malformed, write_str, write_varint, write_zigzag};
use crate::model::{GapKind, ProblemKind, ResultsProblem, TestName, Unread};
use std::borrow::Cow;

/// Appends why a run is incomplete.
pub(crate) fn write_gap_kind(to: &mut Vec<u8>, kind: &GapKind) {
    match kind {
        GapKind::UnfinishedTest => write_varint(to, 0),
        GapKind::PlanNotMet { planned, actual } => write_varints(to, &[1, *planned, *actual]),
        GapKind::Truncated => write_varint(to, 2),
        GapKind::Unreadable { what } => {
            write_varint(to, 3);
            write_str(to, what);
        }
        GapKind::CountMismatch { what, declared, actual } => {
            write_varint(to, 4);
            write_str(to, what);
            write_varint(to, *declared);
            write_varint(to, *actual);
        }
        GapKind::NoTests => write_varint(to, 5),
        GapKind::BailedOut { why } => {
            write_varint(to, 6);
            write_str(to, why);
        }
        GapKind::ExitCode { code } => {
            write_varint(to, 7);
            write_zigzag(to, *code);
        }
        GapKind::TooFewTests { required, actual } => write_varints(to, &[8, *required, *actual]),
        GapKind::NoResultsFiles { suites, first } => {
            write_varints(to, &[9, *suites, first.len() as u64]);
            first.iter().for_each(|suite| write_str(to, suite));
        }
        GapKind::DamagedRecord { path, offset, what } => {
            write_varint(to, 10);
            write_str(to, path);
            write_varint(to, *offset);
            write_str(to, what);
        }
        GapKind::Unread { why } => {
            write_varint(to, 11);
            write_unread(to, why);
        }
        GapKind::NoExitCode => write_varint(to, 12),
    }
}

fn write_unread(to: &mut Vec<u8>, why: &Unread) {
    match why {
        Unread::Empty => write_varint(to, 0),
        Unread::UnknownFormat { candidates, looks_like } => {
            write_varints(to, &[1, *candidates]);
            write_str(to, looks_like);
        }
        Unread::Failed { why } => {
            write_varint(to, 2);
            write_str(to, why);
        }
    }
}

fn read_unread(bytes: &[u8], from: &mut Cursor) -> Result<Unread, Malformed> {
    Ok(match from.varint(bytes)? {
        0 => Unread::Empty,
        1 => Unread::UnknownFormat {
            candidates: from.varint(bytes)?,
            looks_like: escape(from.text(bytes)?),
        },
        2 => Unread::Failed { why: escape(from.text(bytes)?) },
        _ => return Err(Malformed),
    })
}

fn write_varints(to: &mut Vec<u8>, numbers: &[u64]) {
    numbers.iter().for_each(|number| write_varint(to, *number));
}

/// Reads why a run is incomplete.
pub(crate) fn read_gap_kind(bytes: &[u8], from: &mut Cursor) -> Result<GapKind, Malformed> {
    Ok(match from.varint(bytes)? {
        0 => GapKind::UnfinishedTest,
        1 => GapKind::PlanNotMet { planned: from.varint(bytes)?, actual: from.varint(bytes)? },
        2 => GapKind::Truncated,
        3 => GapKind::Unreadable { what: escape(from.text(bytes)?) },
        4 => GapKind::CountMismatch {
            what: parse_label(from.text(bytes)?)?,
            declared: from.varint(bytes)?,
            actual: from.varint(bytes)?,
        },
        5 => GapKind::NoTests,
        6 => GapKind::BailedOut { why: escape(from.text(bytes)?) },
        7 => GapKind::ExitCode { code: from.zigzag(bytes)? },
        8 => GapKind::TooFewTests { required: from.varint(bytes)?, actual: from.varint(bytes)? },
        9 => {
            let (suites, count) = (from.varint(bytes)?, from.varint(bytes)?);
            let first = (0..count).map(|_| from.text(bytes).map(escape));
            GapKind::NoResultsFiles { suites, first: first.collect::<Result<_, _>>()? }
        }
        10 => GapKind::DamagedRecord {
            path: escape(from.text(bytes)?),
            offset: from.varint(bytes)?,
            what: escape(from.text(bytes)?),
        },
        11 => GapKind::Unread { why: read_unread(bytes, from)? },
        12 => GapKind::NoExitCode,
        _ => return Err(Malformed),
    })
}

/// Appends a problem of results; returns false, and appends nothing, for any other problem.
pub(crate) fn write_problem_kind(to: &mut Vec<u8>, kind: &ProblemKind) -> bool {
    let ProblemKind::Results(problem) = kind else { return false };
    match problem {
        ResultsProblem::Unreadable { what } => {
            write_varint(to, 0);
            write_str(to, what);
        }
        ResultsProblem::Truncated => write_varint(to, 1),
        ResultsProblem::CountsExceeded { what, declared, actual } => {
            write_varint(to, 2);
            write_str(to, what);
            write_varint(to, *declared);
            write_varint(to, *actual);
        }
        ResultsProblem::WrongEncoding { read_as } => {
            write_varint(to, 3);
            write_str(to, read_as);
        }
        ResultsProblem::ExitCodeZero { failing } => {
            write_varint(to, 4);
            write_varint(to, *failing);
        }
        ResultsProblem::Unread { why } => {
            write_varint(to, 5);
            write_unread(to, why);
        }
    }
    true
}

/// Reads a problem of results.
pub(crate) fn read_problem_kind(bytes: &[u8], from: &mut Cursor) -> Result<ProblemKind, Malformed> {
    Ok(ProblemKind::Results(match from.varint(bytes)? {
        0 => ResultsProblem::Unreadable { what: escape(from.text(bytes)?) },
        1 => ResultsProblem::Truncated,
        2 => ResultsProblem::CountsExceeded {
            what: parse_label(from.text(bytes)?)?,
            declared: from.varint(bytes)?,
            actual: from.varint(bytes)?,
        },
        3 => ResultsProblem::WrongEncoding { read_as: parse_label(from.text(bytes)?)? },
        4 => ResultsProblem::ExitCodeZero { failing: from.varint(bytes)? },
        5 => ResultsProblem::Unread { why: read_unread(bytes, from)? },
        _ => return Err(Malformed),
    }))
}

/// A text that goes into sentences unquoted, and so has to be plain words.
fn parse_label(text: &str) -> Result<Cow<'static, str>, Malformed> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ' ';
    let is_word = text.len() < 40 && text.chars().all(is_plain);
    if is_word { Ok(Cow::Owned(text.to_owned())) } else { Err(Malformed) }
}

/// A text with its control characters escaped.
pub(crate) fn escape(text: &str) -> String {
    TestName::escape(text).into_owned()
}
