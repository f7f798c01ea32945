//! Tests that wait for the end of the suites around them: Robot Framework says only there that the
//! tear-down of a suite failed, and with it all its tests.
//!
//! In: tests in the order of the file, and what the suites around some of them ended with. Out: events, in
//! the same order. The trap: many tests share a reason, so it is held once and added to their messages
//! when they are released. What is held is bounded: beyond the bound the tests are released early, and
//! the run is incomplete.

use crate::formats::emit::test_case::Case;
use crate::model::{Event, Outcome, RunBuilder, Sink};
use std::rc::Rc;

/// How many bytes of tests may wait.
const MOST: usize = 256 << 20;

/// Tests that wait.
pub struct Held {
    tests: Vec<Waiting>,
    /// How many tests were released before those.
    gone: usize,
    bytes: usize,
    most: usize,
    /// Whether it was reported that more tests came than can wait.
    is_reported: bool,
}

struct Waiting {
    case: Case,
    /// Why it ended with more than was said of itself.
    reasons: Vec<Rc<str>>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        let Case { name, message, file, earlier, .. } = &self.case;
        size_of::<Waiting>()
            + name.len()
            + message.text().len()
            + file.len()
            + earlier.len()
            + self.reasons.len() * size_of::<Rc<str>>()
    }
}

impl Default for Held {
    fn default() -> Held {
        Held { tests: Vec::new(), gone: 0, bytes: 0, most: MOST, is_reported: false }
    }
}

impl Held {
    /// The place of the next test.
    pub fn next(&self) -> usize {
        self.gone + self.tests.len()
    }

    /// Takes a test.
    pub fn push<S: Sink>(&mut self, case: Case, builder: &mut RunBuilder<'_, S>) {
        let (line, waiting) = (case.line, Waiting { case, reasons: Vec::new() });
        self.bytes += waiting.bytes();
        self.tests.push(waiting);
        self.bound(line, builder);
    }

    /// Changes the tests from this one on.
    pub fn change<S: Sink>(
        &mut self,
        first: usize,
        line: u32,
        builder: &mut RunBuilder<'_, S>,
        mut change: impl FnMut(&mut Case),
    ) {
        self.each_from(first, |test| change(&mut test.case));
        self.bound(line, builder);
    }

    /// Ends the tests from this one on as the tear-down of a suite around them ended.
    pub fn end<S: Sink>(
        &mut self,
        first: usize,
        line: u32,
        builder: &mut RunBuilder<'_, S>,
        (outcome, why): (Outcome, &str),
    ) {
        let why: Rc<str> = Rc::from(why);
        self.each_from(first, |test| {
            if test.case.outcome.is_some_and(|own| gives_way(own, outcome)) {
                test.case.outcome = Some(outcome);
                test.reasons.reserve_exact(1);
                test.reasons.push(Rc::clone(&why));
            }
        });
        self.bound(line, builder);
    }

    fn each_from(&mut self, first: usize, mut change: impl FnMut(&mut Waiting)) {
        let first = first.saturating_sub(self.gone);
        for test in self.tests.iter_mut().skip(first) {
            self.bytes -= test.bytes();
            change(test);
            self.bytes += test.bytes();
        }
    }

    fn bound<S: Sink>(&mut self, line: u32, builder: &mut RunBuilder<'_, S>) {
        if self.bytes <= self.most {
            return;
        }
        if !std::mem::replace(&mut self.is_reported, true) {
            let why = "more tests than can be held until their suites end";
            builder.event(line, Event::BailedOut { why: why.into() });
        }
        self.release(builder);
    }

    /// Hands on what waits.
    pub fn release<S: Sink>(&mut self, builder: &mut RunBuilder<'_, S>) {
        self.bytes = 0;
        self.gone += self.tests.len();
        for Waiting { mut case, reasons } in self.tests.drain(..) {
            reasons.iter().for_each(|why| case.say(why));
            case.end(builder);
        }
    }
}

/// Whether a test ends as the tear-down of a suite around it did. A test that was skipped stays so, and what a
/// tear-down skips is skipped however it ended: so Robot Framework counts them.
fn gives_way(own: Outcome, torn_down: Outcome) -> bool {
    own != Outcome::Skipped && (torn_down == Outcome::Skipped || own < torn_down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::Said;
    use crate::model::{GapKind, Naming};

    fn passed(name: &str) -> Case {
        Case { outcome: Some(Outcome::Passed), ..Case::new(1, name) }
    }

    /// What is said of six tests, of which so many bytes may wait.
    fn said(most: usize) -> Said {
        let mut said = Said::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut said);
        let mut held = Held { most, ..Held::default() };
        for name in ["a", "b", "c", "d", "e", "f"] {
            held.push(passed(name), &mut builder);
        }
        held.end(5, 2, &mut builder, (Outcome::Errored, "no disk"));
        held.end(4, 2, &mut builder, (Outcome::Skipped, "full"));
        held.end(2, 3, &mut builder, (Outcome::Failed, &"x".repeat(8 << 10)));
        held.release(&mut builder);
        builder.finish(4, crate::model::End::Whole);
        said
    }

    #[test]
    fn what_a_suite_ended_with_is_said_of_its_tests_and_held_once() {
        let whole = said(10 * size_of::<Waiting>());
        assert_eq!((&*whole.0[0], &*whole.0[1]), ("passed a", "passed b"));
        assert!(whole.0[2].starts_with("failed c: xxx"));
        assert!(whole.0[3].starts_with("failed d: xxx"));
        assert_eq!(whole.0[4..], ["skipped e: full", "skipped f: no disk\nfull"]);
        assert_eq!((whole.0.len(), whole.1), (6, vec![]));
    }

    #[test]
    fn what_cannot_wait_goes_and_the_run_is_incomplete() {
        let (first, told) = (said(4 * size_of::<Waiting>() + 8), said(0));
        assert_eq!(first.0[..5], ["passed a", "passed b", "passed c", "passed d", "passed e"]);
        assert_eq!(first.0[5], "skipped f: no disk\nfull");
        assert!(matches!(first.1[..], [GapKind::BailedOut { .. }]));
        assert_eq!((told.0.len(), told.1.len()), (6, 1));
    }
}
