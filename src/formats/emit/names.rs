//! Names composed of names: a test's name below those of the suites, classes or files that contain it.
//!
//! In: the parts as a file has them. Out: one name. The trap: the name of a suite is written once in a
//! file and repeated in the name of each of its tests, so that a small file could make gigabytes of
//! names. Only a bounded part of it is kept; the test's own name is kept whole, because two tests must
//! not share one name.

use crate::model::start_of;

/// How much is kept of the names around a test, in bytes. Where a test is a single letter, as in the
/// output of Samba's selftest, all names together may be this many times as long as the file.
pub const LONGEST_AROUND: usize = 4 << 10;

/// Adds the next of the names around a test, the outermost first.
#[inline]
pub fn push_around(whole: &mut String, part: &str, separator: &str) {
    let room = LONGEST_AROUND.saturating_sub(whole.len());
    if room > 0 && !part.is_empty() {
        whole.push_str(start_of(part, room));
        whole.push_str(separator);
    }
}

/// A name below the one that contains it; either may be empty.
pub fn below(around: &str, name: &str, separator: &str) -> String {
    let mut whole = String::new();
    push_around(&mut whole, around, if name.is_empty() { "" } else { separator });
    whole + name
}

/// The parts of a name that are not empty, joined: all but the last are around it.
pub fn joined(parts: &[&str], separator: &str) -> String {
    let mut whole = String::new();
    let Some((name, around)) = parts.split_last() else { return whole };
    for part in around {
        push_around(&mut whole, part, separator);
    }
    match whole.strip_suffix(separator) {
        Some(around) if name.is_empty() => whole.truncate(around.len()),
        Some(_) | None => whole.push_str(name),
    }
    whole
}

/// A class and a name as one; the name alone where it begins with the class.
pub fn of_class(class: &str, name: &str, separator: &str) -> String {
    match name.strip_prefix(class) {
        Some(rest) if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') => {
            name.to_owned()
        }
        Some(_) | None => below(class, name, separator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;
    use crate::model::{Gap, Naming, ProblemKind, RunBuilder, Sink, TestResult};

    #[test]
    fn what_is_empty_leaves_no_separator() {
        assert_eq!(joined(&["", "a", "", "b", ""], "/"), "a/b");
        assert_eq!((joined(&[""], "/"), joined(&[], "/")), (String::new(), String::new()));
        assert_eq!([below("a", "b", "::"), below("", "b", "::")], ["a::b", "b"]);
        assert_eq!([below("a", "", "::"), of_class("a", "a.b", ".")], ["a", "a.b"]);
        assert_eq!([of_class("a", "ab", "."), of_class("", "b", ".")], ["a.ab", "b"]);
    }

    #[test]
    fn what_stands_around_is_bounded_and_the_name_is_whole() {
        let (around, name) = ("\u{e4}".repeat(LONGEST_AROUND), "n".repeat(LONGEST_AROUND));
        let whole = below(&around, &name, ".");
        assert_eq!(whole, format!("{}.{name}", &around[..LONGEST_AROUND]));
        assert_eq!(joined(&["a"; 100_000], ".").len(), LONGEST_AROUND + 1);
        assert_eq!(joined(&[&around, ""], "."), around[..LONGEST_AROUND]);
        assert_eq!(joined(&[&around, &around, &around, &name], "."), whole);
    }

    /// How many bytes of names a file made.
    #[derive(Default)]
    struct Named(usize);

    impl Sink for Named {
        fn result(&mut self, result: &TestResult<'_>) {
            self.0 += result.name.len();
        }
        fn gap(&mut self, _: Gap) {}
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    /// Each has one long name, and below it as many short ones as fit in the same size.
    #[test]
    fn no_small_file_makes_gigabytes_of_names() {
        let long = "x".repeat(16 << 10);
        let many = |unit: &str| unit.repeat((16 << 10) / unit.len());
        let case = "<testcase name='a'><flakyFailure/><flakyFailure/></testcase>";
        let suite = format!("{{\"name\": \"{long}\", \"tests\": [{{}}");
        let files = [
            (Format::SambaSelftest, format!("[1(0)/1 at 0s] {long}: ok\n{}\n", many("."))),
            (Format::Junit, format!("<testsuite name='{long}'>{}</testsuite>", many(case))),
            (
                Format::Junit,
                format!("<testcase name='{long}'>{}</testcase>", many("<flakyFailure/>")),
            ),
            (Format::Ktap, format!("KTAP version 1\n# Subtest: {long}\n{}", many("ok 1\n"))),
            (Format::NodeSpec, format!("\u{25b6} {long}\n{}", many("  \u{2714} a (0.1ms)\n"))),
            (Format::Prove, format!("{long}.t .. \n{}", many("ok 1\n"))),
            (
                Format::Teamcity,
                format!(
                    "##teamcity[testSuiteStarted name='{long}']\n{}",
                    many("##teamcity[testIgnored name='a']\n")
                ),
            ),
            (Format::Go, many("--- PASS: A (0.0s)\n") + &format!("ok  \t{long}\t0.1s\n")),
            (Format::Xfstests, format!("SECTION       -- {long}\n{}", many("generic/001 1s\n"))),
            (Format::SmbtortureSimple, format!("Running {long}\n{}", many("TEST a SKIPPED! - \n"))),
            (
                Format::Libtest,
                format!("   Doc-tests {long}\n\nrunning 9 tests\n{}", many("test a ... ok\n")),
            ),
            (
                Format::Dejagnu,
                format!(
                    "Schedule of variations:\n    a\n    b\nRunning target {long}\n{}",
                    many("PASS: a\n")
                ),
            ),
            (Format::RobotJson, format!("{{\"suite\": {suite}{}]}}}}", many(",{}"))),
            (
                Format::Wptreport,
                format!(
                    "{{\"results\": [{{\"test\": \"{long}\", \"subtests\": [{{}}{}]}}]}}",
                    many(",{}")
                ),
            ),
            (
                Format::Piglit,
                format!(
                    "{{\"tests\": {{\"{long}\": {{\"subtest\": {{\"a\": \"\"{}}}}}}}}}",
                    many(",\"a\":\"\"")
                ),
            ),
        ];
        for (format, file) in files {
            let mut named = Named::default();
            format.read(file.as_bytes(), RunBuilder::new(0, Naming::default(), &mut named));
            let times = named.0 / file.len();
            assert!((10..LONGEST_AROUND).contains(&times), "{}: {times}", format.name());
        }
    }
}
