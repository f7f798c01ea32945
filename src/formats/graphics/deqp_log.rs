//! The output of the Vulkan and OpenGL conformance tests (deqp-vk, deqp-gles…, glcts).
//!
//! Each case is `Test case 'dEQP-…'..`, then its output, then `  Pass (why)`. A run that died has no totals at the end.

use crate::formats::emit::{TestRecord, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, OutcomeCounts, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["deqp-log"],
    title: "the output of the Vulkan and OpenGL CTS (deqp-vk, deqp-gles2, glcts)",
    test_name: "the case, as in dEQP-VK.api.smoke.triangle",
    outcomes: &STATUSES,
    incomplete: "a case starts and never ends; the run has no totals; they count more cases than there are",
    totals: "passed, failed, not supported, warnings and waived",
    link: "https://github.com/KhronosGroup/VK-GL-CTS",
    sniff: Sniff::Bytes(|head| {
        let mut lines = head.split(|byte| *byte == b'\n');
        lines.any(|line| {
            line.starts_with(b"dEQP Core ") || parse_case_name(&decode_lossy(line)).is_some()
        })
    }),
    read,
};

/// The status codes of the test framework, in its output and in its qpa files.
pub(crate) const STATUSES: [(&str, Outcome); 16] = [
    ("Pass", Outcome::Passed),
    ("QualityWarning", Outcome::Passed),
    ("CompatibilityWarning", Outcome::Passed),
    ("Waiver", Outcome::Passed),
    ("NotSupported", Outcome::Skipped),
    ("Disabled", Outcome::Skipped),
    ("Pending", Outcome::Unfinished),
    ("Running", Outcome::Unfinished),
    ("Cancelled", Outcome::Unfinished),
    ("Fail", Outcome::Failed),
    ("ResourceError", Outcome::Errored),
    ("InternalError", Outcome::Errored),
    ("Timeout", Outcome::TimedOut),
    ("WatchdogTimeout", Outcome::TimedOut),
    ("Crash", Outcome::Crashed),
    ("DeviceLost", Outcome::Crashed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = DeqpLogReader {
        builder,
        open: None,
        seen: OutcomeCounts::default(),
        declared_passes: 0,
        totals: DeqpTotals::NotSeen,
    };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    read.complete_if(reader.totals == DeqpTotals::Read)
}

struct DeqpLogReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    open: Option<String>,
    seen: OutcomeCounts,
    /// How many cases passed, with a warning or waived, according to the totals.
    declared_passes: u64,
    totals: DeqpTotals,
}

/// The totals, and the outcome of the cases that they count.
const TOTALS: [(&str, Outcome); 5] = [
    ("Passed", Outcome::Passed),
    ("Failed", Outcome::Failed),
    ("Not supported", Outcome::Skipped),
    ("Warnings", Outcome::Passed),
    ("Waived", Outcome::Passed),
];

/// The totals at the end of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DeqpTotals {
    NotSeen,
    Started,
    Read,
}

impl DeqpLogReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(name) = parse_case_name(line) {
            test_record::emit_started(name, number, self.builder);
            self.open = Some(name.to_owned());
            (self.totals, self.declared_passes) = (DeqpTotals::NotSeen, 0);
        } else if line.starts_with("Test run was ABORTED!") {
            test_record::emit_bail_out("the test run was aborted", number, self.builder);
        } else if line.starts_with("Test run totals:") {
            self.totals = DeqpTotals::Started;
        } else if self.totals != DeqpTotals::NotSeen {
            self.parse_totals_line(number, line);
        } else if let Some((outcome, why)) = parse_status(line)
            && let Some(name) = self.open.take()
        {
            self.seen.add(outcome);
            TestRecord::new(name, outcome).message(why).emit(number, self.builder);
        }
    }

    /// Reads a line as `  Passed:        3/12 (25.0%)`.
    fn parse_totals_line(&mut self, line: u32, text: &str) {
        let Some((word, counts)) = text.trim().split_once(':') else { return };
        let Some(outcome) = test_record::lookup(&TOTALS, word) else { return };
        let Some((count, total)) = counts.trim().split_once('/') else { return };
        let [count, total] = [count, total.split(' ').next().unwrap_or("")].map(parse_count);
        if outcome.is_failing() {
            self.builder.expect_failures(line, count);
        } else if outcome == Outcome::Skipped {
            self.builder.expect_skips(line, count);
        } else {
            self.declared_passes = self.declared_passes.saturating_add(count);
        }
        let missing = self.declared_passes.saturating_sub(self.seen.get(Outcome::Passed));
        let seen = self.seen.total();
        let tests = total.max(seen.saturating_add(missing));
        test_record::emit_plan(Some(tests), seen, line, self.builder);
        if word == "Passed" {
            self.totals = DeqpTotals::Read;
        }
    }
}

/// A number; too large a one is the largest.
fn parse_count(text: &str) -> u64 {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().unwrap_or(u64::MAX) } else { 0 }
}

fn parse_case_name(line: &str) -> Option<&str> {
    line.trim_ascii_end().strip_prefix("Test case '")?.strip_suffix("'..")
}

/// A status code and the reason in parentheses.
fn parse_status(line: &str) -> Option<(Outcome, &str)> {
    let (word, why) = line.trim().split_once(" (")?;
    let known = test_record::lookup(&STATUSES, word);
    // An indented word is an unknown code.
    let is_code = line.starts_with("  ") && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let why = why.strip_suffix(')')?;
    (known.is_some() || is_code).then_some((known.unwrap_or(Outcome::Failed), why))
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn totals_end_a_run_and_every_status_is_read() {
        let cases = "Writing test log into x.qpa\ndEQP Core git-1 (0x1) starting..\n\n\
            Test case 'KHR-GL46.a.p'..\nLink time = 0.8 ms\n  Pass (Supported)\n\n\
            Test case 'KHR-GL46.a.q'..\n  QualityWarning (not so hot)\n\n\
            Test case 'KHR-GL46.a.n'..\n  NotSupported (GL_EXT_x is (not) supported)\n\n\
            Test case 'KHR-GL46.a.i'..\n  InternalError (whoops)\n\n\
            Test case 'KHR-GL46.a.z'..\n  Unheard (of)\n\nDONE!\n\n";
        let totals = |all| format!("Test run totals:\n  Passed:        1/{all} (20.0%)\n");
        let read = read_as("deqp-log", &format!("{cases}{}", totals(5)));
        let want = [
            "passed KHR-GL46.a.p: Supported",
            "passed KHR-GL46.a.q: not so hot",
            "skipped KHR-GL46.a.n: GL_EXT_x is (not) supported",
            "errored KHR-GL46.a.i: whoops",
            "failed KHR-GL46.a.z: of",
        ];
        assert_eq!(read.0, want);
        assert_eq!(read.1, []);
        let short = read_as("deqp-log", &format!("{cases}{}", totals(7)));
        assert_eq!(short.1, [GapKind::PlanNotMet { planned: 7, actual: 5 }]);
        assert_eq!(read_as("deqp-log", cases).1, [GapKind::Truncated]);
        let gaps = |more: &str| {
            let all = format!("{cases}{}  {more}/5 (20.0%)\n", totals(5));
            read_as("deqp-log", &all).1.len()
        };
        for right in ["Failed: 2", "Not supported: 1", "Warnings: 1", "Waived: 0"] {
            assert_eq!(gaps(right), 0, "{right}");
        }
        for more in ["Failed: 3", "Not supported: 2", "Warnings: 2", "Waived: 2"] {
            assert_eq!(gaps(more), 1, "{more}");
        }
    }
}
