//! KTAP, as the Linux kernel's KUnit and its selftests print it.
//!
//! Lines may have the prefix of the kernel log. KUnit nests subtests, each of which is a test. A selftest prints its own
//! points as comments, and the kernel's parser counts only the outer one, so what failed inside is its message.

use super::footer::KernelTotals;
use super::grammar::{MAX_DEPTH, Point, TapLine};
use crate::formats::emit::{lookup, names};
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
        ("# XPASS", Outcome::Xpassed),
        ("[PASS]", Outcome::Passed),
        ("[SKIP]", Outcome::Skipped),
        ("[FAIL]", Outcome::Failed),
        ("another directive: a word in capitals after the hash", Outcome::Failed),
        ("# ERROR", Outcome::Errored),
        ("# TIMEOUT", Outcome::TimedOut),
        ("# exit=134 and other signals; kunit test case crashed", Outcome::Crashed),
    ],
    incomplete: "fewer points than the plan; no plan; a suite without its point",
    totals: "the plan; `pass:N fail:N skip:N total:N` of each suite and of all",
    link: "https://docs.kernel.org/dev-tools/ktap.html",
    sniff: Sniff::Lines(sniff),
    read,
};

/// What kernels of different age indent with.
const BLANKS: [char; 2] = [' ', '\t'];

/// The directives that the grammar of TAP does not have.
const DIRECTIVES: [(&str, Outcome); 2] =
    [("TIMEOUT", Outcome::TimedOut), ("ERROR", Outcome::Errored)];

/// The words of kselftest before Linux 5.2, as in `not ok 1..2 selftests: net: a [SKIP]`, which needs no plan.
const OLD_WORDS: [(&str, Outcome); 3] =
    [("PASS", Outcome::Passed), ("SKIP", Outcome::Skipped), ("FAIL", Outcome::Failed)];

pub(crate) fn sniff(head: &str) -> bool {
    let mut old_kunit = OldKunit::Start;
    for line in head.lines() {
        let (logged, line) = strip_log_prefix(line);
        if line.starts_with("# selftests: ") {
            return true;
        }
        let is_outer = !line.starts_with(BLANKS);
        match TapLine::parse(line.trim_start()) {
            TapLine::Version(version) if logged || version.starts_with(['K', 'k']) => return true,
            TapLine::Point(point)
                if point.name.starts_with("selftests: ")
                    || OldSelftest::parse(&point).is_some() =>
            {
                return true;
            }
            TapLine::Version(version) if version.ends_with("14") => old_kunit = OldKunit::Version,
            TapLine::Plan { .. } if old_kunit == OldKunit::Version && is_outer => {
                old_kunit = OldKunit::Planned;
            }
            TapLine::Subtest(_) if old_kunit.may_start_suite(line) => old_kunit = OldKunit::Suite,
            TapLine::Plan { .. } if old_kunit == OldKunit::Suite && !is_outer => return true,
            TapLine::Version(_)
            | TapLine::Plan { .. }
            | TapLine::Point(_)
            | TapLine::BailedOut(_)
            | TapLine::Subtest(_)
            | TapLine::Yaml => old_kunit = OldKunit::No,
            TapLine::Comment(_) | TapLine::Other => {}
        }
    }
    false
}

/// A point of kselftest before Linux 5.2.
struct OldSelftest<'p> {
    /// Its number, in the place of the end of a plan.
    number: u64,
    title: &'p str,
    outcome: Outcome,
}

impl<'p> OldSelftest<'p> {
    fn parse(point: &Point<'p>) -> Option<OldSelftest<'p>> {
        let (number, text) = point.name.strip_prefix("..")?.split_once(' ')?;
        let text = text.trim_start();
        let text = text.strip_suffix(']').filter(|text| text.starts_with("selftests: "))?;
        let (title, word) = text.rsplit_once(" [")?;
        let known = lookup(&OLD_WORDS, word);
        let known = known.filter(|outcome| (*outcome == Outcome::Passed) == point.ok);
        let outcome = known.unwrap_or(Outcome::Failed);
        Some(OldSelftest { number: number.parse().ok()?, title, outcome })
    }
}

/// The format before KTAP: a plan, an indented title of a suite, and its plan. The oldest kernels have no plan before
/// the titles, and indent with tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OldKunit {
    /// Nothing of it so far.
    Start,
    Version,
    Planned,
    Suite,
    No,
}

impl OldKunit {
    fn may_start_suite(self, line: &str) -> bool {
        match self {
            OldKunit::Start | OldKunit::Version => line.starts_with('\t'),
            OldKunit::Planned => line.starts_with(BLANKS),
            OldKunit::Suite | OldKunit::No => false,
        }
    }
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
    results: u64,
}

struct KtapLevel {
    indent: usize,
    name: String,
    /// How many results there were before it, and how many of them failed.
    results: u64,
    failing: u64,
    planned: u64,
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
                if let Some(level) = self.levels.last_mut() {
                    level.planned = tests;
                }
                builder.expect_children(number, tests);
            }
            TapLine::Point(point) => self.point(number, indent, &point, builder),
            TapLine::BailedOut(why) => {
                builder.handle(number, Event::BailedOut { why: Cow::Borrowed(why) });
            }
            TapLine::Comment(comment) => {
                if let Some(totals) = KernelTotals::parse(comment) {
                    let is_of_all = comment.starts_with("Totals: ");
                    self.totals(number, indent, &totals, is_of_all, builder);
                }
                self.add_output(comment);
            }
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
            let KtapReader { results, failing, .. } = *self;
            let (name, planned, points) = (String::new(), 0, 0);
            self.levels.push(KtapLevel { indent, name, results, failing, planned, points });
            builder.handle(line, Event::SuiteStarted { name: None });
        }
    }

    fn close_to(&mut self, line: u32, indent: usize, builder: &mut RunBuilder<'_>) {
        while self.levels.pop_if(|level| level.indent >= indent).is_some() {
            builder.handle(line, Event::SuiteEnded);
        }
    }

    /// Compares the totals of a suite, which are on the level of its point. Those of all parameters count each of
    /// them; the others count a test with parameters as one.
    fn totals(
        &mut self,
        line: u32,
        indent: usize,
        totals: &KernelTotals,
        is_of_all: bool,
        builder: &mut RunBuilder<'_>,
    ) {
        let Some(inner) = self.levels.iter().find(|level| level.indent > indent) else { return };
        let (inner, points, results) = (inner.indent, inner.points, inner.results);
        self.close_to(line, inner + 1, builder);
        let tests = totals.tests();
        if is_of_all {
            builder.expect_tests(line, Some(tests).filter(|n| *n > self.results - results));
        } else {
            builder.expect_children(line, Some(tests).filter(|n| *n > points));
        }
        builder.expect_failures(line, totals.failing());
        builder.expect_skips(line, totals.skipped);
    }

    fn point(&mut self, line: u32, indent: usize, point: &Point<'_>, builder: &mut RunBuilder<'_>) {
        let inner = self.levels.iter().find(|level| level.indent > indent);
        let inner = inner
            .map(|level| (level.points > 0 || level.planned > 0, level.failing < self.failing));
        self.close_to(line, indent + 1, builder);
        if self.levels.last().is_none_or(|level| level.indent < indent) {
            self.open(line, indent, builder);
        }
        self.points += 1;
        if let Some(level) = self.levels.last_mut() {
            level.points += 1;
        }
        let old = OldSelftest::parse(point);
        if let Some(old) = &old {
            self.planned = true;
            builder.expect_children(line, old.number);
        }
        let (outcome, title, note) =
            old.map_or_else(|| self.outcome(point), |old| (old.outcome, old.title, ""));
        // The point of a suite repeats what its tests reported, unless none of them did.
        let is_redundant = match inner {
            Some((has_tests, has_failed)) => has_failed || (has_tests && !outcome.is_failing()),
            None => false,
        };
        if !is_redundant {
            let name = self.name(point, title);
            let message = match (self.failure_output.text(), self.output.text()) {
                _ if !outcome.is_failing() => point.reason(),
                ("", "") => note,
                ("", output) => output,
                (why, _) => why,
            };
            self.results += 1;
            self.failing += u64::from(outcome.is_failing());
            builder.handle(line, Event::finished(&name, outcome, message));
        }
        self.output.clear();
        self.failure_output.clear();
        self.crashed = false;
    }

    /// The outcome, the name without a directive that TAP does not have, and that directive.
    fn outcome<'p>(&self, point: &Point<'p>) -> (Outcome, &'p str, &'p str) {
        let comment = point.trailing_comment;
        let (title, directive) = split_directive(point.name);
        let unknown = directive.map(|text| {
            let word = text.split(' ').next().unwrap_or("");
            lookup(&DIRECTIVES, word).unwrap_or(Outcome::Failed)
        });
        let exit = comment.strip_prefix("exit=").and_then(|code| code.trim().parse().ok());
        let outcome = match (point.outcome(), exit) {
            (Outcome::Failed, _) if self.crashed => Outcome::Crashed,
            (Outcome::Failed, Some(4)) => Outcome::Skipped,
            (Outcome::Failed, Some(124)) => Outcome::TimedOut,
            (Outcome::Failed, Some(129..=192)) => Outcome::Crashed,
            (_, _) if comment.starts_with("TIMEOUT") => Outcome::TimedOut,
            (outcome, _) => unknown.unwrap_or(outcome),
        };
        (outcome, title, directive.unwrap_or(""))
    }

    fn name(&self, point: &Point<'_>, title: &str) -> String {
        if let Some(test) = title.strip_prefix("selftests: ") {
            return test.trim_start().replacen(": ", ":", 1);
        }
        let mut name = String::new();
        for level in &self.levels {
            names::push_parent(&mut name, &level.name, ".");
        }
        match title {
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

/// A name without its directive, a word in capitals after a hash.
fn split_directive(name: &str) -> (&str, Option<&str>) {
    let (title, directive) = match name.strip_prefix("# ") {
        Some(directive) => ("", directive),
        None => match name.split_once(" # ") {
            Some((title, directive)) => (title.trim_end(), directive),
            None => return (name, None),
        },
    };
    let word = directive.split(' ').next().unwrap_or("");
    let is_word = word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase());
    if is_word { (title, Some(directive)) } else { (name, None) }
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

    #[test]
    fn old_kselftest_has_a_word_in_brackets_and_no_plan() {
        let points = "TAP version 13\nselftests: net: a\n====\nok 1..1 selftests: net: a [PASS]\n\
            selftests: net: b\n====\nno net\nnot ok 1..2 selftests:  net: b [SKIP]\n\
            selftests: net: c\n====\nboom\nnot ok 1..3 selftests:  net: c [FAIL]\n";
        let want = ["passed net:a", "skipped net:b", "failed net:c: selftests: net: c\n====\nboom"];
        assert!(sniff(points));
        assert_eq!(
            (&*read_all(points).0, read_all(points).1),
            (&want.map(str::to_owned)[..], vec![])
        );
        let missing = points.replace("1..3", "1..4").replace("SKIP", "ZORK");
        assert_eq!(read_all(&missing).1, [GapKind::PlanNotMet { planned: 4, actual: 3 }]);
        assert!(read_all(&missing).0[1].starts_with("failed net:b"));
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
    fn totals_of_a_suite_are_compared() {
        let with_totals = |totals: &str| {
            let text =
                KUNIT.replace("not ok 1 sysctl", &format!("# sysctl: {totals}\nnot ok 1 sysctl"));
            read_all(&text).1.len()
        };
        assert_eq!(with_totals("pass:2 fail:1 skip:0 total:3"), 0);
        assert_eq!(with_totals("pass:1 fail:2 skip:0 total:3"), 1);
        assert_eq!(with_totals("pass:1 fail:1 skip:2 total:4"), 2);
        let all = |total: u32| {
            let all = format!("# Totals: pass:2 fail:1 skip:1 total:{total}\nnot ok 1 sysctl");
            read_all(&KUNIT.replace("not ok 1 sysctl", &all)).1
        };
        assert_eq!(all(4), []);
        assert_eq!(all(5), [GapKind::PlanNotMet { planned: 5, actual: 4 }]);
        let inner = KUNIT.replace("skip:1 total:2", "skip:1 total:3");
        assert_eq!(read_all(&inner).1, [GapKind::PlanNotMet { planned: 3, actual: 2 }]);
    }

    #[test]
    fn old_kunit_needs_no_plan_of_its_suites() {
        let text = "TAP version 14\n\t# Subtest: s\n\t1..2\n\tok 1 - a\n\tnot ok 2 - b # ZORK c\n\
                    not ok 1 - s\n\t# Subtest: u\n\t1..1\n\tok 1 - c # TIMEOUT\nok 2 - u\n";
        assert!(sniff(text));
        assert!(sniff(&text.replace("TAP version 14\n", "random: crng init done\n")));
        assert!(!sniff(&text.replace('\t', "    ")));
        assert!(!sniff("1..2\n    # Subtest: s\n    1..1\n    ok 1\nok 1 - s\nok 2\n"));
        let run = read_all(text);
        assert_eq!(run.0, ["passed s.a", "failed s.b: ZORK c", "timed-out u.c"]);
        assert_eq!(run.1, []);
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
