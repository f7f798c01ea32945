//! The grammar of single lines: of the Test Anything Protocol, which KTAP and prove share, and of prove's own lines.
//!
//! A `#` starts a directive only if it is unescaped, follows whitespace and is followed by one of [`DIRECTIVES`]; any
//! other is part of the name. Names are not unescaped, because their [`Escapes`] depend on the stream.
//!
//! <https://testanything.org/tap-version-14-specification.html>

use crate::formats::emit::lookup;
use crate::model::Outcome;
use std::borrow::Cow;

/// How deep subtests may be nested; deeper ones count for the last of these.
pub(crate) const MAX_DEPTH: usize = 200;

/// One line, without its indentation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TapLine<'a> {
    /// `TAP version 14`, `KTAP version 1`.
    Version(&'a str),
    Plan {
        tests: u64,
    },
    Point(Point<'a>),
    BailedOut(&'a str),
    /// `# Subtest: name`.
    Subtest(&'a str),
    Comment(&'a str),
    /// `---`: a YAML block.
    Yaml,
    /// Output of the tests.
    Other,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Point<'a> {
    pub ok: bool,
    pub number: Option<u64>,
    /// Without a leading dash, a directive, a duration and an opening brace.
    pub name: &'a str,
    pub directive: Option<(Directive, &'a str)>,
    /// The text after a `#` that is not a directive, without durations: KTAP's `exit=1`, bats' `timeout`.
    pub trailing_comment: &'a str,
    /// Whether subtests in braces follow.
    pub opens: bool,
    /// Whether it has a `# time=…`.
    pub timed: bool,
}

/// What changes the meaning of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directive {
    Skip,
    Todo,
    /// kselftest's expected failure, whether or not the point is `ok`.
    Xfail,
    /// kselftest's unexpected pass, which it counts as a failure.
    Xpass,
}

/// The words of directives. The first two are read in any case, and any word that begins with `skip` is one; those of
/// kselftest are read only as they are here.
const DIRECTIVES: [(&str, Directive); 4] = [
    ("skip", Directive::Skip),
    ("todo", Directive::Todo),
    ("XFAIL", Directive::Xfail),
    ("XPASS", Directive::Xpass),
];

/// What pytest-tap appends to a test that passed although its marker expects a failure.
const STRICT_XPASS: &str = "unexpected success";

/// Comments that are no part of the name.
const TRAILING_COMMENTS: [&str; 4] = ["exit=", "timeout after ", "TIMEOUT", STRICT_XPASS];

/// What is in each point of testem, after a number.
const TESTEM_MARK: &str = " ms] - ";

/// What begins the last line of a run that is given up.
const BAIL_OUT: &str = "Bail out!";

/// What the reason of a TODO contains if the point should have failed: QtTest; pytest-tap and tappy.
const XPASS_REASONS: [&str; 3] =
    ["returned TRUE unexpectedly", "passed unexpectedly", "unexpected success"];

impl<'a> TapLine<'a> {
    pub(crate) fn parse(line: &'a str) -> TapLine<'a> {
        let line = line.trim_end();
        match line.as_bytes() {
            [b'#', ..] => {
                let comment = line[1..].trim_start();
                match comment.strip_prefix("Subtest") {
                    Some("") => TapLine::Subtest(""),
                    Some(name) if name.starts_with(':') => {
                        TapLine::Subtest(strip_varying_suffix(name[1..].trim()).0)
                    }
                    Some(_) | None => TapLine::Comment(comment),
                }
            }
            [b'0'..=b'9', ..] => {
                parse_plan(line).map_or(TapLine::Other, |tests| TapLine::Plan { tests })
            }
            [b'o' | b'n', ..] => parse_point(line).map_or(TapLine::Other, TapLine::Point),
            [b's' | b't', ..] if line.contains(TESTEM_MARK) => {
                parse_testem_point(line).map_or(TapLine::Other, TapLine::Point)
            }
            b"---" => TapLine::Yaml,
            [b'T' | b't' | b'K' | b'k', ..] => {
                parse_version(line).map_or(TapLine::Other, TapLine::Version)
            }
            // In any case since TAP 14.
            [b'B' | b'b', ..] => match line.split_at_checked(BAIL_OUT.len()) {
                Some((words, why)) if words.eq_ignore_ascii_case(BAIL_OUT) => {
                    TapLine::BailedOut(why.trim())
                }
                Some(_) | None => TapLine::Other,
            },
            _ => TapLine::Other,
        }
    }
}

impl Point<'_> {
    /// The outcome as a harness counts it: a point with a directive fails only if it is an unexpected pass.
    pub(crate) fn outcome(&self) -> Outcome {
        match (self.directive, self.ok) {
            (Some((Directive::Skip, _)), _) => Outcome::Skipped,
            (Some((Directive::Xfail, _)), _) => Outcome::Xfailed,
            (Some((Directive::Xpass, _)), _) => Outcome::Xpassed,
            (Some((Directive::Todo, _)), false) => Outcome::Xfailed,
            (Some((Directive::Todo, reason)), true) if is_xpass_reason(reason) => Outcome::Xpassed,
            (Some((Directive::Todo, _)) | None, true) => Outcome::Passed,
            (None, false) if self.trailing_comment.starts_with("timeout after ") => {
                Outcome::TimedOut
            }
            (None, false) if self.trailing_comment.starts_with(STRICT_XPASS) => Outcome::Xpassed,
            (None, false) => Outcome::Failed,
        }
    }

    /// The reason of the directive, or else the trailing comment.
    pub(crate) fn reason(&self) -> &str {
        self.directive.map_or(self.trailing_comment, |(_, reason)| reason)
    }
}

/// Testem's `skip 3 Chrome - [5 ms] - name` and `todo 4 …`, which it prints in place of directives.
fn parse_testem_point(line: &str) -> Option<Point<'_>> {
    let (word, rest) = line.split_once(' ')?;
    let (number, name) = rest.split_once(' ')?;
    let directive = lookup(&DIRECTIVES[..2], word)?;
    let number = Some(number.parse().ok()?);
    let directive = Some((directive, ""));
    let (ok, trailing_comment, opens, timed) = (false, "", false, false);
    Some(Point { ok, number, name, directive, trailing_comment, opens, timed })
}

fn parse_version(line: &str) -> Option<&str> {
    let at = line.find(' ')?;
    let kind = &line[..at];
    let known = kind.eq_ignore_ascii_case("tap") || kind.eq_ignore_ascii_case("ktap");
    let rest = &line[at + 1..];
    let word = rest.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("version "));
    (known && word && rest[8..].starts_with(|c: char| c.is_ascii_digit())).then_some(line)
}

fn parse_plan(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("1..")?;
    let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(end);
    let is_plan = rest.is_empty() || rest.starts_with([' ', '\t', '#']);
    if is_plan { number.parse().ok() } else { None }
}

fn parse_point(line: &str) -> Option<Point<'_>> {
    let rest = line.strip_prefix("not ").map(str::trim_start);
    let ok = rest.is_none();
    let rest = rest.unwrap_or(line).strip_prefix("ok")?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t', '-', '#', '{']) {
        return None;
    }
    let start = rest.trim_start();
    let end = start.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(start.len());
    let number = start[..end].parse().ok();
    let number = number.filter(|_| !start[end..].starts_with(|c: char| c.is_alphanumeric()));
    let rest = strip_dash(if number.is_some() { &start[end..] } else { rest });
    let (rest, opens) = match rest.strip_suffix('{') {
        Some(prefix) if prefix.is_empty() || prefix.ends_with(' ') => (prefix.trim_end(), true),
        Some(_) | None => (rest, false),
    };
    let (name, directive) = split_directive(rest);
    let (name, trailing_comment, timed) = strip_varying_suffix(name);
    Some(Point { ok, number, name, directive, trailing_comment, opens, timed })
}

/// The text without the dash before a description, which whitespace or the number separates from it.
fn strip_dash(text: &str) -> &str {
    let trimmed = text.trim();
    match trimmed.strip_prefix('-') {
        Some(rest) if text.starts_with('-') || rest.is_empty() || rest.starts_with([' ', '\t']) => {
            rest.trim_start()
        }
        Some(_) | None => trimmed,
    }
}

fn is_xpass_reason(reason: &str) -> bool {
    XPASS_REASONS.iter().any(|words| reason.contains(words))
}

/// What a backslash escapes in a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// A hash; and a backslash where Test::More escapes it: in a name with a hash, or at the end of a name.
    TestMore,
    /// A hash and a backslash: TAP 14, and node in TAP 13.
    Always,
}

/// A description without the time in testem's `Chrome - [5 ms] - name`.
pub(crate) fn strip_testem_time(description: &str) -> Cow<'_, str> {
    let parts = description.split_once(TESTEM_MARK).and_then(|(launcher, name)| {
        let (launcher, time) = launcher.rsplit_once(" - [")?;
        let is_time = time == "undefined" || time.bytes().all(|b| b.is_ascii_digit());
        is_time.then_some((launcher, name))
    });
    match parts {
        Some((launcher, name)) => Cow::Owned(format!("{launcher} - {name}")),
        None => Cow::Borrowed(description),
    }
}

/// A description without its escapes; a backslash before any other character is literal.
pub(crate) fn unescape(description: &str, escapes: Escapes) -> Cow<'_, str> {
    let has_escapes = match escapes {
        Escapes::TestMore => description.contains("\\#") || description.ends_with("\\\\"),
        Escapes::Always => description.contains('\\'),
    };
    if !has_escapes {
        return Cow::Borrowed(description);
    }
    let mut unescaped = String::with_capacity(description.len());
    let mut characters = description.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.next_if(|next| character == '\\' && matches!(next, '#' | '\\'));
        unescaped.push(escaped.unwrap_or(character));
    }
    Cow::Owned(unescaped)
}

/// The text before a directive, and the directive with its reason.
fn split_directive(text: &str) -> (&str, Option<(Directive, &str)>) {
    for (at, _) in text.match_indices('#') {
        let prefix = &text[..at];
        if !prefix.is_empty() && !prefix.ends_with([' ', '\t']) {
            continue;
        }
        let rest = text[at + 1..].trim_start();
        let word = rest.split_whitespace().next().unwrap_or("");
        if let Some(directive) = parse_directive(word) {
            return (prefix.trim_end(), Some((directive, rest[word.len()..].trim())));
        }
    }
    (text, None)
}

/// The directive of a word, which punctuation may follow.
fn parse_directive(word: &str) -> Option<Directive> {
    if word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("skip")) {
        return Some(Directive::Skip);
    }
    let end = word.bytes().position(|b| !b.is_ascii_alphabetic()).unwrap_or(word.len());
    let (letters, punctuation) = word.split_at(end);
    let is_todo = letters.eq_ignore_ascii_case("todo");
    let directive = lookup(&DIRECTIVES, if is_todo { "todo" } else { letters })?;
    let ends = punctuation.is_empty() || punctuation.starts_with([':', '-', ',', '.']);
    ends.then_some(directive)
}

/// The text before what varies from run to run, its trailing comment, and whether it has a time.
fn strip_varying_suffix(text: &str) -> (&str, &str, bool) {
    let (mut text, mut trailing_comment, mut timed) = (text.trim_end(), "", false);
    while let Some(at) = text.rfind(" # ") {
        let comment = &text[at + 3..];
        if comment.starts_with("time=") || comment.starts_with("in ") {
            timed = true;
        } else if TRAILING_COMMENTS.iter().any(|words| comment.starts_with(words)) {
            trailing_comment = comment;
        } else {
            break;
        }
        text = text[..at].trim_end();
    }
    if let Some(rest) = text.strip_prefix("# ").filter(|rest| rest.starts_with("time=")) {
        return (&rest[rest.len()..], trailing_comment, true);
    }
    (strip_duration(text), trailing_comment, timed)
}

/// The text without the ` in 12ms` that bats appends to a name.
fn strip_duration(text: &str) -> &str {
    let cut = text.strip_suffix("ms").and_then(|rest| {
        let digits = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        if digits.len() == rest.len() { None } else { digits.strip_suffix(" in ") }
    });
    cut.unwrap_or(text)
}

/// Whether a line is a plan or a numbered point, which belong to a test file in the output of prove.
pub(super) fn is_plan_or_point(line: &str) -> bool {
    match TapLine::parse(line) {
        TapLine::Plan { .. } => true,
        TapLine::Point(point) => point.number.is_some(),
        TapLine::Version(_)
        | TapLine::BailedOut(_)
        | TapLine::Subtest(_)
        | TapLine::Comment(_)
        | TapLine::Yaml
        | TapLine::Other => false,
    }
}

/// Whether a line names a test file, as prove prints it before running the file.
pub(super) fn is_prove_header(line: &str) -> bool {
    parse_prove_header(strip_overwritten(line)).is_some()
}

/// The path and the status in prove's `path .. ok`, which it pads with dots.
pub(super) fn parse_prove_header(line: &str) -> Option<(&str, &str)> {
    let line = match line.split_once("] ") {
        Some((time, rest)) if time.starts_with('[') && time.len() == 9 => rest,
        Some(_) | None => line,
    };
    let (path, rest) = line.split_once(" ..")?;
    let rest = rest.trim_start_matches('.');
    let status = rest.trim();
    let fails = status.starts_with("Failed ") && status.contains(" subtest");
    let fails = fails || is_file_failure(status);
    let is_status = ["", "ok", "skipped"].contains(&status)
        || status.starts_with("skipped: ")
        || status.starts_with("ok   ")
        || is_progress(status)
        || fails;
    let is_path = !path.is_empty() && !path.starts_with('#') && !path.contains([' ', '\t']);
    let is_file = path.ends_with(".t") || path.contains('/') || status.is_empty() || fails;
    (is_status && is_path && is_file && rest.starts_with(' ')).then_some((path, status))
}

/// Whether it is `1/3` or `1/?`: progress, which only a terminal shows.
fn is_progress(status: &str) -> bool {
    let word = status.split(' ').next().unwrap_or("");
    let is_count = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    word.split_once('/')
        .is_some_and(|(ran, total)| is_count(ran) && (total == "?" || is_count(total)))
}

/// A line as a terminal shows it: prove overwrites the header of a file with its progress and verdict.
pub(super) fn strip_overwritten(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    let last = line.rfind('\r').map_or(line, |at| &line[at + 1..]);
    if parse_prove_header(last).is_some() { last } else { line }
}

/// Whether the status of a file is a failure even if none of its points failed.
pub(super) fn is_file_failure(status: &str) -> bool {
    status.starts_with("Dubious, test returned ")
        || status.starts_with("No subtests run")
        || status.starts_with("All ") && status.contains(" subtests passed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_parts(line: &str) -> (Outcome, Option<u64>, &str, &str) {
        let TapLine::Point(point) = TapLine::parse(line) else { panic!("no point: {line}") };
        let reason = match point.directive {
            Some((_, reason)) => reason,
            None => point.trailing_comment,
        };
        (point.outcome(), point.number, point.name, reason)
    }

    #[test]
    fn points_in_all_spellings_are_parsed() {
        assert_eq!(parse_parts("ok"), (Outcome::Passed, None, "", ""));
        assert_eq!(parse_parts("not ok 2-b c"), (Outcome::Failed, Some(2), "b c", ""));
        assert_eq!(parse_parts("ok 3rd thing"), (Outcome::Passed, None, "3rd thing", ""));
        assert_eq!(parse_parts("ok 4 - x # time=1.2ms {"), (Outcome::Passed, Some(4), "x", ""));
        assert_eq!(parse_parts("ok 5 x in 12ms"), (Outcome::Passed, Some(5), "x", ""));
        let late = (Outcome::TimedOut, Some(6), "x", "timeout after 1s");
        assert_eq!(parse_parts("not ok 6 x # timeout after 1s"), late);
        for other in ["okay", "not okay", "ok: x", "nothing"] {
            assert_eq!(TapLine::parse(other), TapLine::Other, "{other}");
        }
    }

    #[test]
    fn dash_belongs_to_the_name_unless_it_is_separate() {
        for (line, name) in [
            ("ok 1 -1 is odd", "-1 is odd"),
            ("ok 1 1 is odd", "1 is odd"),
            ("ok 1 --verbose prints more", "--verbose prints more"),
            ("ok 1 - --verbose", "--verbose"),
            ("ok 1 -\tplain", "plain"),
            ("ok 1 -", ""),
            ("ok - - x", "- x"),
            ("ok -x", "-x"),
            ("ok- x", "x"),
            ("ok 1- x", "x"),
        ] {
            assert_eq!(parse_parts(line).2, name, "{line}");
        }
    }

    #[test]
    fn unexpected_passes_are_failing_and_unknown_words_no_directives() {
        for (line, outcome) in [
            ("ok 1 a # TODO 'a' returned TRUE unexpectedly. (bug 1)", Outcome::Xpassed),
            ("ok 1 a # TODO unexpected success: later", Outcome::Xpassed),
            ("ok 1 a # TODO later", Outcome::Passed),
            ("not ok 1 a # unexpected success: [XPASS(strict)] bug 3", Outcome::Xpassed),
            ("ok 1 # XFAIL a", Outcome::Xfailed),
            ("ok 1 # XPASS a", Outcome::Xpassed),
            ("not ok 1 a # skipping: no network", Outcome::Skipped),
            ("not ok 1 a # zorked", Outcome::Failed),
            ("not ok 1 a # xfail in lower case", Outcome::Failed),
        ] {
            assert_eq!(parse_parts(line).0, outcome, "{line}");
        }
    }

    #[test]
    fn directives_need_leading_whitespace() {
        assert_eq!(parse_parts("ok 1 # SKIP why"), (Outcome::Skipped, Some(1), "", "why"));
        assert_eq!(
            parse_parts("ok 1 a # hash # skipped: b # c"),
            (Outcome::Skipped, Some(1), "a # hash", "b # c")
        );
        assert_eq!(parse_parts("not ok a # TODO b"), (Outcome::Xfailed, None, "a", "b"));
        assert_eq!(parse_parts("ok a # todo"), (Outcome::Passed, None, "a", ""));
        for name in ["a#skip b", r"a \# skip", "a # todos"] {
            assert_eq!(
                parse_parts(&format!("ok 1 - {name}")),
                (Outcome::Passed, Some(1), name, "")
            );
        }
    }

    #[test]
    fn a_backslash_escapes_a_hash_and_a_backslash() {
        let hash = r"hash \# a\b";
        for escapes in [Escapes::TestMore, Escapes::Always] {
            assert_eq!(unescape(hash, escapes), r"hash # a\b");
            assert_eq!(unescape(r"a\\\#b\\", escapes), r"a\#b\");
            assert_eq!(unescape(r"matches \d \", escapes), r"matches \d \");
        }
        assert_eq!(unescape(r"C:\\x", Escapes::Always), r"C:\x");
        assert_eq!(unescape(r"C:\\x", Escapes::TestMore), r"C:\\x");
    }

    #[test]
    fn plans_versions_and_subtests_are_parsed() {
        assert_eq!(TapLine::parse("1..0 # SKIP x"), TapLine::Plan { tests: 0 });
        assert_eq!(TapLine::parse("100..1"), TapLine::Other);
        assert_eq!(TapLine::parse("tap version 13"), TapLine::Version("tap version 13"));
        assert_eq!(TapLine::parse("# Subtest: a # time=3ms"), TapLine::Subtest("a"));
        assert_eq!(TapLine::parse("# Subtest"), TapLine::Subtest(""));
        assert_eq!(TapLine::parse("# Subtests"), TapLine::Comment("Subtests"));
    }

    #[test]
    fn headers_name_a_file() {
        assert_eq!(parse_prove_header("t/a.t .. ok"), Some(("t/a.t", "ok")));
        assert_eq!(parse_prove_header("[12:00:00] t/a.t ....... "), Some(("t/a.t", "")));
        assert_eq!(
            parse_prove_header("c.t .. skipped: not here"),
            Some(("c.t", "skipped: not here"))
        );
        for other in ["test_ok (ut.T.test_ok) ... ok", "ok 1 - a .. b", "# a .. ok", "wait .."] {
            assert_eq!(parse_prove_header(other), None, "{other}");
        }
    }

    #[test]
    fn overwritten_header_yields_the_file_result() {
        let screen = "t/b.t .. \rt/b.t .. 1/3 \r              \rt/b.t .. Failed 1/3 subtests \r";
        assert_eq!(
            parse_prove_header(strip_overwritten(screen)),
            Some(("t/b.t", "Failed 1/3 subtests"))
        );
        let progress = "t/h.t .. \rt/h.t .. 1/? # Looks like you planned 3";
        assert_eq!(parse_prove_header(strip_overwritten(progress)).unwrap().0, "t/h.t");
        assert!(
            parse_prove_header("c.pl .. Dubious, test returned 9 (wstat 2304, 0x900)").is_some()
        );
        assert_eq!(strip_overwritten("not ok 1 - a\rok 1 - b"), "not ok 1 - a\rok 1 - b");
    }
}
