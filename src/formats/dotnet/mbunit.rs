//! The report of MbUnit 2: assemblies, namespaces and fixtures, each with its counters; and the words of both formats.

use crate::formats::emit::{ElementEnd, TestCase, lookup, names, saturating_sum};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

/// The statuses and some categories of Gallio, then the results of MbUnit 2.
pub(super) const OUTCOMES: [(&str, Outcome); 12] = [
    ("passed", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("skipped", Outcome::Skipped),
    ("inconclusive", Outcome::Skipped),
    ("error", Outcome::Errored),
    ("timeout", Outcome::TimedOut),
    ("canceled", Outcome::Errored),
    ("success", Outcome::Passed),
    ("failure", Outcome::Failed),
    ("ignore", Outcome::Skipped),
    ("skip", Outcome::Skipped),
    ("not-run", Outcome::Skipped),
];

/// The elements that have counters; the first is the root.
const LEVELS: [&str; 4] = ["report-result", "assembly", "namespace", "fixture"];

#[derive(Default)]
pub(super) struct MbUnitReader {
    /// The open elements of [`LEVELS`].
    levels: Vec<MbUnitLevel>,
    case: TestCase,
}

#[derive(Default)]
struct MbUnitLevel {
    /// The name in the names of runs, and the full name.
    name: String,
    full_name: String,
    line: u32,
    declared: Option<MbUnitCounter>,
    tests: u64,
    passed: u64,
    /// The number of set-ups and tear-downs that failed.
    other_failures: u64,
}

/// A `counter`.
struct MbUnitCounter {
    tests: u64,
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl MbUnitReader {
    pub(super) fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            name if LEVELS.contains(&name) => {
                self.levels.push(MbUnitLevel::from_tag(tag));
                builder.handle(tag.line, Event::SuiteStarted { name: None });
            }
            "counter" if LEVELS.contains(&parent) => {
                if let Some(level) = self.levels.last_mut() {
                    level.declared = Some(MbUnitCounter::from_tag(tag));
                }
            }
            "run" | "set-up" | "tear-down" => self.case = self.start_case(tag),
            "exception" if self.case.outcome == Some(Outcome::Passed) => {
                self.case.add_outcome(Outcome::Failed);
            }
            _ => {}
        }
    }

    pub(super) fn close(&mut self, end: &ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent) {
            ("message", "exception") => super::add_failure(&mut self.case, end.text),
            ("stack-trace", "exception") => super::add_stack_trace(&mut self.case, end.text),
            ("run" | "set-up" | "tear-down", _) => self.end_case(end.name == "run", builder),
            (name, _) if LEVELS.contains(&name) => self.end_level(end.line, builder),
            _ => {}
        }
    }

    /// The name of a run begins with that of its fixture; those of set-ups and tear-downs may.
    fn start_case(&self, tag: &Tag<'_>) -> TestCase {
        let name = tag.attribute("name");
        let level = self.levels.last();
        let fixture = level.map_or("", |level| level.name.as_str());
        let rest = name.strip_prefix(fixture).and_then(|rest| rest.strip_prefix('.'));
        let full_name = level.map_or("", |level| level.full_name.as_str());
        let name = names::qualify(full_name, rest.unwrap_or(&name), ".");
        let mut case = TestCase::new(tag.line, name);
        let word = tag.attribute("result");
        case.add_known(lookup(&OUTCOMES, &*word), "result", &word);
        case
    }

    fn end_case(&mut self, is_test: bool, builder: &mut RunBuilder<'_>) {
        let mut case = std::mem::take(&mut self.case);
        let is_failing = case.outcome.is_some_and(Outcome::is_failing);
        if let Some(level) = self.levels.last_mut() {
            level.tests += u64::from(is_test);
            level.passed += u64::from(is_test && case.outcome == Some(Outcome::Passed));
            level.other_failures += u64::from(!is_test && is_failing);
        }
        if is_test {
            case.emit(builder);
        } else if is_failing {
            case.outcome = Some(Outcome::Errored);
            case.emit(builder);
        }
    }

    fn end_level(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let Some(level) = self.levels.pop() else { return };
        if let Some(declared) = &level.declared {
            let passed = declared.passed.saturating_add(level.tests - level.passed);
            let tests = declared.tests.max(passed).saturating_add(level.other_failures);
            builder.expect_tests(level.line, tests);
            builder.expect_failures(level.line, declared.failed);
            builder.expect_skips(level.line, declared.skipped);
        }
        builder.handle(line, Event::SuiteEnded);
        if let Some(parent) = self.levels.last_mut() {
            parent.tests += level.tests;
            parent.passed += level.passed;
            parent.other_failures += level.other_failures;
        }
    }
}

impl MbUnitLevel {
    fn from_tag(tag: &Tag<'_>) -> MbUnitLevel {
        let (name, class) = (tag.attribute("name").into_owned(), tag.attribute("type"));
        let full_name = if class.is_empty() { name.clone() } else { class.into_owned() };
        MbUnitLevel { name, full_name, line: tag.line, ..MbUnitLevel::default() }
    }
}

impl MbUnitCounter {
    fn from_tag(tag: &Tag<'_>) -> MbUnitCounter {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        let (passed, failed) = (count("success-count"), count("failure-count"));
        let skipped = count("ignore-count").saturating_add(count("skip-count"));
        let tests = count("run-count").max(saturating_sum([passed, failed, skipped]));
        MbUnitCounter { tests, passed, failed, skipped }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn failed_set_up_is_a_result() {
        let xml = "<report-result><counter run-count='1' success-count='0' failure-count='0' ignore-count='0' \
            skip-count='1'/><assemblies><assembly name='A'><namespaces><namespace name='N'><fixtures>\
            <fixture name='F' type='N.F'><counter run-count='1' skip-count='1'/>\
            <set-up name='SetUp' result='failure'><exception type='X'><message>boom</message>\
            <exception type='Y'><message>why</message></exception></exception></set-up>\
            <runs><run name='F.One' result='skip'/></runs></fixture></fixtures></namespace></namespaces>\
            </assembly></assemblies></report-result>";
        let read = read_as("gallio", xml);
        assert_eq!(read.0, ["errored N.F.SetUp: boom\nwhy", "skipped N.F.One"]);
        assert_eq!(read.1, []);
        let unknown = read_as("gallio", &xml.replace("result='skip'", "result='new'"));
        assert_eq!(unknown.0[1], "failed N.F.One: unknown result `new`");
    }
}
