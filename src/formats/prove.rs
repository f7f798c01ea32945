//! What Perl's `prove` prints, with `-v` or without.
//!
//! In: lines. Out: events. What a newcomer would get wrong: without `-v` a test file is one test,
//! because prove names only the numbers of what failed; with `-v` each point is one. A bare `ok` behind
//! a plan is prove's verdict on the file, and no point.
//!
//! <https://perldoc.perl.org/prove>

use super::encoding::text;
use super::lines::{Line, each};
use super::tap::Stream;
use super::{About, Ended};
use crate::model::{End, Outcome, RunBuilder, Sink};
use std::io::Read;

pub const ABOUT: About = About {
    title: "prove, with -v or without",
    names: "with -v: `file/description`, `file#N` for a point without one; else the file. A file given \
            by its absolute path is named from behind its `tests` or `t` folder",
    outcomes: &[
        ("ok", Outcome::Passed),
        ("not ok; Failed n/m subtests", Outcome::Failed),
        ("a file that ends with an exit code and no failing point", Outcome::Errored),
        ("# SKIP; skipped: reason", Outcome::Skipped),
        ("not ok # TODO", Outcome::Xfailed),
    ],
    incomplete: "no `Result:` at the end; fewer or more points than a file's plan; a file without a plan; \
                 `Bailout called`",
    link: "https://perldoc.perl.org/prove",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|b| *b == b'\n').take(400);
    !head.trim_ascii_start().starts_with(b"<") && lines.any(|line| is_header(&text(line)))
}

/// Whether a line names a test file, as prove does before it runs it.
pub fn is_header(line: &str) -> bool {
    header(line).is_some()
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output =
        Output { stream: Stream::new(builder), file: None, state: State::Running, cut: false };
    let (line, read) = each(input, |number, Line { bytes, .. }| output.line(number, &text(bytes)));
    output.end_file(line);
    let cut = output.state != State::Ended || output.cut;
    let end = output.stream.finish(line);
    let end = if cut { End::Cut } else { end };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    stream: Stream<'b, 's, S>,
    file: Option<File>,
    state: State,
    cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// In the report, which tells nothing new.
    Reporting,
    Ended,
}

/// The test file that runs.
struct File {
    line: u32,
    name: String,
    /// Whether its points are printed.
    has_points: bool,
    failing_before: u64,
    told: bool,
    exit: Option<String>,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if line.starts_with("Result: ") || line.starts_with("FAILED--Further testing stopped") {
            self.state = State::Ended;
            return;
        }
        if line == "Test Summary Report"
            || line.starts_with("Files=")
            || line == "All tests successful."
        {
            self.end_file(number);
            self.state = State::Reporting;
            return;
        }
        if self.state == State::Reporting {
            return;
        }
        if let Some((name, verdict)) = header(line) {
            self.start_file(number, name);
            self.verdict(number, verdict);
        } else if let Some(why) = line.strip_prefix("Bailout called.  Further testing stopped:") {
            self.stream.line(number, &format!("Bail out!{why}"));
        } else if !self.verdict(number, line)
            && let Some(file) = &mut self.file
        {
            file.has_points |= line.starts_with("ok ") || line.starts_with("not ok");
            self.stream.line(number, line);
        }
    }

    fn start_file(&mut self, line: u32, path: &str) {
        self.end_file(line);
        let name = relative(path).to_owned();
        self.stream.start_file(line, &name);
        let failing_before = self.stream.failing();
        let (has_points, told, exit) = (false, false, None);
        self.file = Some(File { line, name, has_points, failing_before, told, exit });
        self.state = State::Running;
    }

    /// Takes prove's word on the file; false when the line is none.
    fn verdict(&mut self, line: u32, said: &str) -> bool {
        let Some(file) = &mut self.file else { return false };
        let said = said.trim_end();
        let (outcome, message) = if said == "ok" || said.starts_with("ok   ") {
            if file.has_points && !self.stream.has_plan() {
                return false;
            }
            (Outcome::Passed, "")
        } else if let Some(why) = said.strip_prefix("skipped") {
            (Outcome::Skipped, why.trim_start_matches([':', ' ']))
        } else if said.starts_with("Failed ") && said.contains(" subtest") {
            (Outcome::Failed, said)
        } else if said.starts_with("Dubious, test returned ") || said.starts_with("No subtests run")
        {
            file.exit.get_or_insert_with(|| said.to_owned());
            return true;
        } else {
            return said.starts_with("All ") && said.contains(" subtests passed");
        };
        if !file.has_points && !file.told {
            file.told = true;
            self.stream.finish_test(line, &file.name, outcome, message);
        }
        true
    }

    fn end_file(&mut self, line: u32) {
        let Some(file) = self.file.take() else { return };
        let failed = file.failing_before < self.stream.failing();
        self.stream.end_document(line);
        match file.exit {
            Some(exit) if !file.told && !failed => {
                self.stream.finish_test(file.line, &file.name, Outcome::Errored, &exit);
            }
            // The file printed nothing at all: only the end of the output can be the reason.
            None if !file.told && !file.has_points => self.cut = true,
            Some(_) | None => {}
        }
    }
}

/// The path and the verdict of `path .. ok`; prove pads with dots.
fn header(line: &str) -> Option<(&str, &str)> {
    let line = match line.split_once("] ") {
        Some((time, rest)) if time.starts_with('[') && time.len() == 9 => rest,
        Some(_) | None => line,
    };
    let (before, rest) = line.split_once(" ..")?;
    let rest = rest.trim_start_matches('.');
    let verdict = rest.trim();
    let known = ["", "ok", "skipped"];
    let is_verdict = known.contains(&verdict)
        || verdict.starts_with("skipped: ")
        || verdict.starts_with("ok   ");
    let is_path = !before.is_empty() && !before.starts_with('#') && !before.contains([' ', '\t']);
    let is_file = before.ends_with(".t") || before.contains('/') || verdict.is_empty();
    (is_verdict && is_path && is_file && rest.starts_with(' ')).then_some((before, verdict))
}

/// A path as its users know it: from behind the tests' folder, when it is absolute.
fn relative(path: &str) -> &str {
    let path = path.strip_prefix("./").unwrap_or(path);
    if !path.starts_with('/') {
        return path;
    }
    let folder = ["/tests/", "/t/"].iter().find_map(|f| path.rfind(f).map(|at| at + f.len()));
    folder.map_or(path, |at| &path[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_name_a_file() {
        assert_eq!(header("t/a.t .. ok"), Some(("t/a.t", "ok")));
        assert_eq!(header("[12:00:00] t/a.t ....... "), Some(("t/a.t", "")));
        assert_eq!(header("c.t .. skipped: not here"), Some(("c.t", "skipped: not here")));
        for other in ["test_ok (ut.T.test_ok) ... ok", "ok 1 - a .. b", "# a .. ok", "wait .."] {
            assert_eq!(header(other), None, "{other}");
        }
    }

    #[test]
    fn absolute_paths_lose_what_is_of_the_machine() {
        assert_eq!(relative("/build/pjd/tests/open/00.t"), "open/00.t");
        assert_eq!(relative("./t/op/a.t"), "t/op/a.t");
        assert_eq!(relative("/elsewhere/a.t"), "/elsewhere/a.t");
    }
}
