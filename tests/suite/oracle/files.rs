//! Writes a case as the files and arguments that the program is given.

use super::case::{Attempt, Case, Format, MaxInfra, Options, Outcome, ResultsFile, Run, TestEntry};
use std::fmt::Write;

/// A path and its text.
pub(crate) type TextFile = (String, String);

/// The folder of the run's results, and that of the base run's.
pub(crate) const RUN: &str = "run";
pub(crate) const BASE: &str = "base";

/// The documents.
pub(crate) fn documents(case: &Case) -> Vec<TextFile> {
    let write = |document: &super::case::Document| (document.path.to_owned(), document.write().0);
    case.documents.iter().map(write).collect()
}

/// The results files of a run.
pub(crate) fn results(run: &Run, folder: &str) -> Vec<TextFile> {
    let files = run.files(folder).into_iter();
    files.map(|(path, file)| (path, text(file))).collect()
}

/// The table of exit codes: one line for each file whose code is known.
pub(crate) fn exit_codes(case: &Case) -> String {
    let all: Vec<usize> = (0..case.run.files.len()).collect();
    let lost = if case.options.has_lost_suite { "lost 1\n" } else { "" };
    exit_codes_of(&case.run, &all) + lost
}

/// The table of exit codes of some of the files.
pub(crate) fn exit_codes_of(run: &Run, files: &[usize]) -> String {
    let line = |index: &usize| {
        let code = run.files[*index].exit_code;
        code.map(|code| format!("{}\t{code}\n", ResultsFile::stem(*index)))
    };
    files.iter().filter_map(line).collect()
}

/// The pattern that finds the results in a folder: with variants, the variant is the name of their folder.
pub(crate) fn pattern(run: &Run, folder: &str) -> String {
    let is_plain = run.files.iter().all(|file| file.variant.is_empty());
    if is_plain { format!("{folder}/plain/*") } else { format!("{folder}/{{variant}}/*") }
}

/// The options that say how results are judged.
pub(crate) fn arguments(case: &Case) -> Vec<String> {
    let Options {
        fail_on,
        infra,
        max_infra,
        min_tests,
        test_exit_code,
        has_exit_codes,
        has_lost_suite: _,
        runs,
        commit,
        all_tests,
    } = &case.options;
    let mut arguments: Vec<String> = Vec::new();
    let mut option = |name: &str, value: Option<String>| {
        arguments.extend(value.map(|value| format!("--{name}={value}")));
    };
    for document in &case.documents {
        option("known-failures", Some(document.path.to_owned()));
    }
    option("fail-on", Some((*fail_on).to_owned()));
    option("infra", infra.map(str::to_owned));
    option("max-infra", Some(max_infra.argument()).filter(|_| infra.is_some()));
    option("min-tests", min_tests.map(|tests| tests.to_string()));
    option("test-exit-code", test_exit_code.map(|code| code.to_string()));
    option("exit-codes", has_exit_codes.then(|| "codes.txt".to_owned()));
    option("runs", runs.filter(|_| !case.earlier.is_empty()).map(|runs| runs.to_string()));
    option("commit", commit.map(str::to_owned));
    arguments.extend(all_tests.then(|| "--all-tests".to_owned()));
    arguments
}

impl MaxInfra {
    /// As on the command line.
    fn argument(self) -> String {
        match self {
            MaxInfra::Tests(tests) => tests.to_string(),
            MaxInfra::Tenths(tenths) => format!("{}.{}%", tenths / 10, tenths % 10),
        }
    }
}

/// The text of a results file.
fn text(file: &ResultsFile) -> String {
    match file.format {
        Format::DeqpRunner => file.tests.iter().map(deqp_line).collect(),
        Format::Subunit => subunit(file),
        Format::Junit => junit(file),
    }
}

fn deqp_line(test: &TestEntry) -> String {
    let status = match test.last.outcome {
        Outcome::Passed if !test.retried.is_empty() => "Flake",
        Outcome::Passed => "Pass",
        Outcome::Skipped => "Skip",
        Outcome::Xfailed => "ExpectedFail",
        Outcome::Unfinished => "Missing",
        Outcome::Xpassed => "UnexpectedImprovement(Pass)",
        Outcome::Failed | Outcome::Errored => "Fail",
        Outcome::TimedOut => "Timeout",
        Outcome::Crashed => "Crash",
    };
    format!("{},{status}\n", test.name)
}

fn subunit(file: &ResultsFile) -> String {
    let mut text = "smbtorture 4.17.12\ntime: 2026-12-01 08:00:00.000000Z\n".to_owned();
    if let Some(not_run) = file.not_run {
        let _ = writeln!(text, "progress: {}", file.tests.len() as u64 + not_run);
    }
    for TestEntry { name, last: Attempt { outcome, message }, .. } in &file.tests {
        let _ = writeln!(text, "test: {name}");
        let word = match outcome {
            Outcome::Unfinished => continue,
            Outcome::Passed => "success",
            Outcome::Skipped => "skip",
            Outcome::Xfailed => "xfail",
            Outcome::Xpassed => "uxsuccess",
            Outcome::Failed => "failure",
            Outcome::Errored | Outcome::TimedOut | Outcome::Crashed => "error",
        };
        let details = if message.is_empty() { "" } else { &format!(" [\n{message}\n]") };
        let _ = writeln!(text, "{word}: {name}{details}");
    }
    if file.is_truncated {
        text.push_str("succ");
    }
    text
}

/// As surefire writes it, with the types of other writers for outcomes that it does not have.
fn junit(file: &ResultsFile) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite>\n".to_owned();
    for TestEntry { name, retried, last } in &file.tests {
        let (class, leaf) = name.rsplit_once('.').unwrap_or(("", name));
        let _ = write!(text, "<testcase classname=\"{class}\" name=\"{leaf}\">");
        let message = last.message.replace('\n', "&#10;");
        text += &match last.outcome {
            Outcome::Passed | Outcome::Unfinished => String::new(),
            Outcome::Skipped => "<skipped/>".to_owned(),
            Outcome::Xfailed => "<skipped type=\"pytest.xfail\"/>".to_owned(),
            Outcome::Xpassed => {
                format!("<failure type=\"UnexpectedImprovement(Pass)\" message=\"{message}\"/>")
            }
            Outcome::Failed => format!("<failure message=\"{message}\"/>"),
            Outcome::Errored => format!("<error message=\"{message}\"/>"),
            Outcome::TimedOut => format!("<error type=\"timeout\" message=\"{message}\"/>"),
            Outcome::Crashed => format!("<error type=\"crash\" message=\"{message}\"/>"),
        };
        let kind = if last.outcome == Outcome::Passed { "flaky" } else { "rerun" };
        for Attempt { outcome, message } in retried {
            let failed = if *outcome == Outcome::Failed { "Failure" } else { "Error" };
            let message = message.replace('\n', "&#10;");
            let _ = write!(text, "<{kind}{failed} message=\"{message}\"/>");
        }
        text += "</testcase>\n";
    }
    text + "</testsuite>\n"
}
