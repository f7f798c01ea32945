//! Random cases: lists and runs over a few names, so that rows and tests often meet.
//!
//! A base run and earlier runs are mostly the run itself with some changes.

use super::case::{
    Attempt, COMMIT, Case, Cells, Directive, Document, EarlierRun, Format, MaxInfra, Options,
    Outcome, ResultsFile, Run, Section, TestEntry,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const NAMES: [&str; 9] = ["s.a", "s.b", "s.c", "s.x.a", "s._d_", "s.a*b", "t.a", "t.b", "u"];

const PATTERNS: [&str; 25] = [
    "a",
    "x.a",
    "?",
    "s.a",
    "s.b",
    "s.c",
    "t.a",
    "u",
    "s.x.a",
    "s.*",
    "s.x.*",
    "t.*",
    "*.a",
    "*b",
    "s.?",
    "*",
    "s.a*",
    r"s.a\*b",
    "s._d_",
    "*_d_*",
    r"re:s\.[ab]",
    "re:.*b",
    r"re:t\..*|u",
    "zzz",
    "z.*",
];

const STATUSES: [&str; 16] = [
    "flaky: NT_STATUS_*",
    "flaky: boom",
    "",
    "",
    "",
    "fail",
    "error",
    "timeout",
    "crash",
    "flaky",
    "skip",
    "fail: NT_STATUS_*",
    "fail: boom",
    "error: NT_STATUS_NO_MEMORY",
    "timeout: boom",
    "crash: NT_STATUS",
];

const VARIANT_CELLS: [&str; 22] = [
    "", "", "", "", "", "", "", "", "v1", "v2", "v1, v2", "v2, v1", "!v1", "v*", "v3, !v2", "x",
    "x v1", "v1 x, v3", "!v1 x", "v* y", "re:v1", "x v3",
];

const ISSUES: [&str; 3] = ["", "-", "#740"];

const MESSAGES: [&str; 7] = [
    "NT_STATUS_NO_MEMORY at 12",
    "NT_STATUS_NO_MEMORY at 13",
    "NT_STATUS_OK",
    "boom",
    "boom\nhost is down 3",
    "host is down 4",
    "",
];

/// What `--infra` is given.
const INFRA: &str = "host is down";

const FAIL_ON: [&str; 15] = [
    "regression",
    "regression",
    "strict",
    "strict",
    "strict-all",
    "nothing",
    "new-failures",
    "missing",
    "incomplete",
    "newly-passing",
    "unmatched",
    "differently",
    "flaky",
    "hidden-regressions",
    "strict,flaky,hidden-regressions",
];

/// How many kinds of input a case has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inputs {
    /// A run, and often a base run.
    Run,
    /// Earlier runs too.
    Evidence,
}

/// A case.
pub(crate) fn case(inputs: Inputs) -> impl Strategy<Value = Case> {
    let earlier = if inputs == Inputs::Evidence { 1..4 } else { 0..1 };
    let changes = || vec(change(), 0..6);
    let base = option::weighted(0.5, prop_oneof![3 => changes(), 1 => vec(change(), 20..30)]);
    let earlier = vec((changes(), select(vec![None, Some(COMMIT), Some("c2")])), earlier);
    (documents(), run(), base, earlier, options()).prop_map(
        |(documents, run, base, earlier, options)| {
            let base = base.map(|changes| apply(&run, &changes));
            let earlier = earlier
                .into_iter()
                .map(|(changes, commit)| EarlierRun { run: apply(&run, &changes), commit });
            let has_codes = run.files.iter().any(|file| file.exit_code.is_some());
            let has_exit_codes = options.has_exit_codes && has_codes;
            let earlier = earlier.collect();
            Case { documents, options: Options { has_exit_codes, ..options }, base, earlier, run }
        },
    )
}

/// A case of `update`: what it is given, which of several requests is made, and the next run of the suite.
pub(crate) fn update_case(
    inputs: Inputs,
    requests: usize,
) -> impl Strategy<Value = (Case, usize, Run)> {
    (case(inputs), 0..requests, vec(change(), 1..8)).prop_map(|(case, request, changes)| {
        let next = apply(&case.run, &changes);
        (case, request, next)
    })
}

fn documents() -> impl Strategy<Value = Vec<Document>> {
    let document = |path: &'static str, rows| {
        vec(section(rows), 1..3).prop_map(move |sections| Document { path, sections })
    };
    let overlay = option::weighted(0.25, document("overlay.md", 0..3));
    (document("K.md", 0..6), overlay)
        .prop_map(|(first, overlay)| [first].into_iter().chain(overlay).collect())
}

fn section(rows: std::ops::Range<usize>) -> impl Strategy<Value = Section> {
    let directive = prop_oneof![
        8 => Just(Directive::None),
        1 => Just(Directive::Ignore),
        1 => select(vec!["v1", "v2, v3", "!v1", "x"]).prop_map(Directive::Variants),
        1 => Just(Directive::MatchEnd),
        1 => select(vec!["fail", "flaky", "crash: boom"]).prop_map(Directive::Status),
    ];
    (directive, vec(cells(), rows)).prop_map(|(directive, rows)| Section { directive, rows })
}

fn cells() -> impl Strategy<Value = Cells> {
    let cells = (select(&PATTERNS[..]), select(&STATUSES[..]), select(&VARIANT_CELLS[..]));
    (cells, select(&ISSUES[..])).prop_map(|((pattern, status, variants), issue)| Cells {
        pattern,
        status,
        variants,
        issue,
    })
}

fn run() -> impl Strategy<Value = Run> {
    let variants = select(vec![
        &[""][..],
        &[""],
        &["v1"],
        &["v1", "v2"],
        &["v1", "v2", "v3"],
        &["v1", "v1 x"],
        &["v1 x", "v2 x y", "y v3"],
    ]);
    let file = |variants: &'static [&'static str]| (select(variants), file());
    variants.prop_flat_map(move |variants| vec(file(variants), 1..4)).prop_map(|files| {
        let file = |(variant, file)| ResultsFile { variant, ..file };
        Run { files: files.into_iter().map(file).collect() }
    })
}

fn file() -> impl Strategy<Value = ResultsFile> {
    let formats = vec![Format::DeqpRunner, Format::Subunit, Format::Subunit, Format::Junit];
    let entries = prop_oneof![1 => vec(entry(), 0..1), 20 => vec(entry(), 1..6)];
    let plan = prop_oneof![2 => Just(None), 4 => Just(Some(0)), 1 => (1..3u64).prop_map(Some)];
    let codes = select(vec![Some(0), Some(0), Some(0), Some(1), Some(124), Some(-11), None]);
    (select(formats), entries, plan, proptest::bool::weighted(0.03), codes).prop_map(
        |(format, tests, not_run, is_truncated, exit_code)| {
            let file = ResultsFile { variant: "", format, tests, not_run, is_truncated, exit_code };
            file.limited_to_format()
        },
    )
}

fn entry() -> impl Strategy<Value = TestEntry> {
    let retried = prop_oneof![4 => vec(attempt(), 0..1), 1 => vec(attempt(), 1..3)];
    (select(&NAMES[..]), retried, attempt()).prop_map(|(name, retried, last)| TestEntry {
        name,
        retried,
        last,
    })
}

/// Most tests pass; the others do everything else.
fn attempt() -> impl Strategy<Value = Attempt> {
    let outcome = prop_oneof![
        8 => Just(Outcome::Passed),
        2 => Just(Outcome::Skipped),
        1 => Just(Outcome::Xfailed),
        1 => Just(Outcome::Unfinished),
        1 => Just(Outcome::Xpassed),
        5 => Just(Outcome::Failed),
        2 => Just(Outcome::Errored),
        2 => Just(Outcome::TimedOut),
        2 => Just(Outcome::Crashed),
    ];
    (outcome, select(&MESSAGES[..])).prop_map(|(outcome, message)| Attempt { outcome, message })
}

fn options() -> impl Strategy<Value = Options> {
    let max_infra = prop_oneof![
        (0..3u64).prop_map(MaxInfra::Tests),
        select(vec![0, 92, 250, 333, 500]).prop_map(MaxInfra::Tenths),
    ];
    let code = select(vec![0, 1, 2, 124, 137, -11]);
    let completeness = (
        option::weighted(0.3, Just(INFRA)),
        max_infra,
        option::weighted(0.15, 0..8u64),
        option::weighted(0.15, code),
        (proptest::bool::weighted(0.15), proptest::bool::weighted(0.1)),
    );
    let others = (
        select(&FAIL_ON[..]),
        option::weighted(0.5, 1..4usize),
        option::weighted(0.7, Just(COMMIT)),
        proptest::bool::weighted(0.8),
    );
    (completeness, others).prop_map(
        |((infra, max_infra, min_tests, test_exit_code, codes), others)| {
            let (has_exit_codes, has_lost_suite) = codes;
            let (fail_on, runs, commit, all_tests) = others;
            Options {
                fail_on,
                infra,
                max_infra,
                min_tests,
                test_exit_code,
                has_exit_codes,
                has_lost_suite,
                runs,
                commit,
                all_tests,
            }
        },
    )
}

/// A difference between two runs.
#[derive(Debug, Clone)]
enum Change {
    RemoveFile(Index),
    RemoveTest(Index, Index),
    AddTest(Index, TestEntry),
    SetLast(Index, Index, Attempt),
    ToggleRetry(Index, Index, Attempt),
    SetPlan(Index, Option<u64>),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        1 => index().prop_map(Change::RemoveFile),
        3 => (index(), index()).prop_map(|(file, test)| Change::RemoveTest(file, test)),
        3 => (index(), entry()).prop_map(|(file, test)| Change::AddTest(file, test)),
        6 => (index(), index(), attempt())
            .prop_map(|(file, test, last)| Change::SetLast(file, test, last)),
        1 => (index(), index(), attempt())
            .prop_map(|(file, test, retried)| Change::ToggleRetry(file, test, retried)),
        1 => (index(), option::of(0..2u64)).prop_map(|(file, plan)| Change::SetPlan(file, plan)),
    ]
}

/// Another run, with these differences. It has at least one file.
fn apply(run: &Run, changes: &[Change]) -> Run {
    let mut run = run.clone();
    for change in changes {
        let count = run.files.len();
        match change {
            Change::RemoveFile(file) if count > 1 => {
                run.files.remove(file.index(count));
            }
            Change::RemoveFile(_) => {}
            Change::AddTest(file, test) => run.files[file.index(count)].tests.push(test.clone()),
            Change::SetPlan(file, plan) => run.files[file.index(count)].not_run = *plan,
            Change::RemoveTest(file, test) => {
                let tests = &mut run.files[file.index(count)].tests;
                if tests.len() > 1 {
                    tests.remove(test.index(tests.len()));
                }
            }
            Change::SetLast(file, test, last) => {
                let tests = &mut run.files[file.index(count)].tests;
                if !tests.is_empty() {
                    let test = test.index(tests.len());
                    tests[test].last = last.clone();
                }
            }
            Change::ToggleRetry(file, test, retried) => {
                let tests = &mut run.files[file.index(count)].tests;
                if !tests.is_empty() {
                    let test = test.index(tests.len());
                    let retried = tests[test].retried.is_empty().then(|| retried.clone());
                    tests[test].retried = retried.into_iter().collect();
                }
            }
        }
    }
    run.files = run.files.into_iter().map(ResultsFile::limited_to_format).collect();
    run
}

impl ResultsFile {
    /// The file with nothing that its format cannot show.
    fn limited_to_format(mut self) -> ResultsFile {
        let format = self.format;
        if format != Format::Subunit {
            (self.not_run, self.is_truncated) = (None, false);
        }
        // A file that plans nothing has no tests, and is whole.
        if self.tests.is_empty() && self.not_run != Some(0) {
            self.not_run = None;
        }
        let mut tests: Vec<TestEntry> = Vec::new();
        for test in self.tests {
            // Consecutive cases of one name are attempts to the JUnit reader.
            let is_repeated = tests.iter().any(|earlier| earlier.name == test.name);
            if format != Format::Junit || !is_repeated {
                tests.push(test.limited_to_format(format));
            }
        }
        ResultsFile { tests, ..self }
    }
}

impl TestEntry {
    fn limited_to_format(self, format: Format) -> TestEntry {
        let last = self.last.limited_to_format(format);
        let can_be_retried = match format {
            Format::DeqpRunner => last.outcome == Outcome::Passed,
            Format::Subunit => false,
            Format::Junit => last.outcome == Outcome::Passed || last.outcome.fails(),
        };
        let failed = |attempt: Attempt| {
            let is_error = attempt.outcome == Outcome::Errored;
            let outcome = if is_error { Outcome::Errored } else { Outcome::Failed };
            Attempt { outcome, ..attempt }
        };
        let retried = self.retried.into_iter().map(failed);
        let retried = retried.map(|attempt| attempt.limited_to_format(format));
        // deqp-runner shows that there was a retry, and no more.
        let most = if format == Format::DeqpRunner { 1 } else { usize::MAX };
        let retried = retried.filter(|_| can_be_retried).take(most).collect();
        TestEntry { name: self.name, retried, last }
    }
}

impl Attempt {
    fn limited_to_format(self, format: Format) -> Attempt {
        let outcome = match (format, self.outcome) {
            (Format::DeqpRunner, Outcome::Errored) => Outcome::Failed,
            (Format::Subunit, Outcome::TimedOut | Outcome::Crashed) => Outcome::Errored,
            (Format::Junit, Outcome::Unfinished) => Outcome::Failed,
            (_, outcome) => outcome,
        };
        let message = match format {
            // The type of the element.
            Format::Junit if outcome == Outcome::Xfailed => "pytest.xfail",
            Format::DeqpRunner | Format::Junit | Format::Subunit if !outcome.fails() => "",
            Format::DeqpRunner => "",
            Format::Subunit => self.message,
            // Without a message, the type of the element would be one.
            Format::Junit if self.message.is_empty() => "boom",
            Format::Junit => self.message,
        };
        Attempt { outcome, message }
    }
}
