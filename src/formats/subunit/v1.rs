//! subunit version 1, as smbtorture, Samba's selftest and python-subunit write it.
//!
//! In: lines, most of them the tests' own output. Out: events. What a newcomer would get wrong: a
//! name is the rest of its line, blanks, colons and parentheses included, and a line that looks like
//! an event may be output; so inside a test an outcome counts only for a test that is open, or
//! when details open behind it.
//!
//! <https://github.com/testing-cabal/subunit#version-1>

use super::v1_line::{Details, Mark, Outcomes, Progress, Said, is_beginning, is_time};
use crate::formats::About;
use crate::model::{Attempt, End, Event, Finished, Outcome, Place, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{self, Line, Lines};
use crate::syntax::read_end::Ended;
use std::borrow::Cow;
use std::io::{self, Read};

pub const ABOUT: About = About {
    title: "subunit v1, as smbtorture and Samba's selftest print it",
    names: "the rest of the line behind `test: `, whole",
    outcomes: &[
        ("success, successful", Outcome::Passed),
        ("failure, fail", Outcome::Failed),
        ("error", Outcome::Errored),
        ("skip", Outcome::Skipped),
        ("xfail, knownfail", Outcome::Xfailed),
        ("uxsuccess", Outcome::Xpassed),
        ("test: without an outcome", Outcome::Unfinished),
    ],
    incomplete: "a test without an outcome; fewer tests than `progress: N`; details without an end",
    link: "https://github.com/testing-cabal/subunit#version-1",
};

/// How deep `progress: push` is followed.
const DEEPEST: usize = 200;

/// Whether the first bytes of a file are of this format: a time or a progress says so alone; a start
/// needs its outcome; smbtorture's banner stands before other formats too, so it counts only alone.
pub fn sniff(head: &str) -> bool {
    let (mut banner, mut other) = (false, false);
    let mut started: Vec<&[u8]> = Vec::new();
    for line in head.lines().map(str::as_bytes) {
        match Said::parse(line) {
            Some(Said::Progress(_)) => return true,
            Some(Said::Aside) if is_time(line) => return true,
            Some(Said::Ended(ended)) if started.contains(&ended.name) => return true,
            Some(Said::Started { name, .. }) => started.push(name),
            Some(Said::Banner) => banner = true,
            Some(
                Said::Ended(_) | Said::SuiteStarted { .. } | Said::SuiteEnded(_) | Said::Aside,
            )
            | None => other |= !line.is_empty(),
        }
    }
    banner && !other && started.is_empty()
}

/// Reads a whole stream.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut stream = Stream {
        builder,
        levels: Vec::new(),
        too_deep: 0,
        fresh: true,
        mark: None,
        failing: 0,
        name: String::new(),
        message: Message::default(),
    };
    lines::whole(input, |lines| stream.read(lines))
}

struct Stream<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    levels: Vec<Level>,
    /// How many pushes were not followed.
    too_deep: u64,
    /// Whether no test came since the present run started.
    fresh: bool,
    /// How this stream writes its starts.
    mark: Option<Mark>,
    /// Failing results so far.
    failing: u64,
    name: String,
    message: Message,
}

/// One suite that was opened in the builder.
enum Level {
    /// By a banner or a plan.
    Run { planned: Option<u64> },
    /// By `progress: push`.
    Pushed { planned: u64 },
    /// By `testsuite:`; how many results had failed before it.
    Named { failing: u64 },
}

impl<S: Sink> Stream<'_, '_, S> {
    fn read(&mut self, lines: &mut Lines<impl Read>) -> io::Result<End> {
        loop {
            let number = lines.number().saturating_add(1);
            let Some(line) = lines.next()? else { break };
            let Some(said) = Said::parse(line.bytes).or_else(|| self.behind_output(line.bytes))
            else {
                if !line.ended && is_beginning(line.bytes) {
                    return Ok(End::Cut);
                }
                continue;
            };
            if !line.ended && !self.is_whole(&said) {
                return Ok(End::Cut);
            }
            match said {
                Said::Aside => {}
                Said::Banner => self.start_run(number),
                Said::Progress(progress) => self.progress(number, progress),
                Said::Started { name, mark } => self.start(number, name, mark),
                Said::SuiteStarted { name } => {
                    let failing = self.failing;
                    self.open(number, Level::Named { failing }, Some(text(name)));
                }
                Said::Ended(Outcomes { outcome, name, details: Details::None, .. })
                    if self.is_innermost(name) =>
                {
                    self.note(outcome);
                    self.builder.finish_innermost(number, outcome);
                }
                Said::Ended(Outcomes { outcome, name, details, mark }) => {
                    let name = text(name);
                    if !self.counts(&name, details, mark) {
                        continue;
                    }
                    self.note(outcome);
                    if details == Details::None {
                        finish(self.builder, number, outcome, &name, "");
                        continue;
                    }
                    self.name.clear();
                    self.name.push_str(&name);
                    let whole = self.read_details(lines, details)?;
                    self.finish_kept(number, outcome);
                    if !whole {
                        return Ok(End::Cut);
                    }
                }
                Said::SuiteEnded(ended) => {
                    let Outcomes { outcome, name, details, .. } = ended;
                    self.name.clear();
                    self.name.push_str(&text(name));
                    let whole = self.read_details(lines, details)?;
                    self.end_suite(number, outcome);
                    if !whole {
                        return Ok(End::Cut);
                    }
                }
            }
        }
        let cut = self.levels.iter().any(|level| matches!(level, Level::Named { .. }));
        Ok(if cut { End::Cut } else { End::Whole })
    }

    /// Whether this is the name of the test that started last: so are most outcomes.
    fn is_innermost(&self, name: &[u8]) -> bool {
        self.builder.innermost_open().is_some_and(|open| open.as_bytes() == name)
    }

    fn note(&mut self, outcome: Outcome) {
        self.fresh = false;
        self.failing += u64::from(outcome.is_failing());
    }

    fn behind_output<'l>(&self, line: &'l [u8]) -> Option<Said<'l>> {
        let open = self.builder.innermost_open()?;
        Said::parse_behind_output(line, open).map(Said::Ended)
    }

    /// Whether a last line without an end can be all that was meant.
    fn is_whole(&self, said: &Said<'_>) -> bool {
        match said {
            Said::Ended(ended) => self.builder.is_open(&text(ended.name)),
            Said::Banner
            | Said::Started { .. }
            | Said::Progress(_)
            | Said::SuiteStarted { .. }
            | Said::SuiteEnded(_)
            | Said::Aside => false,
        }
    }

    /// Whether an outcome is one, and not a test's output.
    fn counts(&self, name: &str, details: Details, mark: Mark) -> bool {
        if self.builder.is_open(name) {
            return true;
        }
        match mark {
            Mark::Blank => false,
            Mark::Colon => details != Details::None || self.builder.innermost_open().is_none(),
        }
    }

    fn start(&mut self, line: u32, name: &[u8], mark: Mark) {
        if *self.mark.get_or_insert(mark) == mark {
            self.fresh = false;
            self.builder.event(line, Event::Started { name: text(name) });
        }
    }

    fn finish_kept(&mut self, line: u32, outcome: Outcome) {
        finish(self.builder, line, outcome, &self.name, self.message.text());
    }

    fn start_run(&mut self, line: u32) {
        if self.levels.is_empty() || !self.fresh {
            self.close_all(line);
            self.open(line, Level::Run { planned: None }, None);
            self.fresh = true;
        }
    }

    fn progress(&mut self, line: u32, progress: Progress) {
        match progress {
            Progress::Push if self.levels.len() >= DEEPEST => self.too_deep += 1,
            Progress::Push => {
                self.fresh = false;
                self.open(line, Level::Pushed { planned: 0 }, None);
            }
            Progress::Pop if self.too_deep > 0 => self.too_deep -= 1,
            Progress::Pop => self.pop(line),
            Progress::Set(tests) => {
                let second = matches!(self.levels[..], [Level::Run { planned: Some(_) }]);
                if self.levels.is_empty() || second {
                    self.start_run(line);
                }
                self.plan(line, |_| tests);
            }
            Progress::Add(more) => {
                if self.levels.is_empty() {
                    self.start_run(line);
                }
                self.plan(line, |planned| planned.saturating_add_signed(more));
            }
        }
    }

    fn plan(&mut self, line: u32, change: impl FnOnce(u64) -> u64) {
        let tests = match self.levels.iter_mut().rev().find_map(Level::planned) {
            Some(planned) if self.too_deep == 0 => planned,
            Some(_) | None => return,
        };
        *tests = change(*tests);
        let tests = *tests;
        self.builder.event(line, Event::Plan { tests, scope: PlanScope::Children });
    }

    fn open(&mut self, line: u32, level: Level, name: Option<Cow<'_, str>>) {
        if self.levels.len() < DEEPEST {
            self.levels.push(level);
            self.builder.event(line, Event::SuiteStarted { name });
        }
    }

    fn close_all(&mut self, line: u32) {
        self.too_deep = 0;
        for _ in self.levels.drain(..) {
            self.builder.event(line, Event::SuiteEnded);
        }
    }

    fn pop(&mut self, line: u32) {
        let pushed = self.levels.iter().rposition(|level| matches!(level, Level::Pushed { .. }));
        let Some(pushed) = pushed else { return };
        for _ in self.levels.drain(pushed..) {
            self.builder.event(line, Event::SuiteEnded);
        }
    }

    /// The end of a named suite is a result of its own only if it says more than its tests did.
    fn end_suite(&mut self, line: u32, outcome: Outcome) {
        let before = match self.levels.last() {
            Some(Level::Named { failing }) => Some(*failing),
            Some(Level::Run { .. } | Level::Pushed { .. }) | None => None,
        };
        let told = match outcome {
            Outcome::Passed | Outcome::Xfailed | Outcome::Xpassed => true,
            Outcome::Skipped | Outcome::Unfinished => false,
            Outcome::Failed | Outcome::Errored | Outcome::TimedOut | Outcome::Crashed => {
                before.is_some_and(|before| before < self.failing)
            }
        };
        if before.is_some() {
            self.levels.pop();
            self.builder.event(line, Event::SuiteEnded);
        }
        if !told {
            self.finish_kept(line, outcome);
        }
    }

    /// Reads what stands behind an outcome; false when the file ends within.
    fn read_details(&mut self, lines: &mut Lines<impl Read>, details: Details) -> io::Result<bool> {
        self.message.clear();
        if details == Details::None {
            return Ok(true);
        }
        let mut wanted = true;
        while let Some(line) = lines.next()? {
            match line.bytes {
                b"]" => return Ok(true),
                bytes if details == Details::Parts && bytes.starts_with(b"Content-Type: ") => {
                    let is_text = bytes[14..].starts_with(b"text/");
                    if !self.read_part(lines, is_text, &mut wanted)? {
                        return Ok(false);
                    }
                }
                bytes => self.message.push_line(bytes),
            }
        }
        Ok(false)
    }

    /// Reads one part: its name, then chunks with their lengths in hexadecimal, then a 0.
    fn read_part(
        &mut self,
        lines: &mut Lines<impl Read>,
        is_text: bool,
        first: &mut bool,
    ) -> io::Result<bool> {
        let Some(Line { bytes: name, .. }) = lines.next()? else { return Ok(false) };
        // One text is enough: the traceback or the reason if there is one, else the first.
        let best = name == b"traceback" || name == b"reason";
        let kept = is_text && (best || *first);
        if kept {
            *first = false;
            self.message.clear();
        }
        loop {
            let Some(Line { bytes, .. }) = lines.next()? else { return Ok(false) };
            let length = std::str::from_utf8(bytes).ok();
            let length = length.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
            let message = &mut self.message;
            match length {
                Some(0) => return Ok(true),
                Some(length) => {
                    let keep = |bytes: &[u8]| {
                        if kept {
                            message.push_bytes(bytes)
                        }
                    };
                    if !lines.take(length, keep)? {
                        return Ok(false);
                    }
                }
                // Not what the grammar wants: read on as lines.
                None => return Ok(true),
            }
        }
    }
}

impl Level {
    fn planned(&mut self) -> Option<&mut u64> {
        match self {
            Level::Run { planned } => Some(planned.get_or_insert(0)),
            Level::Pushed { planned } => Some(planned),
            Level::Named { .. } => None,
        }
    }
}

/// Samba's filter reports a test that never ended under a name of its own; the test itself is open
/// still, and says the same.
fn is_echo_of_unfinished(name: &str, message: &str) -> bool {
    message.starts_with("was started but never finished")
        && name.contains(" (samba.subunit.RemotedTestCase)")
}

fn finish<S: Sink>(
    builder: &mut RunBuilder<'_, S>,
    line: u32,
    outcome: Outcome,
    name: &str,
    message: &str,
) {
    let mut message = message;
    while let Some(reason) = message.strip_prefix("Exception: ") {
        message = reason;
    }
    if is_echo_of_unfinished(name, message) {
        return;
    }
    builder.event(
        line,
        Event::Finished(Finished {
            name: Cow::Borrowed(name),
            outcome,
            attempt: Attempt::Only,
            message: Cow::Borrowed(message),
            place: if outcome.is_failing() { place(message) } else { None },
        }),
    );
}

/// The place that smbtorture puts before its message: `../../source4/torture/smb2/lease.c:171: why`
/// or `(../../source4/torture/smb2/lease.c:171) why`.
fn place(message: &str) -> Option<Place<'_>> {
    let first = message.lines().next()?;
    let (place, _) = match first.strip_prefix('(') {
        Some(first) => first.split_once(')')?,
        None => first.split_once(": ")?,
    };
    let (file, line) = place.rsplit_once(':')?;
    let line = line.parse().ok()?;
    if file.is_empty() || file.contains(char::is_whitespace) || !file.contains('.') {
        return None;
    }
    Some(Place { file: Cow::Borrowed(file.trim_start_matches("../")), line: Some(line) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::{Said, read_by};
    use crate::model::GapKind;

    fn read_all(text: &str) -> Said {
        read_by(|text, builder| read(text, builder), text)
    }

    #[test]
    fn names_are_the_rest_of_the_line() {
        let kept = read_all("test: a (b): c d\nsuccess: a (b): c d\n");
        assert_eq!(kept.0, ["passed a (b): c d"]);
    }

    #[test]
    fn the_older_spelling_without_colons_is_read_and_told_from_output() {
        let kept = read_all("test a\nerror reading x\nsuccess a\ntesting b\nfailure b [\nx\n]\n");
        assert_eq!(kept.0, ["passed a", "failed b: x"]);
        let kept = read_all("test: a\ntest the waters\nskip nothing\nsuccess: a\n");
        assert_eq!(kept.0, ["passed a"]);
    }

    #[test]
    fn output_that_looks_like_an_outcome_is_none_inside_a_test() {
        let kept = read_all("test: a\nerror: cannot open x\nsuccess: a\n");
        assert_eq!(kept.0, ["passed a"]);
        let kept = read_all("test: a\noutput without an endsuccess: a\n");
        assert_eq!(kept.0, ["passed a"]);
        assert_eq!(read_all("error: nothing runs\n").0, ["errored nothing runs"]);
    }

    #[test]
    fn counted_bytes_of_a_part_are_never_events() {
        let part = "Content-Type: text/plain\nlog\n1d\r\nlog\n]\ntest: x\nfailure: x\nend\n0\r\n";
        let best = "Content-Type: text/x-traceback;charset=utf8\ntraceback\n4\r\nboom0\r\n";
        let kept = read_all(&format!("test: a\nerror: a [ multipart\n{part}{best}]\n"));
        assert_eq!(kept.0, ["errored a: boom"]);
        assert_eq!(kept.1, []);
    }

    #[test]
    fn a_reason_loses_its_prefix_and_gives_the_place() {
        let kept = read_all("test: a\nfailure: a [\nException: ../../s/l.c:17: bad\n]\n");
        assert_eq!(kept.0, ["failed a: ../../s/l.c:17: bad"]);
        assert_eq!(kept.2, ["s/l.c:17"]);
        let kept = read_all("test: a\nfailure: a [\n(../../s/l.c:17) bad: x\n]\n");
        assert_eq!(kept.0, ["failed a: (../../s/l.c:17) bad: x"]);
        assert_eq!(kept.2, ["s/l.c:17"]);
    }

    #[test]
    fn what_ends_in_the_middle_is_cut() {
        for cut in ["fail", "failure: a [", "failure: a [\nx\n", "time: 20", "test: b", "prog"] {
            let kept = read_all(&format!("test: a\nsuccess: a\n{cut}"));
            assert!(kept.1.contains(&GapKind::Cut), "{cut}");
        }
        assert_eq!(read_all("test: a\nsuccess: a").1, []);
    }

    #[test]
    fn a_second_plan_at_the_top_is_a_second_suite() {
        let one = "progress: 1\ntest: a\nsuccess: a\n";
        assert_eq!(read_all(&format!("{one}{one}")).1, []);
        let short = read_all(&format!("progress: 2\ntest: a\nsuccess: a\n{one}"));
        assert_eq!(short.1, [GapKind::PlanUnmet { planned: 2, came: 1 }]);
    }

    #[test]
    fn a_suite_that_fails_without_a_failing_test_is_a_result() {
        let kept = read_all("testsuite: s\ntestsuite-error: s [\nno environment\n]\n");
        assert_eq!(kept.0, ["errored s: no environment"]);
        let kept = read_all("testsuite: s\ntest: a\nfailure: a\ntestsuite-failure: s\n");
        assert_eq!(kept.0, ["failed a"]);
        assert_eq!(read_all("testsuite: s\ntest: a\nsuccess: a\n").1, [GapKind::Cut]);
    }
}
