//! piglit's `results.json`, which igt-gpu-tools writes too.
//!
//! In: one document with a map of tests. Out: a result for each subtest of a test that has some, else
//! for the test. What a newcomer would get wrong: a test's own result repeats the worst of its
//! subtests, and the map of subtests always holds a `__type__`.
//!
//! <https://gitlab.freedesktop.org/mesa/piglit>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "piglit's results.json, as piglit and igt-gpu-tools write it",
    names: "the test, and its subtest behind an @, as in spec@glsl-1.10@execution@fs-a@sub",
    outcomes: &STATUSES,
    incomplete: "the document has no end; a test is incomplete",
    link: "https://gitlab.freedesktop.org/mesa/piglit",
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
pub fn sniff(head: &Head) -> bool {
    head.says("__type__", "TestrunResult")
        || head.says("time_elapsed/__type__", "TimeAttribute")
        || head.has(&["info/system/uname"])
        || head.has(&["info/system/glxinfo"])
        || head.has(&["results_version", "tests"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["tests"] => Want::Enter,
            ["tests", _] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], test: &Value) {
        let [.., name] = place else { return };
        let said = ["exception", "traceback", "err", "out"].map(|key| test[key].text().trim());
        let message = test_record::first(&said);
        // The older versions have one subtest a test, by the singular.
        let subtests = ["subtests", "subtest"].into_iter().flat_map(|key| test[key].members());
        let subtests = subtests.filter(|(subtest, _)| subtest != "__type__");
        let mut alone = true;
        for (subtest, result) in subtests {
            alone = false;
            let name = names::below(name, subtest, "@");
            let outcome = test_record::exact_outcome(&STATUSES, result.text());
            Told::new(name, outcome).message(message).tell(line, self.0);
        }
        if alone && test.members().is_empty() {
            return;
        }
        let outcome = test_record::exact_outcome(&STATUSES, test["result"].text());
        if alone {
            Told::new(*name, outcome).message(message).tell(line, self.0);
        }
    }
}
