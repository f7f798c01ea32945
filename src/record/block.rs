//! A block: results of one file, with its gaps and problems, column by column.
//!
//! Columns (kinds, lengths, names, lines, the rest) compress better than rows. A name is stored as the
//! length of the prefix that it shares with the previous one and the rest; a message is stored once a block.

use super::Redact;
use super::gap_codec::RecordValue;
use super::varint::{Cursor, Malformed, write_str, write_varint, write_zigzag};
use crate::model::{
    AffectedTests, Attempt, Gap, GapKind, MAX_MESSAGE_LEN, Origin, Outcome, ProblemKind,
    ResultsProblem, Scope, SourceLocation, SuiteId, TestName, TestResult, common_prefix_len,
    truncate_at_char,
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

#[derive(Debug, Default)]
struct BlockColumns<C> {
    kinds: C,
    lengths: C,
    names: C,
    lines: C,
    rest: C,
}

impl<C> BlockColumns<C> {
    /// The columns in the order of the format.
    fn all(&self) -> [&C; 5] {
        [&self.kinds, &self.lengths, &self.names, &self.lines, &self.rest]
    }
}

/// The values of the previous results, from which the next one differs.
#[derive(Debug, Default)]
struct Previous {
    name: Vec<u8>,
    file: Vec<u8>,
    suite: u32,
    line: u32,
}

/// A block that is being written.
#[derive(Debug, Default)]
pub(super) struct BlockBuilder {
    columns: BlockColumns<Vec<u8>>,
    previous: Previous,
    messages: HashMap<Box<str>, u64>,
    pub results: u64,
}

impl BlockBuilder {
    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.columns.all().map(Vec::len).iter().sum()
    }

    pub(super) fn result(&mut self, result: &TestResult<'_>, redact: Redact) {
        let (columns, previous) = (&mut self.columns, &mut self.previous);
        let suite = result.suite.suite;
        let flag_if = |flag, is_set: bool| if is_set { flag } else { 0 };
        columns.kinds.push(
            outcome_code(result.outcome)
                | flag_if(IS_RETRY, result.attempt == Attempt::Intermediate)
                | flag_if(HAS_MESSAGE, !result.message.is_empty())
                | flag_if(HAS_LOCATION, result.location.is_some())
                | flag_if(OTHER_SUITE, suite != previous.suite),
        );
        let name = redact(&result.name);
        let name = write_prefix_len(&mut columns.lengths, &mut previous.name, name.as_bytes());
        columns.names.extend_from_slice(name);
        let line = result.origin.line;
        write_zigzag(&mut columns.lines, i64::from(line) - i64::from(previous.line));
        previous.line = line;
        let rest = &mut columns.rest;
        if suite != previous.suite {
            previous.suite = suite;
            write_varint(rest, suite.into());
        }
        if !result.message.is_empty() {
            let message = redact(truncate_at_char(&result.message, MAX_MESSAGE_LEN));
            write_message(rest, &mut self.messages, &message);
        }
        if let Some(location) = &result.location {
            let file = redact(&location.file);
            let file = write_prefix_len(rest, &mut previous.file, file.as_bytes());
            rest.extend_from_slice(file);
            write_varint(rest, location.line.is_some().into());
            location.line.iter().for_each(|line| write_varint(rest, *line));
        }
        self.results += 1;
    }

    pub(super) fn gap(&mut self, gap: &Gap, redact: Redact) {
        self.columns.kinds.push(GAP);
        let to = &mut self.columns.rest;
        write_varint(
            to,
            match gap.scope {
                Scope::Suite(suite) => u64::from(suite.suite) + 2,
                Scope::Variant { file: _ } => 1,
                Scope::Run => 0,
            },
        );
        match &gap.affected {
            AffectedTests::All => write_varint(to, 0),
            AffectedTests::WithPrefix(prefix) => {
                write_varint(to, 1);
                prefix.write(to, redact);
            }
        }
        write_varint(to, gap.origin.map_or(0, |origin| u64::from(origin.line) + 1));
        gap.kind.write(to, redact);
    }

    /// Appends a problem of results; ignores any other problem.
    pub(super) fn problem(&mut self, line: u32, kind: &ProblemKind, redact: Redact) {
        if let ProblemKind::Results(problem) = kind {
            self.columns.kinds.push(PROBLEM);
            write_varint(&mut self.columns.rest, line.into());
            problem.write(&mut self.columns.rest, redact);
        }
    }

    /// The raw bytes of the block.
    pub(super) fn raw(&self, file: u32) -> Vec<u8> {
        let mut raw = Vec::with_capacity(self.len() + 32);
        write_varint(&mut raw, file.into());
        for column in self.columns.all() {
            write_varint(&mut raw, column.len() as u64);
            raw.extend_from_slice(column);
        }
        raw
    }
}

/// Writes how many bytes of a text are the start of the previous one, and how many follow; returns those that
/// follow.
fn write_prefix_len<'t>(to: &mut Vec<u8>, previous: &mut Vec<u8>, text: &'t [u8]) -> &'t [u8] {
    let same = common_prefix_len(previous, text);
    let more = &text[same..];
    write_varint(to, same as u64);
    write_varint(to, more.len() as u64);
    previous.truncate(same);
    previous.extend_from_slice(more);
    more
}

/// Writes the index of a message, and a new message itself.
fn write_message(to: &mut Vec<u8>, messages: &mut HashMap<Box<str>, u64>, message: &str) {
    let new = messages.len() as u64;
    let known = messages.get(message).copied();
    write_varint(to, known.unwrap_or(new));
    if known.is_none() {
        write_str(to, message);
        messages.insert(message.into(), new);
    }
}

fn outcome_code(outcome: Outcome) -> u8 {
    OUTCOMES.iter().position(|known| *known == outcome).unwrap_or_default() as u8
}

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
    columns: BlockColumns<Cursor>,
    previous: Previous,
    messages: Vec<Range<usize>>,
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
        let columns = BlockColumns { kinds, lengths, names, lines: column()?, rest: column()? };
        if !all.is_at_end() {
            return Err(Malformed);
        }
        let (previous, messages) = (Previous::default(), Vec::new());
        Ok(RecordBlock { raw, file, columns, previous, messages, results: 0, expansion_budget })
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
        let (raw, columns) = (&self.raw, &mut self.columns);
        if columns.kinds.is_at_end() {
            let is_complete = columns.all().into_iter().all(Cursor::is_at_end);
            return if is_complete { Ok(None) } else { Err(Malformed) };
        }
        let kind = columns.kinds.byte(raw)?;
        let entry = match kind & KIND_MASK {
            GAP => RecordEntry::Gap(read_gap(raw, &mut columns.rest, file_id)?),
            PROBLEM => {
                let line = columns.rest.varint_as(raw)?;
                let problem = ResultsProblem::read(raw, &mut columns.rest)?;
                RecordEntry::Problem(line, problem.into())
            }
            outcome => {
                let outcome = *OUTCOMES.get(usize::from(outcome)).ok_or(Malformed)?;
                RecordEntry::Result(self.result(file_id, kind, outcome)?)
            }
        };
        Ok(Some(entry))
    }

    fn result(
        &mut self,
        file_id: u32,
        kind: u8,
        outcome: Outcome,
    ) -> Result<TestResult<'_>, Malformed> {
        self.results += 1;
        let (raw, budget, previous) = (&self.raw, &mut self.expansion_budget, &mut self.previous);
        let BlockColumns { lengths, names, lines, rest, .. } = &mut self.columns;
        let (same, more) = (lengths.varint_as(raw)?, lengths.varint_as(raw)?);
        expand(&mut previous.name, same, names.split(more)?.remaining(raw), budget)?;
        let line = i64::from(previous.line).checked_add(lines.zigzag(raw)?).ok_or(Malformed)?;
        previous.line = u32::try_from(line).map_err(|_| Malformed)?;
        if kind & OTHER_SUITE != 0 {
            previous.suite = rest.varint_as(raw)?;
        }
        let message = match kind & HAS_MESSAGE {
            0 => "",
            _ => read_message(raw, rest, &mut self.messages)?,
        };
        let location = match kind & HAS_LOCATION {
            0 => None,
            _ => {
                let (same, more) = (rest.varint_as(raw)?, rest.varint_as(raw)?);
                expand(&mut previous.file, same, rest.split(more)?.remaining(raw), budget)?;
                let has_line = rest.varint(raw)? != 0;
                let line = if has_line { Some(rest.varint(raw)?) } else { None };
                Some(SourceLocation { file: parse_utf8(&previous.file)?.into(), line })
            }
        };
        Ok(TestResult {
            name: TestName::escape(parse_utf8(&previous.name)?),
            outcome,
            attempt: if kind & IS_RETRY == 0 { Attempt::Final } else { Attempt::Intermediate },
            message: Cow::Borrowed(message),
            location,
            suite: SuiteId { file: file_id, suite: previous.suite },
            origin: Origin { file: file_id, line: previous.line },
        })
    }
}

fn read_gap(raw: &[u8], rest: &mut Cursor, file_id: u32) -> Result<Gap, Malformed> {
    let to_u32 = |number| u32::try_from(number).map_err(|_| Malformed);
    let scope = match rest.varint(raw)? {
        0 => Scope::Run,
        1 => Scope::Variant { file: file_id },
        suite => Scope::Suite(SuiteId { file: file_id, suite: to_u32(suite - 2)? }),
    };
    let affected = match rest.varint(raw)? {
        0 => AffectedTests::All,
        _ => AffectedTests::WithPrefix(String::read(raw, rest)?),
    };
    let origin = match rest.varint(raw)? {
        0 => None,
        line => Some(Origin { file: file_id, line: to_u32(line - 1)? }),
    };
    Ok(Gap { kind: GapKind::read(raw, rest)?, affected, scope, origin })
}

/// Replaces a text by its first `same` bytes and `more`.
fn expand(text: &mut Vec<u8>, same: usize, more: &[u8], budget: &mut u64) -> Result<(), Malformed> {
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
