//! KTAP, as the Linux kernel's KUnit and its selftests print it.
//!
//! Lines may have the prefix of the kernel log. KUnit nests subtests, each of which is a test. A selftest prints its own
//! points as comments, and the kernel's parser counts only the outer one, so what failed inside is its message.

use super::grammar::{MAX_DEPTH, Point, TapLine};
use crate::formats::emit::names;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{BoundedText, for_each_line};
use std::borrow::Cow;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ktap", "kunit"],
    title: "KTAP, as the kernel's KUnit and kselftest print it",
    test_name: "KUnit: `suite.test`, with parameters `suite.test.parameter`; kselftest: \
            `collection:test`, as run_kselftest.sh takes it",
    outcomes: &[
        ("ok", Outcome::Passed),
        ("not ok", Outcome::Failed),
        ("# SKIP", Outcome::Skipped),
        ("not ok # TODO, # XFAIL", Outcome::Xfailed),
        ("# TIMEOUT", Outcome::TimedOut),
        ("# exit=134 and other signals; kunit test case crashed", Outcome::Crashed),
    ],
    incomplete: "fewer points than the plan; no plan; a suite without its point",
    totals: "",
    link: "https://docs.kernel.org/dev-tools/ktap.html",
    sniff: Sniff::Lines(sniff),
    read,
};

pub(crate) fn sniff(head: &str) -> bool {
    let mut old_kunit = 0;
    for line in head.lines() {
        let (logged, line) = strip_log_prefix(line);
        if line.starts_with("# selftests: ") {
            return true;
        }
        match TapLine::parse(line.trim_start()) {
            TapLine::Version(version) if logged || version.starts_with(['K', 'k']) => return true,
            TapLine::Point(point) if point.name.starts_with("selftests: ") => return true,
            // The format before KTAP: a plan, then an indented subtest title, then an indented plan.
            TapLine::Version(version) if version.ends_with("14") => old_kunit = 1,
            TapLine::Plan { .. } if old_kunit == 1 => old_kunit = 2,
            TapLine::Subtest(_) if old_kunit == 2 && line.starts_with(' ') => old_kunit = 3,
            TapLine::Plan { .. } if old_kunit == 3 && line.starts_with(' ') => return true,
            TapLine::Version(_)
            | TapLine::Plan { .. }
            | TapLine::Point(_)
            | TapLine::BailedOut(_)
            | TapLine::Subtest(_)
            | TapLine::Comment(_)
            | TapLine::Yaml
            | TapLine::Other => old_kunit = 0,
        }
    }
    false
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = KtapReader::default();
    let read = for_each_line(input, |line| reader.line(line.number, line.text, builder));
    let is_complete = reader.levels.len() <= 1 && reader.planned;
    reader.close_to(read.line, 0, builder);
    read.complete_if(is_complete)
}

#[derive(Default)]
struct KtapReader {
    /// The open suites, outermost first, one for each indentation.
    levels: Vec<KtapLevel>,
    failing: u64,
    /// What the current test printed, and the part of it that explains its failure.
    output: BoundedText,
    failure_output: BoundedText,
    crashed: bool,
    planned: bool,
    points: u64,
}

struct KtapLevel {
    indent: usize,
    name: String,
    failing: u64,
    points: u64,
}

impl KtapReader {
    fn line(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        let (_, line) = strip_log_prefix(line);
        let content = line.trim_start();
        let indent = line.len() - content.len();
        match TapLine::parse(content) {
            TapLine::Version(_) => self.open(number, indent, builder),
            TapLine::Subtest(name) => {
                self.open(number, indent, builder);
                if let Some(level) = self.levels.last_mut() {
                    level.name = name.to_owned();
                }
            }
            TapLine::Plan { tests } => {
                self.open(number, indent, builder);
                self.planned = true;
                builder.expect_children(number, tests);
            }
            TapLine::Point(point) => self.point(number, indent, &point, builder),
            TapLine::BailedOut(why) => {
                builder.handle(number, Event::BailedOut { why: Cow::Borrowed(why) });
            }
            TapLine::Comment(comment) => self.add_output(comment),
            TapLine::Yaml => {}
            TapLine::Other => self.add_output(content),
        }
    }

    /// Makes the suite at this indentation the innermost one. If it has points already, the line starts another run.
    fn open(&mut self, line: u32, indent: usize, builder: &mut RunBuilder<'_>) {
        self.close_to(line, indent + 1, builder);
        if let Some(open) = self.levels.last().filter(|level| level.indent == indent) {
            if open.points == 0 {
                return;
            }
            self.close_to(line, indent, builder);
        }
        if self.levels.len() < MAX_DEPTH {
            let (name, failing) = (String::new(), self.failing);
            self.levels.push(KtapLevel { indent, name, failing, points: 0 });
            builder.handle(line, Event::SuiteStarted { name: None });
        }
    }

    fn close_to(&mut self, line: u32, indent: usize, builder: &mut RunBuilder<'_>) {
        while self.levels.pop_if(|level| level.indent >= indent).is_some() {
            builder.handle(line, Event::SuiteEnded);
        }
    }

    fn point(&mut self, line: u32, indent: usize, point: &Point<'_>, builder: &mut RunBuilder<'_>) {
        let inner = self.levels.iter().find(|level| level.indent > indent);
        let inner = inner.map(|level| (level.points > 0, level.failing < self.failing));
        self.close_to(line, indent + 1, builder);
        if self.levels.last().is_none_or(|level| level.indent < indent) {
            self.open(line, indent, builder);
        }
        self.points += 1;
        if let Some(level) = self.levels.last_mut() {
            level.points += 1;
        }
        let outcome = self.outcome(point);
        // The point of a suite repeats what its tests reported, unless none of them did.
        let is_redundant = match inner {
            Some((has_points, has_failed)) => has_failed || (has_points && !outcome.is_failing()),
            None => false,
        };
        if !is_redundant {
            let name = self.name(point);
            let message = match (self.failure_output.text(), self.output.text()) {
                _ if !outcome.is_failing() => point.reason(),
                ("", output) => output,
                (why, _) => why,
            };
            self.failing += u64::from(outcome.is_failing());
            builder.handle(line, Event::finished(&name, outcome, message));
        }
        self.output.clear();
        self.failure_output.clear();
        self.crashed = false;
    }

    fn outcome(&self, point: &Point<'_>) -> Outcome {
        let comment = point.trailing_comment;
        let exit = comment.strip_prefix("exit=").and_then(|code| code.trim().parse().ok());
        match (point.outcome(), exit) {
            (Outcome::Failed, _) if self.crashed => Outcome::Crashed,
            (Outcome::Failed, Some(4)) => Outcome::Skipped,
            (Outcome::Failed, Some(124)) => Outcome::TimedOut,
            (Outcome::Failed, Some(129..=192)) => Outcome::Crashed,
            (Outcome::Failed, _) if comment.starts_with("TIMEOUT") => Outcome::TimedOut,
            (outcome, _) => outcome,
        }
    }

    fn name(&self, point: &Point<'_>) -> String {
        if let Some(test) = point.name.strip_prefix("selftests: ") {
            return test.replacen(": ", ":", 1);
        }
        let mut name = String::new();
        for level in &self.levels {
            names::push_parent(&mut name, &level.name, ".");
        }
        match point.name {
            "" => name + &format!("#{}", point.number.unwrap_or(self.points)),
            test => name + test,
        }
    }

    fn add_output(&mut self, text: &str) {
        self.crashed |= text.contains("kunit test case crashed!");
        if text.starts_with("selftests: ") {
            self.output.clear();
            self.failure_output.clear();
        }
        if text.starts_with("not ok ") && !text.contains("# SKIP") {
            self.failure_output.push_line(text.as_bytes());
        }
        self.output.push_line(text.as_bytes());
    }
}

/// A line without the kernel log's `[    0.060000][    T1] `, and whether it had that.
fn strip_log_prefix(line: &str) -> (bool, &str) {
    let mut rest = line;
    if let Some((level, tail)) = rest.strip_prefix('<').and_then(|r| r.split_once('>'))
        && level.parse::<u8>().is_ok()
    {
        rest = tail;
    }
    let mut logged = false;
    while let Some((inside, tail)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        let inside = inside.trim();
        let is_time = inside
            .split_once('.')
            .is_some_and(|(s, f)| s.bytes().chain(f.bytes()).all(|b| b.is_ascii_digit()));
        let is_task = logged && inside.starts_with(['T', 'C']) && inside.len() < 12;
        if !is_time && !is_task {
            break;
        }
        logged = true;
        rest = tail;
    }
    if logged { (true, rest.strip_prefix(' ').unwrap_or(rest)) } else { (false, line) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::{DecodedRun, read_with};
    use crate::model::GapKind;

    fn read_all(text: &str) -> DecodedRun {
        read_with(read, text)
    }

    const KUNIT: &str = "KTAP version 1\n1..2\n    KTAP version 1\n    # Subtest: sysctl\n    1..3\n    \
        ok 1 proc_dointvec\n    # proc_null: EXPECTATION FAILED at a.c:3\n    not ok 2 proc_null\n        \
        KTAP version 1\n        # Subtest: params\n        ok 1 one # SKIP why\n        ok 2 two\n    \
        # params: pass:1 fail:0 skip:1 total:2\n    ok 3 params\nnot ok 1 sysctl\n    KTAP version 1\n    \
        # Subtest: empty\n    1..0\nok 2 empty # SKIP\n";

    #[test]
    fn suite_point_is_a_result_only_without_equal_tests() {
        let run = read_all(KUNIT);
        let want = [
            "passed sysctl.proc_dointvec",
            "failed sysctl.proc_null: proc_null: EXPECTATION FAILED at a.c:3",
            "skipped sysctl.params.one: why",
            "passed sysctl.params.two",
            "skipped empty",
        ];
        assert_eq!(run.0, want);
        assert_eq!(run.1, []);
    }

    #[test]
    fn kernel_log_prefix_is_ignored_and_crashes_are_found() {
        let logged: String =
            KUNIT.lines().map(|line| format!("[    0.060000][    T1] {line}\n")).collect();
        assert_eq!(read_all(&logged).0, read_all(KUNIT).0);
        assert!(sniff(&logged) && sniff(KUNIT));
        let crash = "    # t: try faulted: last line seen a.c:1\n    # t: internal error occurred \
            preventing test case from running: -4\n";
        let crashed = format!(
            "KTAP version 1\n1..1\n    # Subtest: s\n    1..1\n{crash}    # kunit test case crashed!\n    \
             not ok 1 t\nnot ok 1 s\n"
        );
        assert!(read_all(&crashed).0[0].starts_with("crashed s.t: "));
    }

    #[test]
    fn truncated_kernel_log_leaves_gaps() {
        let truncated = &KUNIT[..KUNIT.find("    # params").unwrap()];
        let unmet = GapKind::PlanNotMet { planned: 2, actual: 1 };
        assert_eq!(read_all(truncated).1, [unmet, GapKind::Truncated]);
        let run = read_all(
            "TAP version 13\n1..2\n# selftests: a: b\nnot ok 1 selftests: a: b # exit=134\n",
        );
        assert_eq!(run.0, ["crashed a:b: selftests: a: b"]);
        assert_eq!(run.1, [GapKind::PlanNotMet { planned: 2, actual: 1 }]);
    }
}
