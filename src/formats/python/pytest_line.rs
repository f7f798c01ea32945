//! Parses the lines that pytest prints: progress, headings, the short summary, totals.

use crate::formats::emit::test_record::{lookup, saturating_sum};
use crate::model::Outcome;

/// The words of progress and short summary; those of subtests begin with `SUB`.
pub(super) const OUTCOMES: [(&str, Outcome); 15] = [
    ("PASSED", Outcome::Passed),
    ("FAILED", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("SKIPPED", Outcome::Skipped),
    ("XFAIL", Outcome::Xfailed),
    ("xfail", Outcome::Xfailed),
    ("XPASS", Outcome::Passed),
    (RERUN, Outcome::Failed),
    ("SUBPASSED", Outcome::Passed),
    ("SUBPASS", Outcome::Passed),
    ("SUBFAILED", Outcome::Failed),
    ("SUBFAIL", Outcome::Failed),
    ("SUBSKIPPED", Outcome::Skipped),
    ("SUBSKIP", Outcome::Skipped),
    ("SUBXFAIL", Outcome::Xfailed),
];

/// The word of an attempt that another one follows.
pub(super) const RERUN: &str = "RERUN";

/// What the last line of a session counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Passed,
    Failed,
    Errors,
    Skipped,
    Xfailed,
    Xpassed,
    Reruns,
    /// What no version of pytest that is known here counts.
    Unknown,
}

/// The categories in the last line, and the words that are counted in them.
const CATEGORIES: [(&str, Category, &[&str]); 8] = [
    ("passed", Category::Passed, &["PASSED"]),
    ("failed", Category::Failed, &["FAILED", "SUBFAILED", "SUBFAIL"]),
    ("errors", Category::Errors, &["ERROR"]),
    ("error", Category::Errors, &[]),
    ("skipped", Category::Skipped, &["SKIPPED", "SUBSKIPPED", "SUBSKIP"]),
    ("xfailed", Category::Xfailed, &["XFAIL", "xfail", "SUBXFAIL"]),
    ("xpassed", Category::Xpassed, &["XPASS"]),
    ("rerun", Category::Reruns, &[RERUN]),
];

/// What the last line counts besides tests. Not every subtest that passed has a line.
const NO_TESTS: [&str; 5] = ["warning", "deselected", "snapshot", "tests", "subtests passed"];

/// The number of reports in each category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ReportCounts([u64; 8]);

impl ReportCounts {
    pub(super) fn get(&self, category: Category) -> u64 {
        self.0[category as usize]
    }

    pub(super) fn add(&mut self, category: Category, count: u64) {
        let sum = &mut self.0[category as usize];
        *sum = sum.saturating_add(count);
    }

    pub(super) fn add_word(&mut self, word: &str) {
        let counted = CATEGORIES.iter().find(|(_, _, words)| words.contains(&word));
        self.add(counted.map_or(Category::Unknown, |(_, category, _)| *category), 1);
    }

    /// How many of these reports another count has not.
    pub(super) fn missing_in(&self, seen: &ReportCounts) -> ReportCounts {
        let mut missing = *self;
        missing.0.iter_mut().zip(seen.0).for_each(|(count, seen)| *count -= seen.min(*count));
        missing
    }

    /// The number of tests: reruns are attempts.
    pub(super) fn tests(&self) -> u64 {
        saturating_sum(self.0).saturating_sub(self.get(Category::Reruns))
    }
}

pub(super) fn outcome_of(word: &str) -> Outcome {
    lookup(&OUTCOMES, word).unwrap_or(Outcome::Failed)
}

/// The table's own copy of a word.
fn known_word(word: &str) -> Option<&'static str> {
    OUTCOMES.iter().map(|(known, _)| *known).find(|known| *known == word)
}

/// The title in `===== title =====`.
pub(super) fn parse_title(line: &str) -> Option<&str> {
    parse_rule(line, '=')
}

/// The title in a line of this character from end to end.
pub(super) fn parse_rule(line: &str, rule: char) -> Option<&str> {
    let line = line.trim_end();
    let inner = line.strip_prefix(rule)?.strip_suffix(rule)?.trim_matches(rule);
    let title = inner.trim();
    (inner.starts_with(' ') && !title.is_empty()).then_some(title)
}

/// Whether another session begins on this line, perhaps after output.
pub(super) fn starts_session(line: &str) -> bool {
    line.trim_end().ends_with('=') && line.contains("= test session starts =")
}

/// What `1 failed, 2 passed, 1 error in 0.1s` counts.
pub(super) fn parse_counts(title: &str) -> Option<ReportCounts> {
    let (counts, time) = title.rsplit_once(" in ")?;
    let mut time = time.split(' ');
    let (seconds, unit) = (time.next()?, time.next());
    let number = seconds.strip_suffix('s').or((unit == Some("seconds")).then_some(seconds))?;
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut sum = ReportCounts::default();
    for (count, what) in counts.split(", ").filter_map(|count| count.split_once(' ')) {
        let known = CATEGORIES.iter().find(|(category, ..)| *category == what);
        let category = known.map_or(Category::Unknown, |(_, category, _)| *category);
        let is_test = known.is_some() || !NO_TESTS.iter().any(|known| what.starts_with(known));
        if let Some(count) = count.parse().ok().filter(|_| is_test) {
            sum.add(category, count);
        }
    }
    Some(sum)
}

/// How many tests are to run, in `collected 5 items / 1 deselected / 4 selected` or, of pytest-xdist, in
/// `2 workers [5 items]` or `gw0 [5]`.
pub(super) fn parse_plan(line: &str) -> Option<u64> {
    if let Some((_, collected)) = line.split_once("collected ") {
        let mut parts = collected.split(" / ");
        let count = |part: &str| part.split(' ').next()?.parse::<u64>().ok();
        let items = count(parts.next().filter(|part| part.contains(" item"))?)?;
        let deselected = parts.find(|part| part.contains("deselected")).and_then(count);
        return Some(items.saturating_sub(deselected.unwrap_or(0)));
    }
    let (workers, rest) = line.split_once(" [")?;
    let is_workers = workers.ends_with(" workers") || workers.ends_with(" worker");
    let is_worker = workers.strip_prefix("gw").is_some_and(|number| number.parse::<u32>().is_ok());
    let number = rest.split([' ', ']']).next()?;
    (is_workers || is_worker).then(|| number.parse().ok())?
}

/// How many of the collected tests a plugin has left: `Running 5 items in this shard` of pytest-shard,
/// `Running test group #1 (5 tests)` of pytest-test-groups.
pub(super) fn parse_selected(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("Running ")?;
    let count = match rest.strip_prefix("test group #") {
        Some(group) => group.split_once(" (")?.1.trim_end().strip_suffix(" tests)")?,
        None => rest.split_once(" items in this shard")?.0,
    };
    count.parse().ok()
}

/// How many modules were skipped while they were collected: no tests, but counted as skipped.
pub(super) fn parse_skipped_modules(line: &str) -> Option<u64> {
    let mut parts = line.split_once("collected ")?.1.split(" / ");
    parts.find_map(|part| part.trim_end().strip_suffix(" skipped")?.parse().ok())
}

/// A line that begins with the node id of a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Started<'a> {
    pub name: &'a str,
    /// Its outcome's word, where the line ends with it.
    pub word: Option<&'static str>,
    /// What follows the word in parentheses, or replaces it.
    pub rest: &'a str,
    /// Whether the progress is at the end: then what is before it is the outcome.
    pub has_progress: bool,
}

/// Parses `path::test PASSED  [ 10%]`, `path::test output` or `path::test`.
pub(super) fn parse_started(line: &str) -> Option<Started<'_>> {
    // With --setup-show the test is named again, indented.
    let (text, has_progress) = strip_progress(line.trim_start());
    let file_end = text.find("::")?;
    let result = parse_result(text, file_end).filter(|(_, end)| {
        let name = &text[..name_end(text, file_end).min(*end)];
        let more = text[name.len()..*end].trim_start();
        // Without progress, output may stand between the name and the word.
        more.is_empty() || more.starts_with("<- ") || (has_progress && !more.contains("::"))
    });
    if let Some((word, end)) = result {
        let reason = text[end..].trim_start().strip_prefix(word).unwrap_or("").trim();
        let reason =
            reason.strip_prefix('(').map_or(reason, |it| it.strip_suffix(')').unwrap_or(it));
        let name = without_origin(&text[..end]);
        return Some(Started { name, word: Some(word), rest: reason, has_progress });
    }
    let file = &text[..file_end];
    let is_file = !file.contains(' ') && file.rsplit('/').next().unwrap_or("").contains('.');
    if !is_file {
        return None;
    }
    let end = name_end(text, file_end);
    let (name, rest) = (without_origin(&text[..end]), text[end..].trim());
    let rest = match rest.strip_prefix("<- ") {
        Some(origin) => origin.split_once(' ').map_or("", |(_, rest)| rest),
        None => rest,
    };
    Some(Started { name, word: None, rest, has_progress })
}

/// The text before `[ 10%]`, `[ 1/20]` or a duration at the end of the line, and whether there is one.
pub(super) fn strip_progress(line: &str) -> (&str, bool) {
    let line = line.trim_end();
    if let Some((text, percent)) = line.rsplit_once(" [")
        && percent.strip_suffix(']').is_some_and(is_progress)
    {
        return (text.trim_end(), true);
    }
    match line.rsplit_once("  ") {
        Some((text, time)) if is_duration(time) => (text.trim_end(), true),
        Some(_) | None => (line, false),
    }
}

/// Whether this is ` 10%` or ` 1/20`.
fn is_progress(text: &str) -> bool {
    let text = text.trim_end_matches('%');
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '/')
}

fn is_duration(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = &text[number.len()..];
    ["us", "ms", "s", "m", "h"].contains(&unit) && number.parse::<f64>().is_ok()
}

/// The word of the outcome in `path::test PASSED (reason)`, and where the name ends.
fn parse_result(line: &str, file_end: usize) -> Option<(&'static str, usize)> {
    // Parameters and reasons may contain such words too, so search from the end.
    let ends_with_word = |line: &str| -> Option<(&'static str, usize)> {
        let (name, word) = line.rsplit_once(' ')?;
        (name.len() > file_end).then_some((known_word(word)?, name.len()))
    };
    ends_with_word(line).or_else(|| {
        let word_before = |at: usize| ends_with_word(line[..at].strip_suffix(' ')?);
        let mut openings = line.strip_suffix(')')?.rmatch_indices('(').map(|(at, _)| at);
        // A long reason is truncated, so its parentheses may not be balanced.
        reason_start(line).and_then(word_before).or_else(|| openings.find_map(word_before))
    })
}

/// The position of the parenthesis that the last one closes.
fn reason_start(line: &str) -> Option<usize> {
    let inside = line.strip_suffix(')')?;
    let mut closed = 0_usize;
    inside.bytes().enumerate().rev().find_map(|(at, byte)| {
        match byte {
            b'(' if closed == 0 => return Some(at),
            b'(' => closed -= 1,
            b')' => closed += 1,
            _ => {}
        }
        None
    })
}

/// Where a node id ends: at the first blank outside of brackets.
pub(super) fn name_end(text: &str, from: usize) -> usize {
    let mut open = 0_u32;
    let end = text[from..].bytes().position(|byte| {
        match byte {
            b'[' => open += 1,
            b']' => open = open.saturating_sub(1),
            _ => {}
        }
        byte == b' ' && open == 0
    });
    let unbalanced = || text[from..].find("] ").map(|at| at + 1);
    end.or_else(unbalanced).map_or(text.len(), |end| from + end)
}

/// The node id without the file of an inherited test, in `path::test <- base.py`.
fn without_origin(name: &str) -> &str {
    match name.split_once(" <- ") {
        Some((id, origin)) if !origin.contains(']') => id,
        Some(_) | None => name.trim_end(),
    }
}

/// A line of pytest-xdist: `[gw0] [ 10%] PASSED path::test`.
pub(super) struct WorkerReport<'a> {
    pub worker: &'a str,
    /// Unknown words are kept, to be reported.
    pub word: &'a str,
    pub name: String,
}

pub(super) fn parse_worker_report(line: &str) -> Option<WorkerReport<'_>> {
    let (worker, rest) = line.strip_prefix('[')?.split_once("] ")?;
    worker.strip_prefix("gw")?.parse::<u32>().ok()?;
    let progress = rest.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let progress = progress.filter(|(progress, _)| is_progress(progress));
    let rest = progress.map_or(rest, |(_, rest)| rest).trim_end();
    if let Some((word, name, _)) = parse_subtest(rest) {
        return Some(WorkerReport { worker, word, name });
    }
    let (word, name) = rest.split_once(' ')?;
    let name = without_origin(name);
    (name.contains("::") && !word.contains("::")).then(|| WorkerReport {
        worker,
        word,
        name: name.to_owned(),
    })
}

/// The word, the name and what follows it in `SUBFAILED[message] (i=1) path::test - reason`, or in the older
/// `[message] (i=1) SUBFAIL path::test - reason`.
fn parse_subtest(text: &str) -> Option<(&'static str, String, &str)> {
    let begins_node_id =
        |rest: &str| rest.find("::").is_some_and(|end| end > 0 && !rest[..end].contains(' '));
    let sub_words = OUTCOMES.iter().map(|(word, _)| *word).filter(|word| word.starts_with("SUB"));
    for word in sub_words {
        let found = if let Some(rest) = text.strip_prefix(word) {
            let mut ends = rest.match_indices(['(', '[', ']', ')']).map(|(at, _)| at + 1);
            ends.find(|at| rest[*at..].strip_prefix(' ').is_some_and(begins_node_id))
                .map(|at| (&rest[..at], &rest[at + 1..]))
                .or_else(|| {
                    Some(("", rest.strip_prefix(' ')?)).filter(|(_, id)| begins_node_id(id))
                })
        } else if text.starts_with(['[', '(']) {
            text.split_once(&format!(" {word} ")).filter(|(_, id)| begins_node_id(id))
        } else {
            None
        };
        if let Some((description, rest)) = found {
            let (name, why) = split_reason(rest.trim_start());
            return Some((word, subtest_name(name, description), why));
        }
    }
    None
}

fn subtest_name(name: &str, description: &str) -> String {
    if description.is_empty() { name.to_owned() } else { format!("{name} {}", description.trim()) }
}

/// The word, the name of the test, and that of the subtest in `path::test SUBFAILED[message] (i=1)`.
pub(super) fn parse_subtest_progress(text: &str) -> Option<(&'static str, &str, String)> {
    let (text, _) = strip_progress(text);
    let start = text.find("::")? + text[text.find("::")?..].find(" SUB")?;
    let rest = &text[start + 1..];
    let mut words = OUTCOMES.iter().map(|(word, _)| *word);
    let word = words.find(|word| {
        let after = rest.strip_prefix(*word);
        word.starts_with("SUB") && after.is_some_and(|after| after.starts_with(['[', '(', ' ']))
    })?;
    let test = &text[..start];
    Some((word, test, subtest_name(test, &rest[word.len()..])))
}

/// A line of the short summary.
pub(super) struct SummaryEntry {
    pub line: u32,
    pub word: &'static str,
    pub name: String,
    pub why: String,
    /// More than one for tests that were skipped at the same place.
    pub count: u64,
}

pub(super) fn parse_entry(line: u32, text: &str) -> Option<SummaryEntry> {
    let entry = |word, name: &str, why: &str| {
        Some(SummaryEntry { line, word, name: name.to_owned(), why: why.to_owned(), count: 1 })
    };
    if let Some((word, name, why)) = parse_subtest(text) {
        return entry(word, &name, why);
    }
    let (word, rest) = text.split_once(' ')?;
    let word = known_word(word)?;
    if word == "SKIPPED" {
        let (count, name) = parse_skip(rest)?;
        return entry(word, &name, "").map(|entry| SummaryEntry { count, ..entry });
    }
    let (name, why) = split_reason(rest.strip_prefix("at setup of ").unwrap_or(rest));
    entry(word, name, why)
}

/// The node id and the reason in `path::test[a - b] - reason`.
fn split_reason(text: &str) -> (&str, &str) {
    let from = text.rfind("] - ").map_or(0, |at| at + 1);
    match text[from..].find(" - ") {
        Some(at) => (&text[..from + at], &text[from + at + 3..]),
        None => (text, ""),
    }
}

/// The number of tests, and file and reason without the line, in `[1] path.py:5: reason`.
fn parse_skip(rest: &str) -> Option<(u64, String)> {
    let (count, rest) = rest.strip_prefix('[')?.split_once("] ")?;
    let (location, reason) = rest.split_once(": ")?;
    let file = location.rsplit_once(':').map_or(location, |(file, _)| file);
    Some((count.parse().ok()?, format!("{file}: {reason}")))
}

/// Where a word is in the output of a test, the least convincing place first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Placement {
    Inside,
    AtEnd,
    /// It is the line.
    Whole,
    /// It is the line, and the progress follows.
    WithProgress,
}

/// The word in a line of output that may be the outcome of its test.
pub(super) fn find_word(line: &str) -> Option<(&'static str, Placement)> {
    let (text, has_progress) = strip_progress(line);
    let text = text.trim_start();
    let inside = || {
        let words = OUTCOMES.iter().map(|(word, _)| *word).filter(|word| *word != "xfail");
        let found = words.filter_map(|word| Some((text.rfind(word)?, word)));
        let (_, word) = found.max_by_key(|(at, word)| (at + word.len(), word.len()))?;
        Some((word, Placement::Inside))
    };
    let Some((word, start)) = trailing_word(text) else { return inside() };
    match text[..start].chars().next_back() {
        None if has_progress => Some((word, Placement::WithProgress)),
        None => Some((word, Placement::Whole)),
        Some(before) if before.is_ascii_uppercase() || before == '_' => inside(),
        Some(_) => Some((word, Placement::AtEnd)),
    }
}

/// The longest word before the end, or before a reason in parentheses there, and its position.
fn trailing_word(text: &str) -> Option<(&'static str, usize)> {
    let ending = |text: &str| {
        let words = OUTCOMES.iter().map(|(word, _)| *word).filter(|word| text.ends_with(word));
        let word = words.max_by_key(|word| word.len())?;
        let start = text.len() - word.len();
        (word != "xfail" || start == 0 || text[..start].ends_with(' ')).then_some((word, start))
    };
    ending(text).or_else(|| ending(text[..reason_start(text)?].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result_of(line: &str) -> Option<(&'static str, &str)> {
        let started = parse_started(line)?;
        Some((started.word?, started.name))
    }

    #[test]
    fn tests_in_progress() {
        let param = "a/test_b.py::C::d[x y - z] ";
        let want = Some(("PASSED", param.trim_end()));
        assert_eq!(result_of(&format!("{param}PASSED            [ 10%]")), want);
        let report = parse_worker_report("[gw0] [ 10%] PASSED a/test_b.py::C::d[x y - z] ");
        assert_eq!(report.map(|report| report.name), want.map(|(_, name)| name.to_owned()));
        assert_eq!(result_of("t.py ..F.s  [ 10%]"), None);
        assert_eq!(result_of("t.py::a PASSEDX"), None);
        for (line, word, name) in [
            ("t.py::a SKIPPED (why [not]) [100%]", "SKIPPED", "t.py::a"),
            ("t.py::a[x PASSED y] FAILED [ 1%]", "FAILED", "t.py::a[x PASSED y]"),
            ("t.py::a[ FAILED (x)] PASSED", "PASSED", "t.py::a[ FAILED (x)]"),
            ("t.py::a[ SKIPPED (x)] SKIPPED (y)", "SKIPPED", "t.py::a[ SKIPPED (x)]"),
            ("t.py::a SKIPPED (it FAILED (1) once)", "SKIPPED", "t.py::a"),
            ("t.py::a XFAIL (see f(x, y...)", "XFAIL", "t.py::a"),
            ("t.py::A::b <- base.py PASSED  [ 1/20]", "PASSED", "t.py::A::b"),
            ("t.py::a PASSED         189.9us", "PASSED", "t.py::a"),
        ] {
            assert_eq!(result_of(line), Some((word, name)), "{line}");
        }
        assert_eq!(result_of("PASSED (t.py::a)"), None);
        assert_eq!(result_of(&format!("{}x::)", " PASSED (".repeat(100_000))), None);
    }

    #[test]
    fn reasons_follow_the_parameters() {
        assert_eq!(split_reason("t.py::a[x - y] - boom - z"), ("t.py::a[x - y]", "boom - z"));
        assert_eq!(split_reason("t.py::a"), ("t.py::a", ""));
        assert_eq!(parse_skip("[2] t.py:5: why"), Some((2, "t.py: why".to_owned())));
        for (text, name) in [
            ("SUBFAILED[m] (i=1) t.py::a - assert 1", "t.py::a [m] (i=1)"),
            ("SUBFAILED[m] t.py::a - assert 1", "t.py::a [m]"),
            ("[m] (i=1) SUBFAIL t.py::a - assert 1", "t.py::a [m] (i=1)"),
            ("FAILED t.py::a[x] - assert 1", "t.py::a[x]"),
        ] {
            let entry = parse_entry(1, text).expect("an entry");
            assert_eq!((entry.name.as_str(), entry.why.as_str()), (name, "assert 1"));
        }
        assert_eq!(
            parse_subtest_progress("t.py::a SUBFAILED[m] (i=1)   [ 9%]"),
            Some(("SUBFAILED", "t.py::a", "t.py::a [m] (i=1)".to_owned()))
        );
    }

    #[test]
    fn totals_of_old_and_new_versions() {
        let counts = |title| parse_counts(title).map(|counts| counts.tests());
        assert_eq!(counts("1 failed, 2 passed, 3 errors, 7 warnings in 0.1s"), Some(6));
        assert_eq!(counts("2 passed in 61.2s (0:01:01)"), Some(2));
        assert_eq!(counts("2 passed, 4 subtests passed in 0.12 seconds"), Some(2));
        assert_eq!(counts("1 zorked in 0.1s"), Some(1));
        assert_eq!(counts("no tests ran in 0.01s"), Some(0));
        assert_eq!([counts("FAILURES"), counts("wrote x in tests")], [None, None]);
        for (line, tests) in [
            ("collecting ... collected 4 items", Some(4)),
            ("collected 5 items / 1 deselected / 4 selected", Some(4)),
            ("collected 5 items / 1 error / 2 skipped", Some(5)),
            ("2 workers [20 items]", Some(20)),
            ("gw0 [5] / gw1 [5]", Some(5)),
            ("gw0 I / gw1 I", None),
            ("[gw0] [ 5%] PASSED t.py::a", None),
        ] {
            assert_eq!(parse_plan(line), tests, "{line}");
        }
        assert_eq!(parse_skipped_modules("collected 5 items / 1 error / 2 skipped"), Some(2));
    }

    #[test]
    fn words_in_output() {
        for (line, found) in [
            ("PASSED", Some(("PASSED", Placement::Whole))),
            ("SKIPPED (not here)", Some(("SKIPPED", Placement::Whole))),
            ("FAILED            [ 50%]", Some(("FAILED", Placement::WithProgress))),
            ("no newline herePASSED", Some(("PASSED", Placement::AtEnd))),
            ("FAILEDclosing", Some(("FAILED", Placement::Inside))),
            ("hello", None),
        ] {
            assert_eq!(find_word(line), found, "{line}");
        }
    }
}
