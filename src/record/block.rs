//! One block: some results of one file, gaps and problems among them, column by column.
//!
//! Out: raw bytes, to be packed. In: the same, to be read one entry at a time. Like stands beside like,
//! so that it packs well: kinds, lengths, names, lines, and the rest. Each name tells only where it
//! differs from the one before it, and each message of a block stands in it once.

use super::gap_codec::{gap_kind, problem_kind, put_gap_kind, put_problem_kind, shown};
use super::varint::{Cursor, Malformed, put_number, put_signed, put_text, shared};
use crate::model::{
    Attempt, Gap, KEPT_MESSAGE, Origin, Outcome, Place, ProblemKind, Reach, Scope, SuiteId,
    TestName, TestResult, start_of,
};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Outcomes by the number that stands for them; the order of the enum may change, this one may not.
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
const WHAT: u8 = 0x0f;
const RETRY: u8 = 0x10;
const HAS_MESSAGE: u8 = 0x20;
const HAS_PLACE: u8 = 0x40;
const OTHER_SUITE: u8 = 0x80;

/// What is written of a block before it is packed.
#[derive(Debug, Default)]
pub(super) struct Columns {
    kinds: Vec<u8>,
    lengths: Vec<u8>,
    names: Vec<u8>,
    lines: Vec<u8>,
    rest: Vec<u8>,
    name: Vec<u8>,
    place: Vec<u8>,
    messages: HashMap<Box<str>, u64>,
    suite: u32,
    line: u32,
    pub results: u64,
}

impl Columns {
    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.kinds.len()
            + self.lengths.len()
            + self.names.len()
            + self.lines.len()
            + self.rest.len()
    }

    /// Appends a result.
    pub fn result(&mut self, result: &TestResult<'_>, hide: fn(&str) -> Cow<'_, str>) {
        let retry = match result.attempt {
            Attempt::Only => 0,
            Attempt::Retry => RETRY,
        };
        let has = |flag, has: bool| if has { flag } else { 0 };
        self.kinds.push(
            number_of(result.outcome)
                | retry
                | has(HAS_MESSAGE, !result.message.is_empty())
                | has(HAS_PLACE, result.place.is_some())
                | has(OTHER_SUITE, result.suite.suite != self.suite),
        );
        let name = hide(&result.name);
        let name = name.as_bytes();
        let same = shared(&self.name, name);
        put_number(&mut self.lengths, same as u64);
        put_number(&mut self.lengths, (name.len() - same) as u64);
        self.names.extend_from_slice(&name[same..]);
        self.name.truncate(same);
        self.name.extend_from_slice(&name[same..]);
        self.line(result.origin.line);
        if result.suite.suite != self.suite {
            self.suite = result.suite.suite;
            put_number(&mut self.rest, self.suite.into());
        }
        if !result.message.is_empty() {
            self.message(&hide(start_of(&result.message, KEPT_MESSAGE)));
        }
        if let Some(place) = &result.place {
            self.place(place);
        }
        self.results += 1;
    }

    fn line(&mut self, line: u32) {
        put_signed(&mut self.lines, i64::from(line) - i64::from(self.line));
        self.line = line;
    }

    fn message(&mut self, message: &str) {
        let new = self.messages.len() as u64;
        match self.messages.get(message) {
            Some(number) => put_number(&mut self.rest, *number),
            None => {
                put_number(&mut self.rest, new);
                put_text(&mut self.rest, message);
                self.messages.insert(message.into(), new);
            }
        }
    }

    fn place(&mut self, place: &Place<'_>) {
        let file = place.file.as_bytes();
        let same = shared(&self.place, file);
        put_number(&mut self.rest, same as u64);
        put_number(&mut self.rest, (file.len() - same) as u64);
        self.rest.extend_from_slice(&file[same..]);
        self.place.truncate(same);
        self.place.extend_from_slice(&file[same..]);
        put_number(&mut self.rest, u64::from(place.line.is_some()));
        if let Some(line) = place.line {
            put_number(&mut self.rest, line);
        }
    }

    /// Appends a gap.
    pub fn gap(&mut self, gap: &Gap) {
        self.kinds.push(GAP);
        let to = &mut self.rest;
        match gap.scope {
            Scope::Suite(suite) => put_number(to, u64::from(suite.suite) + 2),
            Scope::VariantOf { file: _ } => put_number(to, 1),
            Scope::Run => put_number(to, 0),
        }
        match &gap.reach {
            Reach::Any => put_number(to, 0),
            Reach::Below(prefix) => {
                put_number(to, 1);
                put_text(to, prefix);
            }
        }
        put_number(to, gap.origin.map_or(0, |origin| u64::from(origin.line) + 1));
        put_gap_kind(to, &gap.kind);
    }

    /// Appends a problem of the results; those of documents belong to no record.
    pub fn problem(&mut self, line: u32, kind: &ProblemKind) {
        let mut said = Vec::new();
        if put_problem_kind(&mut said, kind) {
            self.kinds.push(PROBLEM);
            put_number(&mut self.rest, line.into());
            self.rest.extend(said);
        }
    }

    /// The raw bytes of the block.
    pub fn raw(&self, file: u32) -> Vec<u8> {
        let mut raw = Vec::with_capacity(self.len() + 32);
        put_number(&mut raw, file.into());
        for column in [&self.kinds, &self.lengths, &self.names, &self.lines, &self.rest] {
            put_number(&mut raw, column.len() as u64);
            raw.extend_from_slice(column);
        }
        raw
    }
}

fn number_of(outcome: Outcome) -> u8 {
    OUTCOMES.iter().position(|it| *it == outcome).unwrap_or_default() as u8
}

/// One thing that a block holds.
#[derive(Debug)]
pub enum Entry<'b> {
    Result(TestResult<'b>),
    Gap(Gap),
    /// At a line of the file, 0 for all of it.
    Problem(u32, ProblemKind),
}

/// A block that is read.
#[derive(Debug)]
pub struct Block {
    raw: Vec<u8>,
    file: u32,
    kinds: Cursor,
    lengths: Cursor,
    names: Cursor,
    lines: Cursor,
    rest: Cursor,
    name: Vec<u8>,
    place: Vec<u8>,
    messages: Vec<Range<usize>>,
    suite: u32,
    line: u32,
    /// Results that were read.
    pub(super) results: u64,
    /// Bytes of names and places that may still be written out.
    pub(super) allowance: u64,
}

impl Block {
    /// A block of these raw bytes, whose names and places come to so many bytes at most.
    pub(super) fn new(raw: Vec<u8>, allowance: u64) -> Result<Block, Malformed> {
        let mut all = Cursor::over(&raw);
        let file = all.small(&raw)?;
        let mut column = || {
            let length = all.small(&raw)?;
            all.part(length)
        };
        let (kinds, lengths, names) = (column()?, column()?, column()?);
        let (lines, rest) = (column()?, column()?);
        let (name, place, messages) = (Vec::new(), Vec::new(), Vec::new());
        if !all.is_at_end() {
            return Err(Malformed);
        }
        Ok(Block {
            raw,
            file,
            kinds,
            lengths,
            names,
            lines,
            rest,
            name,
            place,
            messages,
            suite: 0,
            line: 0,
            results: 0,
            allowance,
        })
    }

    /// The record's number of the file that its results came from.
    pub fn file(&self) -> u32 {
        self.file
    }

    /// The next entry, as of the run's file of this number; `None` at the end.
    ///
    /// # Errors
    /// Bytes that are none of ours.
    pub fn next(&mut self, number: u32) -> Result<Option<Entry<'_>>, Malformed> {
        if self.kinds.is_at_end() {
            let all = [self.lengths, self.names, self.lines, self.rest];
            let used = all.iter().all(Cursor::is_at_end);
            return if used { Ok(None) } else { Err(Malformed) };
        }
        let kind = self.kinds.byte(&self.raw)?;
        match kind & WHAT {
            GAP => self.gap(number).map(|gap| Some(Entry::Gap(gap))),
            PROBLEM => {
                let line = self.rest.small(&self.raw)?;
                let kind = problem_kind(&self.raw, &mut self.rest)?;
                Ok(Some(Entry::Problem(line, kind)))
            }
            outcome => {
                let outcome = *OUTCOMES.get(usize::from(outcome)).ok_or(Malformed)?;
                self.result(number, kind, outcome).map(|result| Some(Entry::Result(result)))
            }
        }
    }

    fn result(
        &mut self,
        number: u32,
        kind: u8,
        outcome: Outcome,
    ) -> Result<TestResult<'_>, Malformed> {
        self.results += 1;
        let (raw, rest) = (&self.raw, &mut self.rest);
        let (same, more) = (self.lengths.small(raw)?, self.lengths.small(raw)?);
        append(&mut self.name, same, self.names.part(more)?.rest(raw), &mut self.allowance)?;
        let line = i64::from(self.line).checked_add(self.lines.signed(raw)?).ok_or(Malformed)?;
        self.line = u32::try_from(line).map_err(|_| Malformed)?;
        if kind & OTHER_SUITE != 0 {
            self.suite = rest.small(raw)?;
        }
        let message = match kind & HAS_MESSAGE {
            0 => "",
            _ => message(raw, rest, &mut self.messages)?,
        };
        let place = match kind & HAS_PLACE {
            0 => None,
            _ => {
                let (same, more) = (rest.small(raw)?, rest.small(raw)?);
                append(&mut self.place, same, rest.part(more)?.rest(raw), &mut self.allowance)?;
                let line = match rest.number(raw)? {
                    0 => None,
                    _ => Some(rest.number(raw)?),
                };
                Some(Place { file: text(&self.place)?.into(), line })
            }
        };
        Ok(TestResult {
            name: TestName::shown(text(&self.name)?),
            outcome,
            attempt: if kind & RETRY == 0 { Attempt::Only } else { Attempt::Retry },
            message: Cow::Borrowed(message),
            place,
            suite: SuiteId { file: number, suite: self.suite },
            origin: Origin { file: number, line: self.line },
        })
    }

    fn gap(&mut self, number: u32) -> Result<Gap, Malformed> {
        let (raw, rest) = (&self.raw, &mut self.rest);
        let scope = match rest.number(raw)? {
            0 => Scope::Run,
            1 => Scope::VariantOf { file: number },
            suite => {
                let suite = u32::try_from(suite - 2).map_err(|_| Malformed)?;
                Scope::Suite(SuiteId { file: number, suite })
            }
        };
        let reach = match rest.number(raw)? {
            0 => Reach::Any,
            _ => Reach::Below(shown(rest.text(raw)?)),
        };
        let origin = match rest.number(raw)? {
            0 => None,
            line => {
                let line = u32::try_from(line - 1).map_err(|_| Malformed)?;
                Some(Origin { file: number, line })
            }
        };
        Ok(Gap { kind: gap_kind(raw, rest)?, reach, scope, origin })
    }
}

/// A text that shares its first bytes with the one before it.
fn append(
    text: &mut Vec<u8>,
    same: usize,
    more: &[u8],
    allowance: &mut u64,
) -> Result<(), Malformed> {
    if same > text.len() {
        return Err(Malformed);
    }
    *allowance = allowance.checked_sub((same + more.len()) as u64).ok_or(Malformed)?;
    text.truncate(same);
    text.extend_from_slice(more);
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed)
}

/// A message: one of those before it, or a new one.
fn message<'b>(
    raw: &'b [u8],
    rest: &mut Cursor,
    messages: &mut Vec<Range<usize>>,
) -> Result<&'b str, Malformed> {
    let number: usize = rest.small(raw)?;
    if number == messages.len() {
        let length = rest.text(raw)?.len();
        messages.push(rest.at() - length..rest.at());
    }
    let range = messages.get(number).ok_or(Malformed)?;
    raw.get(range.clone()).ok_or(Malformed).and_then(text)
}
