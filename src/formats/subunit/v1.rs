//! subunit version 1, as smbtorture, Samba's selftest and python-subunit write it.
//!
//! Most lines are output of the tests. A name is the rest of its line, with spaces, colons and parentheses. A line that
//! looks like an event may be output, so inside a test an outcome counts only if its test is open or if details follow.

use super::v1_details;
use super::v1_line::{
    Details, OutcomeLine, Separator, SubunitLine, SubunitProgress, is_event_prefix, is_time,
};
use crate::formats::emit::{location, malformed_total};
use crate::formats::{Format, FormatSpec, Input, ReadEnd, Sniff, mixed, signatures};
use crate::model::{EndOfInput, Event, Finished, Outcome, RunBuilder, SourceLocation};
use crate::syntax::lines::{self, LineReader};
use crate::syntax::{BoundedText, decode_lossy};
use std::borrow::Cow;
use std::io::{self, Read};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["subunit", "smbtorture"],
    title: "subunit v1, as smbtorture and Samba's selftest print it",
    test_name: "the rest of the line after `test: `, whole",
    outcomes: &[
        ("success, successful", Outcome::Passed),
        ("failure, fail; its text in brackets follows", Outcome::Failed),
        ("error", Outcome::Errored),
        ("skip", Outcome::Skipped),
        ("xfail, knownfail", Outcome::Xfailed),
        ("uxsuccess", Outcome::Xpassed),
        ("test: without an outcome", Outcome::Unfinished),
    ],
    incomplete: "a test without an outcome; fewer tests than `progress: N`; details without an end",
    totals: "the tests of each `progress: N`; the suites of `testsuite-count:`",
    link: "https://github.com/testing-cabal/subunit#version-1",
    sniff: Sniff::Lines(sniff),
    read,
};

/// How deep `progress: push` may be nested; deeper levels are ignored.
const MAX_DEPTH: usize = 200;

/// A time, a progress, or a start with its outcome. smbtorture's banner also precedes other formats, so it counts only if
/// nothing else follows.
pub(crate) fn sniff(head: &str) -> bool {
    let (mut banner, mut other) = (false, false);
    let mut started: Vec<&[u8]> = Vec::new();
    for line in head.lines().map(str::as_bytes) {
        match SubunitLine::parse(line) {
            Some(SubunitLine::Progress(_)) => return true,
            Some(SubunitLine::Ignored) if is_time(line) => return true,
            Some(SubunitLine::Ended(ended)) if started.contains(&ended.name) => return true,
            Some(SubunitLine::Started { name, .. }) => started.push(name),
            Some(SubunitLine::Banner) => banner = true,
            Some(
                SubunitLine::Ended(_)
                | SubunitLine::SuiteStarted { .. }
                | SubunitLine::SuiteCount(_)
                | SubunitLine::SuiteEnded(_)
                | SubunitLine::Ignored,
            )
            | None => other |= !line.is_empty(),
        }
    }
    banner && !other && started.is_empty()
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = SubunitReader {
        builder,
        levels: Vec::new(),
        ignored_depth: 0,
        run_is_empty: true,
        separator: None,
        failing: 0,
        sniffed_to: 0,
        name: String::new(),
        message: BoundedText::default(),
    };
    lines::read_lines(input, |lines| reader.read(lines))
}

struct SubunitReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    levels: Vec<SubunitLevel>,
    /// How many pushes were ignored.
    ignored_depth: u64,
    /// Whether the current run has no test yet.
    run_is_empty: bool,
    /// The separator after `test` in this stream.
    separator: Option<Separator>,
    /// The number of failing results so far.
    failing: u64,
    /// The last line of what was looked at as JSON.
    sniffed_to: u32,
    /// The name of the outcome whose details are read, and those.
    name: String,
    message: BoundedText,
}

/// What an outcome line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TestEnd {
    Done,
    /// The details end the test.
    DetailsFollow,
}

/// A suite that is open in the builder.
enum SubunitLevel {
    /// Started by a banner or a plan.
    Run { planned: Option<u64> },
    /// Started by `progress: push`.
    Pushed { planned: u64 },
    /// Started by `testsuite:`, after this number of failing results.
    Named { failing: u64 },
}

impl SubunitReader<'_, '_> {
    fn read(&mut self, lines: &mut LineReader<impl Read>) -> io::Result<EndOfInput> {
        loop {
            let number = lines.number().saturating_add(1);
            let Some(line) = lines.next_line()? else { break };
            let parsed = SubunitLine::parse(line.bytes).or_else(|| self.after_output(line.bytes));
            let Some(parsed) = parsed else {
                if !line.has_newline && is_event_prefix(line.bytes) {
                    return Ok(EndOfInput::Truncated);
                }
                if self.builder.last_started().is_none() && !line.bytes.is_empty() {
                    let text = line.bytes[..line.bytes.len().min(Format::SNIFF_LEN)].to_vec();
                    self.check_outside(number, text, lines)?;
                }
                continue;
            };
            if !line.has_newline && !self.is_complete_line(&parsed) {
                return Ok(EndOfInput::Truncated);
            }
            match parsed {
                SubunitLine::Ignored => {}
                SubunitLine::Banner => self.start_run(number),
                SubunitLine::Progress(progress) => self.progress(number, progress),
                SubunitLine::Started { name, separator } => {
                    self.start_test(number, name, separator)
                }
                SubunitLine::SuiteStarted { name } => {
                    let failing = self.failing;
                    self.open(number, SubunitLevel::Named { failing }, Some(decode_lossy(name)));
                }
                SubunitLine::SuiteCount(suites) => self.builder.expect_children(number, suites),
                SubunitLine::Ended(ended) => {
                    let OutcomeLine { outcome, details, .. } = ended;
                    if self.end_test(number, &ended) == TestEnd::DetailsFollow {
                        let is_complete = v1_details::read(lines, details, &mut self.message)?;
                        self.finish_buffered(number, outcome);
                        if !is_complete {
                            return Ok(EndOfInput::Truncated);
                        }
                    }
                }
                SubunitLine::SuiteEnded(OutcomeLine { outcome, name, details, .. }) => {
                    let whole = decode_lossy(name);
                    let (name, text) = split_details_on_line(&whole, " [ ").unwrap_or((&whole, ""));
                    self.keep_name(name);
                    let text = text.to_owned();
                    let is_complete = v1_details::read(lines, details, &mut self.message)?;
                    self.message.push(&text);
                    self.end_suite(number, outcome);
                    if !is_complete {
                        return Ok(EndOfInput::Truncated);
                    }
                }
            }
        }
        let truncated = self.levels.iter().any(|level| matches!(level, SubunitLevel::Named { .. }));
        Ok(if truncated { EndOfInput::Truncated } else { EndOfInput::Complete })
    }

    /// Reports the beginning of another format at a line outside of every test.
    #[cold]
    fn check_outside(
        &mut self,
        number: u32,
        mut line: Vec<u8>,
        lines: &mut LineReader<impl Read>,
    ) -> io::Result<()> {
        if let Some(plan) = line.strip_prefix(b"progress: ") {
            let what = malformed_total("progress", &decode_lossy(plan)).into();
            self.builder.handle(number, Event::Damaged { what });
            return Ok(());
        }
        let other = if matches!(line[0], b'{' | b'[') && self.sniffed_to < number {
            line.push(b'\n');
            line.extend_from_slice(lines.peek(Format::SNIFF_LEN)?);
            self.sniffed_to = number + memchr::memchr_iter(b'\n', &line).count() as u32 - 1;
            let document = mixed::json_document(&line).unwrap_or(&line);
            let other = Format::sniff(document).or_else(|| Format::sniff(json_lines(&line)));
            other.map(Format::name).filter(|name| *name != FORMAT.names[0])
        } else {
            let line = decode_lossy(&line[..line.len().min(signatures::MAX_LEN)]);
            signatures::of_other_format(FORMAT.names[0], &line)
        };
        if let Some(other) = other {
            let what = signatures::other_format(FORMAT.names[0], other).into();
            self.builder.handle(number, Event::Damaged { what });
        }
        Ok(())
    }

    fn after_output<'l>(&self, line: &'l [u8]) -> Option<SubunitLine<'l>> {
        let open = self.builder.last_started()?;
        SubunitLine::parse_after_output(line, open).map(SubunitLine::Ended)
    }

    /// Whether a last line without an end may be complete.
    fn is_complete_line(&mut self, parsed: &SubunitLine<'_>) -> bool {
        matches!(parsed, SubunitLine::Ended(ended) if self.builder.is_open(&decode_lossy(ended.name)))
    }

    /// Whether an outcome is one, and not output of a test.
    fn is_real_outcome(&mut self, name: &str, details: Details, separator: Separator) -> bool {
        if self.builder.is_open(name) {
            return true;
        }
        match separator {
            Separator::Space => false,
            Separator::Colon => details != Details::None || self.builder.last_started().is_none(),
        }
    }

    fn start_test(&mut self, line: u32, name: &[u8], separator: Separator) {
        if *self.separator.get_or_insert(separator) == separator {
            self.run_is_empty = false;
            self.builder.handle(line, Event::Started { name: decode_lossy(name) });
        }
    }

    /// Ends a test, unless the line is output of a test or details follow.
    fn end_test(&mut self, line: u32, ended: &OutcomeLine<'_>) -> TestEnd {
        let &OutcomeLine { outcome, name, details, separator } = ended;
        // The fast path, for most outcomes.
        let last_started = self.builder.last_started().map(str::as_bytes);
        if details == Details::None && last_started == Some(name) {
            self.record_outcome(outcome);
            self.builder.finish_last_started(line, outcome);
            return TestEnd::Done;
        }
        let whole = decode_lossy(name);
        let (name, text) = self.split_name(&whole, details);
        if !self.is_real_outcome(name, details, separator) {
            return TestEnd::Done;
        }
        self.record_outcome(outcome);
        if details == Details::None {
            emit(self.builder, line, outcome, name, text);
            return TestEnd::Done;
        }
        self.keep_name(name);
        TestEnd::DetailsFollow
    }

    /// The name, and the details if they are on the same line. A name may look like that too.
    fn split_name<'n>(&mut self, whole: &'n str, details: Details) -> (&'n str, &'n str) {
        if details != Details::None || !whole.ends_with(']') || self.builder.is_open(whole) {
            return (whole, "");
        }
        let open =
            split_details_on_line(whole, " [").filter(|(name, _)| self.builder.is_open(name));
        let is_outside = self.builder.last_started().is_none();
        let unknown = || split_details_on_line(whole, " [ ").filter(|_| is_outside);
        open.or_else(unknown).unwrap_or((whole, ""))
    }

    fn record_outcome(&mut self, outcome: Outcome) {
        self.run_is_empty = false;
        self.failing += u64::from(outcome.is_failing());
    }

    fn keep_name(&mut self, name: &str) {
        self.name.clear();
        self.name.push_str(name);
    }

    fn finish_buffered(&mut self, line: u32, outcome: Outcome) {
        emit(self.builder, line, outcome, &self.name, self.message.text());
    }

    fn start_run(&mut self, line: u32) {
        if self.levels.is_empty() || !self.run_is_empty {
            self.close_all(line);
            self.open(line, SubunitLevel::Run { planned: None }, None);
            self.run_is_empty = true;
        }
    }

    fn progress(&mut self, line: u32, progress: SubunitProgress) {
        match progress {
            SubunitProgress::Push if self.levels.len() >= MAX_DEPTH => self.ignored_depth += 1,
            SubunitProgress::Push => {
                self.run_is_empty = false;
                self.open(line, SubunitLevel::Pushed { planned: 0 }, None);
            }
            SubunitProgress::Pop if self.ignored_depth > 0 => self.ignored_depth -= 1,
            SubunitProgress::Pop => self.pop_level(line),
            SubunitProgress::Set(tests) => {
                let second = matches!(self.levels[..], [SubunitLevel::Run { planned: Some(_) }]);
                if self.levels.is_empty() || second {
                    self.start_run(line);
                }
                self.update_plan(line, |_| tests);
            }
            SubunitProgress::Add(more) => {
                if self.levels.is_empty() {
                    self.start_run(line);
                }
                self.update_plan(line, |planned| planned.saturating_add_signed(more));
            }
        }
    }

    fn update_plan(&mut self, line: u32, change: impl FnOnce(u64) -> u64) {
        let tests = match self.levels.iter_mut().rev().find_map(SubunitLevel::planned) {
            Some(planned) if self.ignored_depth == 0 => planned,
            Some(_) | None => return,
        };
        *tests = change(*tests);
        let tests = *tests;
        self.builder.expect_children(line, tests);
    }

    fn open(&mut self, line: u32, level: SubunitLevel, name: Option<Cow<'_, str>>) {
        if self.levels.len() < MAX_DEPTH {
            self.levels.push(level);
            self.builder.handle(line, Event::SuiteStarted { name });
        }
    }

    fn close_all(&mut self, line: u32) {
        self.ignored_depth = 0;
        for _ in self.levels.drain(..) {
            self.builder.handle(line, Event::SuiteEnded);
        }
    }

    fn pop_level(&mut self, line: u32) {
        let pushed =
            self.levels.iter().rposition(|level| matches!(level, SubunitLevel::Pushed { .. }));
        let Some(pushed) = pushed else { return };
        for _ in self.levels.drain(pushed..) {
            self.builder.handle(line, Event::SuiteEnded);
        }
    }

    /// Ends a named suite; that is a result of its own only if none of its tests had it.
    fn end_suite(&mut self, line: u32, outcome: Outcome) {
        let failing_before = match self.levels.last() {
            Some(SubunitLevel::Named { failing }) => Some(*failing),
            Some(SubunitLevel::Run { .. } | SubunitLevel::Pushed { .. }) | None => None,
        };
        let is_redundant = match outcome {
            Outcome::Passed | Outcome::Xfailed => true,
            Outcome::Skipped | Outcome::Unfinished => false,
            Outcome::Xpassed
            | Outcome::Failed
            | Outcome::Errored
            | Outcome::TimedOut
            | Outcome::Crashed => failing_before.is_some_and(|before| before < self.failing),
        };
        if failing_before.is_some() {
            self.levels.pop();
            self.builder.handle(line, Event::SuiteEnded);
        }
        if !is_redundant {
            self.finish_buffered(line, outcome);
        }
    }
}

impl SubunitLevel {
    fn planned(&mut self) -> Option<&mut u64> {
        match self {
            SubunitLevel::Run { planned } => Some(planned.get_or_insert(0)),
            SubunitLevel::Pushed { planned } => Some(planned),
            SubunitLevel::Named { .. } => None,
        }
    }
}

/// The name and the text of `NAME [ text ]`.
fn split_details_on_line<'n>(whole: &'n str, bracket: &str) -> Option<(&'n str, &'n str)> {
    let (name, text) = whole.strip_suffix(']')?.split_once(bracket)?;
    Some((name, text.trim()))
}

/// Samba's filter reports a test that never ended under another name; the test itself is still open and becomes
/// unfinished.
fn is_echo_of_unfinished(name: &str, message: &str) -> bool {
    message.starts_with("was started but never finished")
        && name.contains(" (samba.subunit.RemotedTestCase)")
}

fn emit(builder: &mut RunBuilder<'_>, line: u32, outcome: Outcome, name: &str, message: &str) {
    let mut message = message;
    while let Some(reason) = message.strip_prefix("Exception: ") {
        message = reason;
    }
    if is_echo_of_unfinished(name, message) {
        return;
    }
    let location = if outcome.is_failing() { parse_location(message) } else { None };
    let finished = Finished { location, ..Finished::new(name, outcome, message) };
    builder.handle(line, Event::Finished(finished));
}

/// The location before smbtorture's message: `../../source4/torture/smb2/lease.c:171: why` or
/// `(../../source4/torture/smb2/lease.c:171) why`.
fn parse_location(message: &str) -> Option<SourceLocation<'_>> {
    let first = message.lines().next()?;
    let (text, _) = match first.strip_prefix('(') {
        Some(first) => first.split_once(')')?,
        None => first.split_once(": ")?,
    };
    let (file, _) = text.rsplit_once(':')?;
    let is_file = file.contains('.') && !file.contains(char::is_whitespace);
    location::parse(text.trim_start_matches("../"), ":").filter(|_| is_file)
}

/// The lines at the beginning of a text that each begin an object: of a format that has one a line, the first may be of
/// any kind.
fn json_lines(text: &[u8]) -> &[u8] {
    let is_object = |line: &&[u8]| line.starts_with(b"{");
    let lines = text.split_inclusive(|byte| *byte == b'\n').take_while(is_object);
    &text[..lines.map(<[u8]>::len).sum()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::{DecodedRun, read_with};
    use crate::model::GapKind;

    fn read_all(text: &str) -> DecodedRun {
        read_with(read, text)
    }

    #[test]
    fn names_are_the_rest_of_the_line() {
        let run = read_all("test: a (b): c d\nsuccess: a (b): c d\n");
        assert_eq!(run.0, ["passed a (b): c d"]);
    }

    #[test]
    fn spelling_without_colons_is_read() {
        let run = read_all("test a\nerror reading x\nsuccess a\ntesting b\nfailure b [\nx\n]\n");
        assert_eq!(run.0, ["passed a", "failed b: x"]);
        let run = read_all("test: a\ntest the waters\nskip nothing\nsuccess: a\n");
        assert_eq!(run.0, ["passed a"]);
    }

    #[test]
    fn details_may_be_on_the_line_of_the_outcome() {
        let run = read_all("test: a\nfailure: a [ why it failed ]\ntest: b\nskip: b [ no disk ]\n");
        assert_eq!(run.0, ["failed a: why it failed", "skipped b: no disk"]);
        assert_eq!(run.1, []);
        let run = read_all("test: a [ b ]\nsuccess: a [ b ]\nfailure: c [ d ]\n");
        assert_eq!(run.0, ["passed a [ b ]", "failed c: d"]);
        assert_eq!(read_all("test: a\nfailure: b [ c ]\nsuccess: a\n").0, ["passed a"]);
        assert_eq!(read_all("test: a\nerror: a [no disk]\n").0, ["errored a: no disk"]);
        assert_eq!(read_all("skip: test_a[b] [c]\n").0, ["skipped test_a[b] [c]"]);
        let run = read_all("testsuite: s\ntestsuite-error: s [ no environment ]\n");
        assert_eq!(run.0, ["errored s: no environment"]);
    }

    #[test]
    fn output_like_an_outcome_inside_a_test_is_ignored() {
        let run = read_all("test: a\nerror: cannot open x\nsuccess: a\n");
        assert_eq!(run.0, ["passed a"]);
        let run = read_all("test: a\noutput without an endsuccess: a\n");
        assert_eq!(run.0, ["passed a"]);
        assert_eq!(read_all("error: nothing runs\n").0, ["errored nothing runs"]);
    }

    #[test]
    fn bytes_of_a_part_are_not_parsed_as_events() {
        let part = "Content-Type: text/plain\nlog\n1d\r\nlog\n]\ntest: x\nfailure: x\nend\n0\r\n";
        let best = "Content-Type: text/x-traceback;charset=utf8\ntraceback\n4\r\nboom0\r\n";
        let run = read_all(&format!("test: a\nerror: a [ multipart\n{part}{best}]\n"));
        assert_eq!(run.0, ["errored a: boom"]);
        assert_eq!(run.1, []);
    }

    #[test]
    fn exception_prefix_is_removed_and_location_parsed() {
        let run = read_all("test: a\nfailure: a [\nException: ../../s/l.c:17: bad\n]\n");
        assert_eq!(run.0, ["failed a: ../../s/l.c:17: bad"]);
        assert_eq!(run.2, ["s/l.c:17"]);
        let run = read_all("test: a\nfailure: a [\n(../../s/l.c:17) bad: x\n]\n");
        assert_eq!(run.0, ["failed a: (../../s/l.c:17) bad: x"]);
        assert_eq!(run.2, ["s/l.c:17"]);
    }

    #[test]
    fn input_ending_mid_event_is_truncated() {
        for cut in ["fail", "failure: a [", "failure: a [\nx\n", "time: 20", "test: b", "prog"] {
            let run = read_all(&format!("test: a\nsuccess: a\n{cut}"));
            assert!(run.1.contains(&GapKind::Truncated), "{cut}");
        }
        assert_eq!(read_all("test: a\nsuccess: a").1, []);
    }

    #[test]
    fn second_top_level_plan_starts_a_second_suite() {
        let one = "progress: 1\ntest: a\nsuccess: a\n";
        assert_eq!(read_all(&format!("{one}{one}")).1, []);
        let short = read_all(&format!("progress: 2\ntest: a\nsuccess: a\n{one}"));
        assert_eq!(short.1, [GapKind::PlanNotMet { planned: 2, actual: 1 }]);
    }

    #[test]
    fn suites_are_counted() {
        let suite = "testsuite: s\ntest: a\nsuccess: a\ntestsuite-success: s\n";
        assert_eq!(read_all(&format!("testsuite-count: 1\n{suite}")).1, []);
        let short = read_all(&format!("testsuite-count: 2\n{suite}"));
        assert_eq!(short.1, [GapKind::PlanNotMet { planned: 2, actual: 1 }]);
    }

    #[test]
    fn unexpected_success_of_a_suite_is_not_lost() {
        let run = read_all("testsuite: s\ntest: a\nsuccess: a\ntestsuite-uxsuccess: s\n");
        assert_eq!(run.0, ["passed a", "xpassed s"]);
    }

    #[test]
    fn a_suite_that_fails_without_a_failing_test_is_a_result() {
        let run = read_all("testsuite: s\ntestsuite-error: s [\nno environment\n]\n");
        assert_eq!(run.0, ["errored s: no environment"]);
        let run = read_all("testsuite: s\ntest: a\nfailure: a\ntestsuite-failure: s\n");
        assert_eq!(run.0, ["failed a"]);
        assert_eq!(read_all("testsuite: s\ntest: a\nsuccess: a\n").1, [GapKind::Truncated]);
    }
}
