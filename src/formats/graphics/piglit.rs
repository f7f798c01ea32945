//! piglit's `results.json`, which igt-gpu-tools writes too.
//!
//! In: one document with a map of tests. Out: a result for each subtest of a test that has some, else
//! for the test. What a newcomer would get wrong: a test's own result repeats the worst of its
//! subtests, and the map of subtests always holds a `__type__`.
//!
//! <https://gitlab.freedesktop.org/mesa/piglit>

use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["piglit-json", "piglit", "igt"],
    title: "piglit's results.json, as piglit and igt-gpu-tools write it",
    test_name: "the test, and its subtest behind an @, as in spec@glsl-1.10@execution@fs-a@sub",
    outcomes: &STATUSES,
    incomplete: "the document has no end; a test is incomplete",
    link: "https://gitlab.freedesktop.org/mesa/piglit",
    sniff: Sniff::Json(sniff),
    read,
};

const STATUSES: [(&str, Outcome); 11] = [
    ("pass", Outcome::Passed),
    ("warn", Outcome::Passed),
    ("skip", Outcome::Skipped),
    ("notrun", Outcome::Skipped),
    ("incomplete", Outcome::Unfinished),
    ("fail", Outcome::Failed),
    ("dmesg-warn", Outcome::Failed),
    ("dmesg-fail", Outcome::Failed),
    ("timeout", Outcome::TimedOut),
    ("crash", Outcome::Crashed),
    ("abort", Outcome::Crashed),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_text("__type__", "TestrunResult")
        || head.has_text("time_elapsed/__type__", "TimeAttribute")
        || head.has_all(&["info/system/uname"])
        || head.has_all(&["info/system/glxinfo"])
        || head.has_all(&["results_version", "tests"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut PiglitReader(builder))
}

struct PiglitReader<'b, 's>(&'b mut RunBuilder<'s>);

impl Visitor for PiglitReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["tests"] => VisitAction::Enter,
            ["tests", _] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], test: &Value) {
        let [.., name] = path else { return };
        let texts = ["exception", "traceback", "err", "out"].map(|key| test[key].as_str().trim());
        let message = test_record::first_non_empty(&texts);
        // The older versions have one subtest a test, by the singular.
        let subtests = ["subtests", "subtest"].into_iter().flat_map(|key| test[key].as_object());
        let subtests = subtests.filter(|(subtest, _)| subtest != "__type__");
        let mut has_no_subtests = true;
        for (subtest, result) in subtests {
            has_no_subtests = false;
            let name = names::join_child(name, subtest, "@");
            let outcome = test_record::outcome_for(&STATUSES, result.as_str());
            TestRecord::new(name, outcome).message(message).emit(line, self.0);
        }
        if has_no_subtests && test.as_object().is_empty() {
            return;
        }
        let outcome = test_record::outcome_for(&STATUSES, test["result"].as_str());
        if has_no_subtests {
            TestRecord::new(*name, outcome).message(message).emit(line, self.0);
        }
    }
}
