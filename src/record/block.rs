//! A block: results of one file, with its gaps and problems, column by column.
//!
//! Columns (kinds, lengths, names, lines, the rest) compress better than rows. A name is stored as the
//! length of the prefix that it shares with the previous one and the rest; a message is stored once a block.

use super::gap_codec::{
    escape, read_gap_kind, read_problem_kind, write_gap_kind, write_problem_kind,
};
use super::varint::{Cursor, Malformed, write_str, write_varint, write_zigzag};
use crate::model::{
    AffectedTests, Attempt, Gap, MAX_MESSAGE_LEN, Origin, Outcome, ProblemKind, Scope,
    SourceLocation, SuiteId, TestName, TestResult, common_prefix_len, truncate_at_char,
};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Outcomes by their codes. The order of the enum may change, this one may not.
const OUTCOMES: [Outcome; 9] = [
    Outcome::Passed,
    Outcome::Skipped,
    Outcome::Xfailed,
    Outcome::Unfinished,
    Outcome::Xpassed,
    Outcome::Failed,
    Outcome::Errored,
    Outcome::TimedOut,
    Outcome::Crashed,
];
const GAP: u8 = 9;
const PROBLEM: u8 = 10;
const KIND_MASK: u8 = 0x0f;
const IS_RETRY: u8 = 0x10;
const HAS_MESSAGE: u8 = 0x20;
const HAS_LOCATION: u8 = 0x40;
const OTHER_SUITE: u8 = 0x80;

/// A block that is being written.
#[derive(Debug, Default)]
pub(super) struct BlockBuilder {
    kinds: Vec<u8>,
    lengths: Vec<u8>,
    names: Vec<u8>,
    lines: Vec<u8>,
    rest: Vec<u8>,
    last_name: Vec<u8>,
    last_file: Vec<u8>,
    messages: HashMap<Box<str>, u64>,
    suite: u32,
    line: u32,
    pub results: u64,
}

impl BlockBuilder {
    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
            + self.lengths.len()
            + self.names.len()
            + self.lines.len()
            + self.rest.len()
    }

    /// Appends a result.
    pub(super) fn result(&mut self, result: &TestResult<'_>, redact: fn(&str) -> Cow<'_, str>) {
        let retry = match result.attempt {
            Attempt::Final => 0,
            Attempt::Intermediate => IS_RETRY,
        };
        let flag_if = |flag, is_set: bool| if is_set { flag } else { 0 };
        self.kinds.push(
            outcome_code(result.outcome)
                | retry
                | flag_if(HAS_MESSAGE, !result.message.is_empty())
                | flag_if(HAS_LOCATION, result.location.is_some())
                | flag_if(OTHER_SUITE, result.suite.suite != self.suite),
        );
        let name = redact(&result.name);
        let name = name.as_bytes();
        let same = common_prefix_len(&self.last_name, name);
        write_varint(&mut self.lengths, same as u64);
        write_varint(&mut self.lengths, (name.len() - same) as u64);
        self.names.extend_from_slice(&name[same..]);
        self.last_name.truncate(same);
        self.last_name.extend_from_slice(&name[same..]);
        self.line(result.origin.line);
        if result.suite.suite != self.suite {
            self.suite = result.suite.suite;
            write_varint(&mut self.rest, self.suite.into());
        }
        if !result.message.is_empty() {
            self.message(&redact(truncate_at_char(&result.message, MAX_MESSAGE_LEN)));
        }
        if let Some(location) = &result.location {
            self.location(location);
        }
        self.results += 1;
    }

    fn line(&mut self, line: u32) {
        write_zigzag(&mut self.lines, i64::from(line) - i64::from(self.line));
        self.line = line;
    }

    fn message(&mut self, message: &str) {
        let new = self.messages.len() as u64;
        match self.messages.get(message) {
            Some(index) => write_varint(&mut self.rest, *index),
            None => {
                write_varint(&mut self.rest, new);
                write_str(&mut self.rest, message);
                self.messages.insert(message.into(), new);
            }
        }
    }

    fn location(&mut self, location: &SourceLocation<'_>) {
        let file = location.file.as_bytes();
        let same = common_prefix_len(&self.last_file, file);
        write_varint(&mut self.rest, same as u64);
        write_varint(&mut self.rest, (file.len() - same) as u64);
        self.rest.extend_from_slice(&file[same..]);
        self.last_file.truncate(same);
        self.last_file.extend_from_slice(&file[same..]);
        write_varint(&mut self.rest, u64::from(location.line.is_some()));
        if let Some(line) = location.line {
            write_varint(&mut self.rest, line);
        }
    }

    /// Appends a gap.
    pub(super) fn gap(&mut self, gap: &Gap) {
        self.kinds.push(GAP);
        let to = &mut self.rest;
        match gap.scope {
            Scope::Suite(suite) => write_varint(to, u64::from(suite.suite) + 2),
            Scope::Variant { file: _ } => write_varint(to, 1),
            Scope::Run => write_varint(to, 0),
        }
        match &gap.affected {
            AffectedTests::All => write_varint(to, 0),
            AffectedTests::WithPrefix(prefix) => {
                write_varint(to, 1);
                write_str(to, prefix);
            }
        }
        write_varint(to, gap.origin.map_or(0, |origin| u64::from(origin.line) + 1));
        write_gap_kind(to, &gap.kind);
    }

    /// Appends a problem of results; ignores any other problem.
    pub(super) fn problem(&mut self, line: u32, kind: &ProblemKind) {
        let mut bytes = Vec::new();
        if write_problem_kind(&mut bytes, kind) {
            self.kinds.push(PROBLEM);
            write_varint(&mut self.rest, line.into());
            self.rest.extend(bytes);
        }
    }

    /// The raw bytes of the block.
    pub(super) fn raw(&self, file: u32) -> Vec<u8> {
        let mut raw = Vec::with_capacity(self.len() + 32);
        write_varint(&mut raw, file.into());
        for column in [&self.kinds, &self.lengths, &self.names, &self.lines, &self.rest] {
            write_varint(&mut raw, column.len() as u64);
            raw.extend_from_slice(column);
        }
        raw
    }
}

fn outcome_code(outcome: Outcome) -> u8 {
    OUTCOMES.iter().position(|known| *known == outcome).unwrap_or_default() as u8
}

/// An entry of a block.
#[derive(Debug)]
pub enum RecordEntry<'b> {
    /// A result.
    Result(TestResult<'b>),
    /// A gap.
    Gap(Gap),
    /// With its line; 0 for the whole file.
    Problem(u32, ProblemKind),
}

/// A block that is being read.
#[derive(Debug)]
pub struct RecordBlock {
    raw: Vec<u8>,
    file: u32,
    kinds: Cursor,
    lengths: Cursor,
    names: Cursor,
    lines: Cursor,
    rest: Cursor,
    last_name: Vec<u8>,
    last_file: Vec<u8>,
    messages: Vec<Range<usize>>,
    suite: u32,
    line: u32,
    /// Results read so far.
    pub(super) results: u64,
    /// Bytes that names and locations may still expand to.
    pub(super) expansion_budget: u64,
}

impl RecordBlock {
    /// A block of these raw bytes, whose names and locations may expand to `expansion_budget` bytes.
    pub(super) fn new(raw: Vec<u8>, expansion_budget: u64) -> Result<RecordBlock, Malformed> {
        let mut all = Cursor::new(&raw);
        let file = all.varint_as(&raw)?;
        let mut column = || {
            let length = all.varint_as(&raw)?;
            all.split(length)
        };
        let (kinds, lengths, names) = (column()?, column()?, column()?);
        let (lines, rest) = (column()?, column()?);
        let (last_name, last_file, messages) = (Vec::new(), Vec::new(), Vec::new());
        if !all.is_at_end() {
            return Err(Malformed);
        }
        Ok(RecordBlock {
            raw,
            file,
            kinds,
            lengths,
            names,
            lines,
            rest,
            last_name,
            last_file,
            messages,
            suite: 0,
            line: 0,
            results: 0,
            expansion_budget,
        })
    }

    /// The index of its results file in the record.
    pub fn file(&self) -> u32 {
        self.file
    }

    /// The next entry, with the file's index in the run; `None` at the end.
    ///
    /// # Errors
    /// Malformed bytes.
    pub fn next(&mut self, file_id: u32) -> Result<Option<RecordEntry<'_>>, Malformed> {
        if self.kinds.is_at_end() {
            let all = [self.lengths, self.names, self.lines, self.rest];
            let used = all.iter().all(Cursor::is_at_end);
            return if used { Ok(None) } else { Err(Malformed) };
        }
        let kind = self.kinds.byte(&self.raw)?;
        match kind & KIND_MASK {
            GAP => self.gap(file_id).map(|gap| Some(RecordEntry::Gap(gap))),
            PROBLEM => {
                let line = self.rest.varint_as(&self.raw)?;
                let kind = read_problem_kind(&self.raw, &mut self.rest)?;
                Ok(Some(RecordEntry::Problem(line, kind)))
            }
            outcome => {
                let outcome = *OUTCOMES.get(usize::from(outcome)).ok_or(Malformed)?;
                self.result(file_id, kind, outcome).map(|result| Some(RecordEntry::Result(result)))
            }
        }
    }

    fn result(
        &mut self,
        file_id: u32,
        kind: u8,
        outcome: Outcome,
    ) -> Result<TestResult<'_>, Malformed> {
        self.results += 1;
        let (raw, rest) = (&self.raw, &mut self.rest);
        let (same, more) = (self.lengths.varint_as(raw)?, self.lengths.varint_as(raw)?);
        append_shared_prefix(
            &mut self.last_name,
            same,
            self.names.split(more)?.remaining(raw),
            &mut self.expansion_budget,
        )?;
        let line = i64::from(self.line).checked_add(self.lines.zigzag(raw)?).ok_or(Malformed)?;
        self.line = u32::try_from(line).map_err(|_| Malformed)?;
        if kind & OTHER_SUITE != 0 {
            self.suite = rest.varint_as(raw)?;
        }
        let message = match kind & HAS_MESSAGE {
            0 => "",
            _ => read_message(raw, rest, &mut self.messages)?,
        };
        let location = match kind & HAS_LOCATION {
            0 => None,
            _ => {
                let (same, more) = (rest.varint_as(raw)?, rest.varint_as(raw)?);
                append_shared_prefix(
                    &mut self.last_file,
                    same,
                    rest.split(more)?.remaining(raw),
                    &mut self.expansion_budget,
                )?;
                let line = match rest.varint(raw)? {
                    0 => None,
                    _ => Some(rest.varint(raw)?),
                };
                Some(SourceLocation { file: parse_utf8(&self.last_file)?.into(), line })
            }
        };
        Ok(TestResult {
            name: TestName::escape(parse_utf8(&self.last_name)?),
            outcome,
            attempt: if kind & IS_RETRY == 0 { Attempt::Final } else { Attempt::Intermediate },
            message: Cow::Borrowed(message),
            location,
            suite: SuiteId { file: file_id, suite: self.suite },
            origin: Origin { file: file_id, line: self.line },
        })
    }

    fn gap(&mut self, file_id: u32) -> Result<Gap, Malformed> {
        let (raw, rest) = (&self.raw, &mut self.rest);
        let scope = match rest.varint(raw)? {
            0 => Scope::Run,
            1 => Scope::Variant { file: file_id },
            suite => {
                let suite = u32::try_from(suite - 2).map_err(|_| Malformed)?;
                Scope::Suite(SuiteId { file: file_id, suite })
            }
        };
        let affected = match rest.varint(raw)? {
            0 => AffectedTests::All,
            _ => AffectedTests::WithPrefix(escape(rest.text(raw)?)),
        };
        let origin = match rest.varint(raw)? {
            0 => None,
            line => {
                let line = u32::try_from(line - 1).map_err(|_| Malformed)?;
                Some(Origin { file: file_id, line })
            }
        };
        Ok(Gap { kind: read_gap_kind(raw, rest)?, affected, scope, origin })
    }
}

/// Replaces a text by its first `same` bytes and `more`.
fn append_shared_prefix(
    text: &mut Vec<u8>,
    same: usize,
    more: &[u8],
    budget: &mut u64,
) -> Result<(), Malformed> {
    if same > text.len() {
        return Err(Malformed);
    }
    *budget = budget.checked_sub((same + more.len()) as u64).ok_or(Malformed)?;
    text.truncate(same);
    text.extend_from_slice(more);
    Ok(())
}

fn parse_utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed)
}

/// A message: the index of an earlier one, or a new one.
fn read_message<'b>(
    raw: &'b [u8],
    rest: &mut Cursor,
    messages: &mut Vec<Range<usize>>,
) -> Result<&'b str, Malformed> {
    let index: usize = rest.varint_as(raw)?;
    if index == messages.len() {
        let length = rest.text(raw)?.len();
        messages.push(rest.position() - length..rest.position());
    }
    let range = messages.get(index).ok_or(Malformed)?;
    raw.get(range.clone()).ok_or(Malformed).and_then(parse_utf8)
}
