//! The results of Android's Compatibility Test Suite and of the other suites of Trade Federation: `test_result.xml`
//! (`Result` with modules), and `testResult.xml` of CTS before Android 7 (`TestResult` with packages).
//!
//! The counts of earlier sessions (`RunHistory`) are those of attempts that the file does not have.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, emit_bail_out, first_non_empty, lookup_ignore_case, names,
    xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["android-cts", "cts", "tradefed"],
    title: "XML of Android's CTS, VTS and other suites of Trade Federation",
    test_name: "`abi module class#test`, as --include-filter takes it; older CTS has the package for the module",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; a module that is not done; a test that was not executed",
    totals: "passed and failed tests and modules of the summary; tests and passed tests of each module",
    link: "https://source.android.com/docs/compatibility/cts/interpret",
    sniff: Sniff::Xml(|head| match head.root() {
        "Result" => head.has_inner(&["Build", "RunHistory", "Summary", "Module"]),
        // Boost.Test has the same root.
        "TestResult" => head.has_inner(&["DeviceInfo", "HostInfo", "TestPackage"]),
        _ => false,
    }),
    read: xml_report::read::<CtsReader>,
};

/// The results of a test. What the suite's own word is none for is the name of the runner's status, in capitals.
const OUTCOMES: [(&str, Outcome); 12] = [
    ("pass", Outcome::Passed),
    ("fail", Outcome::Failed),
    ("ASSUMPTION_FAILURE", Outcome::Skipped),
    ("IGNORED", Outcome::Skipped),
    ("SKIPPED", Outcome::Skipped),
    ("INCOMPLETE", Outcome::Unfinished),
    // Of older CTS.
    ("error", Outcome::Errored),
    ("timeout", Outcome::TimedOut),
    ("omitted", Outcome::Skipped),
    ("notExecuted", Outcome::Unfinished),
    ("pass, with skipped=\"true\"", Outcome::Skipped),
    ("pass, with a Failure", Outcome::Failed),
];

#[derive(Default)]
struct CtsReader {
    summary: CtsSummary,
    /// The counts of the whole file.
    counts: CtsCounts,
    modules_not_done: u64,
    module: CtsModule,
    /// The names of the open suites of older CTS, then of the class.
    classes: Vec<String>,
    case: TestCase,
}

/// What the file declares of itself.
#[derive(Default)]
struct CtsSummary {
    line: u32,
    passed: Option<u64>,
    failed: Option<u64>,
    modules_done: u64,
    modules_total: Option<u64>,
}

/// How many results there are, and how many of them have the word `pass`.
#[derive(Default)]
struct CtsCounts {
    tests: u64,
    passed: u64,
}

#[derive(Default)]
struct CtsModule {
    line: u32,
    /// The ABI and the name.
    id: String,
    is_done: bool,
    /// Why it is not done.
    reason: String,
    declared_tests: Option<u64>,
    declared_passed: Option<u64>,
    counts: CtsCounts,
}

impl XmlReport for CtsReader {
    const ROOTS: &'static [&'static str] = &["Result", "TestResult"];
    const ELEMENTS: &'static [&'static str] = &[
        "Summary",
        "Module",
        "TestPackage",
        "Reason",
        "TestSuite",
        "TestCase",
        "Test",
        "Failure",
        "FailedScene",
    ];
    const TEXTS: &'static [&'static str] = &["StackTrace"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            // A suite whose children are the modules.
            "Result" | "TestResult" if parent.is_empty() => {
                builder.handle(tag.line, Event::SuiteStarted { name: None });
            }
            "Summary" if CtsReader::ROOTS.contains(&parent) => {
                self.summary = CtsSummary::from_tag(tag);
            }
            "Module" | "TestPackage" => {
                self.module = CtsModule::from_tag(tag);
                let name = Some(self.module.id.as_str().into());
                builder.handle(tag.line, Event::SuiteStarted { name });
            }
            "Reason" if parent == "Module" => {
                self.module.reason = tag.attribute("message").into_owned();
            }
            "TestSuite" | "TestCase" => self.classes.push(tag.attribute("name").into_owned()),
            "Test" => self.start_test(tag),
            "Failure" | "FailedScene" => {
                if self.case.outcome == Some(Outcome::Passed) {
                    self.case.add_outcome(Outcome::Failed);
                }
                self.case.add_message(&tag.attribute("message"));
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            // Its first line is the message.
            "StackTrace" if self.case.message.text().is_empty() => self.case.add_message(end.text),
            "StackTrace" => {
                self.case.add_message(end.text.split_once('\n').map_or("", |(_, rest)| rest));
            }
            "Test" => self.case.emit(builder),
            "TestSuite" | "TestCase" => {
                self.classes.pop();
            }
            "Module" | "TestPackage" => self.end_module(end.line, builder),
            "Result" | "TestResult" if end.parent.is_empty() => self.end_run(end.line, builder),
            _ => {}
        }
    }
}

impl CtsReader {
    fn start_test(&mut self, tag: &Tag<'_>) {
        let class = names::join(&self.classes.iter().map(String::as_str).collect::<Vec<_>>(), ".");
        let name = names::join(&[&class, &tag.attribute("name")], "#");
        self.case = TestCase::new(tag.line, names::join(&[&self.module.id, &name], " "));
        let word = tag.attribute("result");
        let known = match lookup_ignore_case(&OUTCOMES, word.trim()) {
            Some(Outcome::Passed) if tag.attribute("skipped") == "true" => Some(Outcome::Skipped),
            known => known,
        };
        if known != Some(Outcome::Unfinished) {
            self.case.add_known(known, "result", &word);
        }
        for counts in [&mut self.counts, &mut self.module.counts] {
            counts.tests += 1;
            counts.passed += u64::from(word.eq_ignore_ascii_case("pass"));
        }
    }

    fn end_module(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let module = std::mem::take(&mut self.module);
        let passed = module.counts.tests_for(module.declared_passed);
        builder.expect_tests(module.line, module.declared_tests.max(passed));
        builder.handle(line, Event::SuiteEnded);
        if !module.is_done {
            self.modules_not_done += 1;
            let why = format!("the module {} is not done", module.id);
            let why = names::join(&[&why, &module.reason], ": ");
            emit_bail_out(&why, module.line, builder);
        }
    }

    fn end_run(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let CtsReader { summary, counts, modules_not_done, .. } = std::mem::take(self);
        if let Some(total) = summary.modules_total {
            let done = summary.modules_done.saturating_add(modules_not_done);
            builder.expect_children(summary.line, total.max(done));
            if summary.modules_done < total && modules_not_done == 0 {
                let why = format!("{} of {total} modules are done", summary.modules_done);
                emit_bail_out(&why, summary.line, builder);
            }
        }
        builder.handle(line, Event::SuiteEnded);
        builder.expect_tests(summary.line, counts.tests_for(summary.passed));
        builder.expect_failures(summary.line, summary.failed);
    }
}

impl CtsSummary {
    fn from_tag(tag: &Tag<'_>) -> CtsSummary {
        let timed_out = tag.number("timeout").unwrap_or(0);
        CtsSummary {
            line: tag.line,
            passed: tag.number("pass"),
            failed: tag.number("failed").map(|failed| failed.saturating_add(timed_out)),
            modules_done: tag.number("modules_done").unwrap_or(0),
            modules_total: tag.number("modules_total"),
        }
    }
}

impl CtsCounts {
    /// How many tests there are if this many passed.
    fn tests_for(&self, passed: Option<u64>) -> Option<u64> {
        passed.map(|passed| passed.saturating_add(self.tests - self.passed))
    }
}

impl CtsModule {
    fn from_tag(tag: &Tag<'_>) -> CtsModule {
        let (package, name) = (tag.attribute("appPackageName"), tag.attribute("name"));
        let name = first_non_empty(&[&package, &name]);
        CtsModule {
            line: tag.line,
            id: names::join(&[&tag.attribute("abi"), name], " "),
            is_done: !tag.attribute("done").eq_ignore_ascii_case("false"),
            declared_tests: tag.number("total_tests"),
            declared_passed: tag.number("pass"),
            ..CtsModule::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    fn result(summary: &str, modules: &str) -> String {
        format!("<Result suite_name=\"CTS\"><Build/><Summary {summary}/>\n{modules}\n</Result>")
    }

    #[test]
    fn module_that_is_not_done_is_a_gap() {
        let module = |done: &str, reason: &str| {
            format!(
                "<Module name=\"CtsA[instant]\" abi=\"x86\" done=\"{done}\" pass=\"1\">{reason}\
                 <TestCase name=\"a.B\"><Test result=\"pass\" name=\"c[0]\"/></TestCase></Module>"
            )
        };
        let done = "pass=\"1\" failed=\"0\" modules_done=\"1\" modules_total=\"1\"";
        let read = read_as("android-cts", &result(done, &module("true", "")));
        assert_eq!((read.0, read.1), (vec!["passed x86 CtsA[instant] a.B#c[0]".into()], vec![]));
        let not_done = done.replace("done=\"1\"", "done=\"0\"");
        assert_eq!(read_as("android-cts", &result(&not_done, &module("true", ""))).1.len(), 1);
        let reason = module("false", "<Reason message=\"device lost\"/>");
        let gaps = read_as("android-cts", &result(&not_done, &reason)).1;
        assert!(format!("{gaps:?}").contains("device lost"), "{gaps:?}");
    }

    #[test]
    fn only_what_passed_passes() {
        let tests = [
            ("pass", " skipped=\"true\"", "skipped"),
            ("fail", " skipped=\"true\"", "failed"),
            ("INCOMPLETE", "", "unfinished"),
            ("SKIPPED", "", "skipped"),
            ("warning", "", "failed"),
        ];
        let xml =
            tests.map(|(word, more, _)| format!("<Test result=\"{word}\" name=\"{word}\"{more}/>"));
        let module = format!(
            "<Module name=\"M\" done=\"true\"><TestCase name=\"C\">{}<Test result=\"pass\" name=\"t\">\
             <Failure message=\"m\"/></Test></TestCase></Module>",
            xml.concat()
        );
        let mut read = read_as("android-cts", &result("pass=\"2\"", &module)).0;
        read.sort();
        let outcomes: Vec<_> = read.iter().map(|line| line.split(' ').next().unwrap()).collect();
        let mut want: Vec<_> = tests.iter().map(|(_, _, outcome)| *outcome).collect();
        want.push("failed");
        want.sort_unstable();
        assert_eq!(outcomes, want);
    }

    #[test]
    fn older_files_have_packages_and_suites() {
        let xml = "<TestResult testPlan=\"NA\"><DeviceInfo/><HostInfo/>\
            <Summary failed=\"1\" notExecuted=\"1\" timeout=\"0\" pass=\"0\"/>\
            <TestPackage name=\"A\" appPackageName=\"android.a\" abi=\"x86\"><TestSuite name=\"android\">\
            <TestSuite name=\"a\"><TestCase name=\"B\"><Test name=\"c\" result=\"fail\">\
            <FailedScene message=\"boom\"><StackTrace>boom\nat d</StackTrace></FailedScene></Test>\
            <Test name=\"e\" result=\"notExecuted\"/></TestCase></TestSuite></TestSuite></TestPackage></TestResult>";
        let read = read_as("android-cts", xml);
        let want = ["failed x86 android.a android.a.B#c: boom\nat d"];
        assert_eq!(read.0[..1], want);
        assert_eq!(read.0[1..], ["unfinished x86 android.a android.a.B#e"]);
    }
}
