//! One block: some results of one file, gaps and problems among them, column by column.
//!
//! Out: raw bytes, to be packed. In: the same, to be read one entry at a time. Like stands beside like,
//! so that it packs well: kinds, lengths, names, lines, and the rest. Each name tells only where it
//! differs from the one before it, and each message of a block stands in it once.

use super::wire::{Cursor, Malformed, put_number, put_signed, put_text, shared};
use crate::model::{
    Attempt, Gap, GapKind, KEPT_MESSAGE, Origin, Outcome, Place, ProblemKind, Reach, Scope,
    SuiteId, TestName, TestResult, start_of,
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
    pub fn result(&mut self, result: &TestResult<'_>) {
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
        let name = result.name.as_bytes();
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
            self.message(start_of(&result.message, KEPT_MESSAGE));
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

fn put_gap_kind(to: &mut Vec<u8>, kind: &GapKind) {
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
    }
}

fn put_numbers(to: &mut Vec<u8>, numbers: &[u64]) {
    numbers.iter().for_each(|number| put_number(to, *number));
}

fn gap_kind(bytes: &[u8], from: &mut Cursor) -> Result<GapKind, Malformed> {
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
        _ => return Err(Malformed),
    })
}

/// Appends what is wrong; false for what is no matter of results, or is found anew in all of them.
fn put_problem_kind(to: &mut Vec<u8>, kind: &ProblemKind) -> bool {
    match kind {
        ProblemKind::UnreadableResults { what } => {
            put_number(to, 0);
            put_text(to, what);
        }
        ProblemKind::CutResults => put_number(to, 1),
        ProblemKind::CountsExceeded { what, announced, came } => {
            put_number(to, 2);
            put_text(to, what);
            put_number(to, *announced);
            put_number(to, *came);
        }
        ProblemKind::WrongEncoding { read_as } => {
            put_number(to, 3);
            put_text(to, read_as);
        }
        ProblemKind::ExitCodeZero { failing } => {
            put_number(to, 4);
            put_number(to, *failing);
        }
        ProblemKind::DuplicateResult { .. }
        | ProblemKind::MoreDuplicateResults { .. }
        | ProblemKind::PartialBase { .. }
        | ProblemKind::DroppedRow { .. }
        | ProblemKind::ExtraCells { .. }
        | ProblemKind::RowWithoutPipe
        | ProblemKind::DelimiterWidth { .. }
        | ProblemKind::EmptyPattern
        | ProblemKind::BadRegex { .. }
        | ProblemKind::DuplicateRow { .. }
        | ProblemKind::ContradictingRow { .. }
        | ProblemKind::UnknownStatus { .. }
        | ProblemKind::BadDate { .. }
        | ProblemKind::Expired { .. }
        | ProblemKind::UnknownVariant { .. }
        | ProblemKind::MissingIssue { .. }
        | ProblemKind::BadDirective { .. }
        | ProblemKind::LooksLikeList { .. }
        | ProblemKind::EmptyList
        | ProblemKind::NoList
        | ProblemKind::RedundantRow { .. }
        | ProblemKind::CatchAllRow { .. }
        | ProblemKind::NeverMatches { .. }
        | ProblemKind::LooksLikeRegex { .. }
        | ProblemKind::OddIssue { .. }
        | ProblemKind::WrongTotal { .. } => return false,
    }
    true
}

fn problem_kind(bytes: &[u8], from: &mut Cursor) -> Result<ProblemKind, Malformed> {
    Ok(match from.number(bytes)? {
        0 => ProblemKind::UnreadableResults { what: shown(from.text(bytes)?) },
        1 => ProblemKind::CutResults,
        2 => ProblemKind::CountsExceeded {
            what: word(from.text(bytes)?)?,
            announced: from.number(bytes)?,
            came: from.number(bytes)?,
        },
        3 => ProblemKind::WrongEncoding { read_as: word(from.text(bytes)?)? },
        4 => ProblemKind::ExitCodeZero { failing: from.number(bytes)? },
        _ => return Err(Malformed),
    })
}

/// A word of ours, which goes into sentences as it is: nothing else may pass for one.
fn word(text: &str) -> Result<Cow<'static, str>, Malformed> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ' ';
    let is_word = text.len() < 40 && text.chars().all(is_plain);
    if is_word { Ok(Cow::Owned(text.to_owned())) } else { Err(Malformed) }
}

fn shown(text: &str) -> String {
    TestName::shown(text).into_owned()
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
