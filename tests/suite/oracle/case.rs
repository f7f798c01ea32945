//! What the program is given, as plain values: a list, a run, a base run, earlier runs and options.
//!
//! The generator makes these values, `files` writes them as files, and the model reads them directly.

/// Everything that one call of `check` reads.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// A later document overlays those before it.
    pub documents: Vec<Document>,
    pub run: Run,
    pub base: Option<Run>,
    /// Earlier runs that are given as evidence.
    pub earlier: Vec<EarlierRun>,
    pub options: Options,
}

/// A document of known failures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub path: &'static str,
    pub sections: Vec<Section>,
}

/// A heading with one table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    pub directive: Directive,
    pub rows: Vec<Cells>,
}

/// A comment above a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Directive {
    None,
    /// The table is not a list.
    Ignore,
    /// The variants of rows that name none.
    Variants(&'static str),
    /// A pattern also matches an end of a name.
    MatchEnd,
    /// The status of rows that name none.
    Status(&'static str),
}

/// One row of a table, as its cells mean it: without backticks and with `|` as it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cells {
    pub pattern: &'static str,
    pub status: &'static str,
    pub variants: &'static str,
    pub issue: &'static str,
}

/// The results files of one run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub files: Vec<ResultsFile>,
}

/// One results file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResultsFile {
    /// Empty in a run without variants.
    pub variant: &'static str,
    pub format: Format,
    pub tests: Vec<TestEntry>,
    /// Planned tests that did not run; `None` without a plan. Only subunit has plans.
    pub not_run: Option<u64>,
    /// Whether the file ends in the middle of a line. Only subunit files do.
    pub is_truncated: bool,
    /// The exit code of the runner that wrote this file, for the table of exit codes.
    pub exit_code: Option<i64>,
}

/// What a results file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A line of deqp-runner's `results.csv` for each test: no messages, no plan.
    DeqpRunner,
    /// subunit as smbtorture prints it: a start and an end for each test, a plan, messages.
    Subunit,
    /// JUnit XML with surefire's elements for retried tests.
    Junit,
}

/// What a results file shows of one test: attempts that failed and were retried, then the last one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TestEntry {
    pub name: &'static str,
    pub retried: Vec<Attempt>,
    pub last: Attempt,
}

/// One attempt of a test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attempt {
    pub outcome: Outcome,
    /// Only of failures, and not in deqp-runner's files.
    pub message: &'static str,
}

/// What the test runner reported, mildest first: of several results of one test the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Outcome {
    Passed,
    Skipped,
    Xfailed,
    Unfinished,
    Xpassed,
    Failed,
    Errored,
    TimedOut,
    Crashed,
}

/// A run before this one.
#[derive(Debug, Clone)]
pub(crate) struct EarlierRun {
    pub run: Run,
    pub commit: Option<&'static str>,
}

/// Options of `check`.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The argument of `--fail-on`.
    pub fail_on: &'static str,
    /// The argument of `--infra`.
    pub infra: Option<&'static str>,
    pub max_infra: MaxInfra,
    pub min_tests: Option<u64>,
    pub test_exit_code: Option<i64>,
    /// Whether there is a table of exit codes (`--exit-codes`).
    pub has_exit_codes: bool,
    /// Whether the table names a suite that has no results file.
    pub has_lost_suite: bool,
    pub runs: Option<usize>,
    pub commit: Option<&'static str>,
    pub all_tests: bool,
}

/// The argument of `--max-infra`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MaxInfra {
    Tests(u64),
    /// A percentage in tenths: 125 is `12.5%`.
    Tenths(u64),
}

/// The commit that the run tested, if one is given.
pub(crate) const COMMIT: &str = "c1";

impl Outcome {
    /// The word of the JSON report.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Skipped => "skipped",
            Outcome::Xfailed => "xfailed",
            Outcome::Unfinished => "unfinished",
            Outcome::Xpassed => "xpassed",
            Outcome::Failed => "failed",
            Outcome::Errored => "errored",
            Outcome::TimedOut => "timed-out",
            Outcome::Crashed => "crashed",
        }
    }

    /// Whether the runner counts it as a failure. An unexpected pass is one, an expected failure is none.
    pub(crate) fn fails(self) -> bool {
        self >= Outcome::Xpassed
    }
}

impl ResultsFile {
    /// The path in the directory of its run; the variant is the name of its folder.
    pub(crate) fn path(&self, folder: &str, index: usize) -> String {
        let variant = if self.variant.is_empty() { "plain" } else { self.variant };
        let extension = match self.format {
            Format::DeqpRunner => "csv",
            Format::Subunit => "txt",
            Format::Junit => "xml",
        };
        format!("{folder}/{variant}/{}.{extension}", ResultsFile::stem(index))
    }

    /// The name of the file without its extension, as the table of exit codes has it.
    pub(crate) fn stem(index: usize) -> String {
        format!("suite{index}")
    }
}

impl Run {
    /// Each file with its path.
    pub(crate) fn files(&self, folder: &str) -> Vec<(String, &ResultsFile)> {
        let files = self.files.iter().enumerate();
        files.map(|(index, file)| (file.path(folder, index), file)).collect()
    }
}

impl Document {
    /// The text of the document, and the 1-based line and the section of each row that is in a list.
    pub(crate) fn write(&self) -> (String, Vec<(u32, &Section, &Cells)>) {
        let mut lines: Vec<String> = vec![format!("# {}", self.path)];
        let mut rows = Vec::new();
        for (index, section) in self.sections.iter().enumerate() {
            lines.extend([String::new(), format!("## Section {index}"), String::new()]);
            let directive = match section.directive {
                Directive::None => None,
                Directive::Ignore => Some("<!-- knownfail: ignore -->".to_owned()),
                Directive::Variants(names) => {
                    Some(format!("<!-- knownfail: variants = {names} -->"))
                }
                Directive::MatchEnd => Some("<!-- knownfail: match = end -->".to_owned()),
                Directive::Status(status) => Some(format!("<!-- knownfail: status = {status} -->")),
            };
            lines.extend(directive.into_iter().flat_map(|line| [line, String::new()]));
            lines.push("| Test | Status | Variants | Issue |".to_owned());
            lines.push("|---|---|---|---|".to_owned());
            for cells in &section.rows {
                lines.push(cells.write());
                if section.directive != Directive::Ignore {
                    rows.push((lines.len() as u32, section, cells));
                }
            }
        }
        (lines.join("\n") + "\n", rows)
    }
}

impl Cells {
    /// The row as a line. What GitHub would show differently is in backticks.
    pub(crate) fn write(&self) -> String {
        let Cells { pattern, status, variants, issue } = self;
        let needs_backticks =
            pattern.matches('*').count() > 1 || pattern.contains(['_', '\\', '|']);
        let pattern = if needs_backticks {
            format!("`{}`", pattern.replace('|', "\\|"))
        } else {
            (*pattern).to_owned()
        };
        let status = match status.split_once(": ") {
            Some((word, pin)) => format!("{word}: `{pin}`"),
            None => (*status).to_owned(),
        };
        format!("| {pattern} | {status} | {variants} | {issue} |")
    }
}
