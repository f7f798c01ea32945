//! The lines that libtest and cargo print.

use crate::formats::emit::{location, lookup, saturating_sum};
use crate::model::{Outcome, SourceLocation};

pub(super) const OUTCOMES: [(&str, Outcome); 7] = [
    ("ok", Outcome::Passed),
    ("bench", Outcome::Passed),
    ("FAILED", Outcome::Failed),
    ("FAILED (time limit exceeded)", Outcome::TimedOut),
    ("ignored", Outcome::Skipped),
    ("process didn't exit successfully, and the binary gave no result", Outcome::Crashed),
    ("a test without an end or with an unknown word", Outcome::Unfinished),
];

/// The words that output may have torn.
const TORN_WORDS: [&str; 3] = ["ok", "FAILED", "ignored"];

/// What may be the outcome of a test whose line output has torn.
#[derive(Debug, Clone, Copy)]
pub(super) struct WordHint {
    pub strength: HintStrength,
    pub outcome: Outcome,
}

/// Where the word was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HintStrength {
    LineStart,
    LineEnd,
    WholeLine,
}

impl WordHint {
    /// The word at an end of a line.
    pub(super) fn parse(line: &str) -> Option<WordHint> {
        use HintStrength::{LineEnd, LineStart, WholeLine};
        if let Some(outcome) = parse_outcome(line) {
            return Some(WordHint { strength: WholeLine, outcome });
        }
        let find = |strength, is_match: fn(&str, &str) -> bool| {
            let word = TORN_WORDS.iter().find(|word| is_match(line, word))?;
            Some(WordHint { strength, outcome: lookup(&OUTCOMES, *word)? })
        };
        find(LineEnd, |line, word| line.ends_with(word))
            .or_else(|| find(LineStart, |line, word| line.starts_with(word)))
    }
}

/// The numbers in `test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out`.
#[derive(Debug, Clone, Copy)]
pub(super) struct LibtestResult {
    pub ok: bool,
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
    pub measured: u64,
}

impl LibtestResult {
    pub(super) fn parse(line: &str) -> Option<LibtestResult> {
        let rest = line.strip_prefix("test result: ")?;
        let (word, counts) = rest.split_once(". ").unwrap_or((rest, ""));
        let count = |name: &str| {
            let number = counts.split("; ").find_map(|part| part.strip_suffix(name));
            number.and_then(|number| number.trim_end().parse().ok()).unwrap_or(0)
        };
        let [passed, failed] = [count("passed"), count("failed")];
        let [ignored, measured] = [count("ignored"), count("measured")];
        Some(LibtestResult { ok: word == "ok", passed, failed, ignored, measured })
    }

    /// How many tests it counts.
    pub(super) fn tests(&self) -> u64 {
        saturating_sum([self.passed, self.failed, self.ignored, self.measured])
    }
}

/// The number in `running N tests`, or `running N tests (shuffle seed: 1)`.
pub(super) fn parse_planned(line: &str) -> Option<u64> {
    let (count, rest) = line.strip_prefix("running ")?.split_once(' ')?;
    let is_plan = matches!(rest, "test" | "tests") || rest.starts_with("tests (shuffle seed: ");
    if is_plan { count.parse().ok() } else { None }
}

/// The outcome of a word as libtest prints it, be it with a reason or with the time that the test took.
pub(super) fn parse_outcome(word: &str) -> Option<Outcome> {
    let word = word.trim_end();
    let word = match word.rsplit_once(" <") {
        Some((word, time)) if time.ends_with("s>") => word,
        Some(_) | None => word,
    };
    if word.starts_with("bench: ") {
        return lookup(&OUTCOMES, "bench");
    }
    lookup(&OUTCOMES, if word.starts_with("ignored, ") { "ignored" } else { word })
}

/// The title and the word in `test name ... ok`; the title is the name without how the test is expected to end.
pub(super) fn parse_test(line: &str) -> Option<(&str, &str)> {
    let (name, word) = line.strip_prefix("test ")?.split_once(" ... ")?;
    if name.is_empty() { None } else { Some((title(name), word)) }
}

/// The same, after output without a line end.
pub(super) fn parse_late_test(line: &str) -> Option<(&str, &str)> {
    let (at, _) = line.match_indices("test ").find(|(at, _)| *at > 0)?;
    parse_test(&line[at..]).filter(|(name, _)| !name.contains(' '))
}

/// The title and the outcome in `name --- FAILED`, which `--quiet` prints.
pub(super) fn parse_quiet(line: &str) -> Option<(&str, Outcome)> {
    let (name, word) = line.rsplit_once(" --- ")?;
    let outcome = parse_outcome(word).filter(|outcome| outcome.is_failing())?;
    Some((title(name), outcome))
}

fn title(name: &str) -> &str {
    let kinds = [" - should panic", " - compile fail", " - compile"];
    let title = kinds.iter().find_map(|kind| name.strip_suffix(kind));
    title.filter(|title| !title.is_empty()).unwrap_or(name)
}

/// The title in `---- name stdout ----`, or without `stdout` as libtest-mimic prints it.
pub(super) fn parse_heading(line: &str) -> Option<&str> {
    let name = line.strip_prefix("---- ")?.strip_suffix(" ----")?;
    let title = name.strip_suffix(" stdout").or_else(|| name.strip_suffix(" stderr"));
    title.or(Some(name)).filter(|title| !title.is_empty())
}

/// The thread in `thread 'name' panicked at`.
pub(super) fn parse_panic(line: &str) -> Option<&str> {
    let (thread, rest) = line.strip_prefix("thread '")?.split_once('\'')?;
    if rest.contains(" panicked at ") { Some(thread) } else { None }
}

/// The binary in `     Running tests/basic.rs (target/debug/deps/basic-0123456789abcdef)`.
pub(super) fn parse_binary(line: &str) -> Option<&str> {
    if let Some(name) = line.strip_prefix("   Doc-tests ") {
        return Some(name);
    }
    let rest = line.strip_prefix("     Running ")?;
    if rest.starts_with('`') {
        // With `--verbose` the command is printed, be it the compiler's.
        return parse_command(rest);
    }
    match rest.rsplit_once('(') {
        Some((_, path)) => Some(binary_name(path.trim_end_matches(')')).0),
        None => Some(binary_name(rest.split(' ').next().unwrap_or(rest)).0),
    }
}

/// The binary in a command between backticks.
pub(super) fn parse_command(text: &str) -> Option<&str> {
    let command = text.split('`').nth(1)?;
    let program = command.split(' ').find(|word| !word.contains('='))?;
    let (name, has_hash) = binary_name(program);
    has_hash.then_some(name)
}

/// The name of a binary, and whether it has a hash, which is not part of the name.
fn binary_name(path: &str) -> (&str, bool) {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let file = file.strip_suffix(".exe").unwrap_or(file);
    match file.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 => (name, true),
        Some(_) | None => (file, false),
    }
}

/// The location in `thread 'x' panicked at src/lib.rs:10:9:`, or in the older form with the message first.
pub(super) fn parse_location(message: &str) -> Option<SourceLocation<'_>> {
    let line = message.lines().find(|line| line.contains("panicked at "))?;
    location::parse_with_column(line.rsplit([' ', ',']).next()?.trim_end_matches(':'))
}

/// The location of the panic on the thread of a test, or else of the first panic.
pub(super) fn location_of<'a>(message: &'a str, title: &str) -> Option<SourceLocation<'a>> {
    let own = message.find(&format!("thread '{title}'"));
    own.and_then(|at| parse_location(&message[at..])).or_else(|| parse_location(message))
}
