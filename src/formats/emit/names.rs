//! Joins the names of suites, classes or files and of a test into the full name of the test.
//!
//! The name of a suite occurs once in a file and in the name of each of its tests, so that a small file could produce
//! gigabytes of names. Only a bounded part of it is kept. The test's own name is kept whole, because two tests must
//! not share one name.

use crate::model::truncate_at_char;

/// The maximum length of the names around a test, in bytes. Where a test is a single letter, as in the
/// output of Samba's selftest, all names together may be this many times as long as the file.
pub(crate) const MAX_PARENTS_LEN: usize = 4 << 10;

/// Appends the next of the names around a test, the outermost first.
#[inline]
pub(crate) fn push_parent(whole: &mut String, part: &str, separator: &str) {
    let room = MAX_PARENTS_LEN.saturating_sub(whole.len());
    if room > 0 && !part.is_empty() {
        whole.push_str(truncate_at_char(part, room));
        whole.push_str(separator);
    }
}

/// Joins the name of a parent and a child; either may be empty.
pub(crate) fn join_child(parent: &str, name: &str, separator: &str) -> String {
    let mut whole = String::new();
    push_parent(&mut whole, parent, if name.is_empty() { "" } else { separator });
    whole + name
}

/// Joins the parts of a name that are not empty; all but the last are its parents.
pub(crate) fn join(parts: &[&str], separator: &str) -> String {
    let mut whole = String::new();
    let Some((name, parents)) = parts.split_last() else { return whole };
    for part in parents {
        push_parent(&mut whole, part, separator);
    }
    match whole.strip_suffix(separator) {
        Some(trimmed) if name.is_empty() => whole.truncate(trimmed.len()),
        Some(_) | None => whole.push_str(name),
    }
    whole
}

/// Joins a class and a name; the name alone where it begins with the class.
pub(crate) fn qualify(class: &str, name: &str, separator: &str) -> String {
    match name.strip_prefix(class) {
        Some(rest) if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') => {
            name.to_owned()
        }
        Some(_) | None => join_child(class, name, separator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;
    use crate::model::{Gap, ProblemKind, ReadConfig, RunBuilder, Sink, TestResult};

    #[test]
    fn empty_parts_leave_no_separator() {
        assert_eq!(join(&["", "a", "", "b", ""], "/"), "a/b");
        assert_eq!((join(&[""], "/"), join(&[], "/")), (String::new(), String::new()));
        assert_eq!([join_child("a", "b", "::"), join_child("", "b", "::")], ["a::b", "b"]);
        assert_eq!([join_child("a", "", "::"), qualify("a", "a.b", ".")], ["a", "a.b"]);
        assert_eq!([qualify("a", "ab", "."), qualify("", "b", ".")], ["a.ab", "b"]);
    }

    #[test]
    fn parents_are_truncated_and_name_is_kept() {
        let (parents, name) = ("\u{e4}".repeat(MAX_PARENTS_LEN), "n".repeat(MAX_PARENTS_LEN));
        let whole = join_child(&parents, &name, ".");
        assert_eq!(whole, format!("{}.{name}", &parents[..MAX_PARENTS_LEN]));
        assert_eq!(join(&["a"; 100_000], ".").len(), MAX_PARENTS_LEN + 1);
        assert_eq!(join(&[&parents, ""], "."), parents[..MAX_PARENTS_LEN]);
        assert_eq!(join(&[&parents, &parents, &parents, &name], "."), whole);
    }

    /// The total length of the names of a file.
    #[derive(Default)]
    struct NameLengthSink(usize);

    impl Sink for NameLengthSink {
        fn result(&mut self, result: &TestResult<'_>) {
            self.0 += result.name.len();
        }
        fn gap(&mut self, _: Gap) {}
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    /// Each file has one long name, with as many short ones inside as fit in the same size.
    #[test]
    fn small_file_cannot_expand_to_gigabytes_of_names() {
        let long = "x".repeat(16 << 10);
        let repeated = |unit: &str| unit.repeat((16 << 10) / unit.len());
        let case = "<testcase name='a'><flakyFailure/><flakyFailure/></testcase>";
        let suite = format!("{{\"name\": \"{long}\", \"tests\": [{{}}");
        let files = [
            ("samba-selftest", format!("[1(0)/1 at 0s] {long}: ok\n{}\n", repeated("."))),
            ("junit", format!("<testsuite name='{long}'>{}</testsuite>", repeated(case))),
            (
                "junit",
                format!("<testcase name='{long}'>{}</testcase>", repeated("<flakyFailure/>")),
            ),
            ("ktap", format!("KTAP version 1\n# Subtest: {long}\n{}", repeated("ok 1\n"))),
            ("node-spec", format!("\u{25b6} {long}\n{}", repeated("  \u{2714} a (0.1ms)\n"))),
            ("prove", format!("{long}.t .. \n{}", repeated("ok 1\n"))),
            (
                "teamcity",
                format!(
                    "##teamcity[testSuiteStarted name='{long}']\n{}",
                    repeated("##teamcity[testIgnored name='a']\n")
                ),
            ),
            ("go", repeated("--- PASS: A (0.0s)\n") + &format!("ok  \t{long}\t0.1s\n")),
            ("xfstests", format!("SECTION       -- {long}\n{}", repeated("generic/001 1s\n"))),
            ("smbtorture-simple", format!("Running {long}\n{}", repeated("TEST a SKIPPED! - \n"))),
            (
                "libtest",
                format!("   Doc-tests {long}\n\nrunning 9 tests\n{}", repeated("test a ... ok\n")),
            ),
            (
                "dejagnu",
                format!(
                    "Schedule of variations:\n    a\n    b\nRunning target {long}\n{}",
                    repeated("PASS: a\n")
                ),
            ),
            ("robot-json", format!("{{\"suite\": {suite}{}]}}}}", repeated(",{}"))),
            (
                "wptreport-json",
                format!(
                    "{{\"results\": [{{\"test\": \"{long}\", \"subtests\": [{{}}{}]}}]}}",
                    repeated(",{}")
                ),
            ),
            (
                "piglit-json",
                format!(
                    "{{\"tests\": {{\"{long}\": {{\"subtest\": {{\"a\": \"\"{}}}}}}}}}",
                    repeated(",\"a\":\"\"")
                ),
            ),
        ];
        for (format, file) in files {
            let mut sink = NameLengthSink::default();
            let format = Format::from_name(format).expect("a format");
            format.read(file.as_bytes(), RunBuilder::new(0, ReadConfig::default(), &mut sink));
            let times = sink.0 / file.len();
            assert!((10..MAX_PARENTS_LEN).contains(&times), "{}: {times}", format.name());
        }
    }
}
