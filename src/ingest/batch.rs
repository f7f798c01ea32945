//! Results on their way from the decoder to the judge, many at a time.
//!
//! In: what a builder makes of a file. Out: the same, in the same order, into any sink, on this thread or on
//! another. A result is lent for one call only; a batch copies its texts behind each other, so that it
//! costs no allocation, and goes back to be filled again. A newcomer's trap: gaps and problems are handed
//! over behind the results of their batch, because no sink cares for their order.

use crate::model::{Attempt, Gap, Origin, Outcome, Place, ProblemKind, Sink, SuiteId, TestResult};
use std::borrow::Cow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How many bytes of texts are handed over at once, and how many results at most: few enough to stay in a
/// processor's own cache.
const TEXTS: usize = 64 << 10;
const RESULTS: usize = 1 << 10;

/// How many batches may wait for the judge.
const WAITING: usize = 2;

/// Some of what a file says.
#[derive(Debug, Default)]
struct Batch {
    /// Names, messages and places, each behind the other.
    texts: String,
    results: Vec<Copied>,
    gaps: Vec<Gap>,
    problems: Vec<(u32, ProblemKind)>,
}

/// A result whose texts stand in [`Batch::texts`], behind those of the one before it.
#[derive(Debug)]
struct Copied {
    name: usize,
    message: usize,
    /// The length of the file's path, and the line.
    place: Option<(usize, Option<u64>)>,
    outcome: Outcome,
    attempt: Attempt,
    suite: SuiteId,
    origin: Origin,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.texts.len() >= TEXTS || self.results.len() >= RESULTS
    }

    fn push(&mut self, result: &TestResult<'_>) {
        let &TestResult { ref name, outcome, attempt, ref message, ref place, suite, origin } =
            result;
        self.texts.push_str(name);
        self.texts.push_str(message);
        let place = place.as_ref().map(|Place { file, line }| {
            self.texts.push_str(file);
            (file.len(), *line)
        });
        let (name, message) = (name.len(), message.len());
        self.results.push(Copied { name, message, place, outcome, attempt, suite, origin });
    }

    /// Hands everything over, and is empty.
    fn empty_into(&mut self, sink: &mut impl Sink) {
        let mut rest = self.texts.as_str();
        let mut next = |length: usize| {
            let (text, behind) = rest.split_at(length);
            rest = behind;
            Cow::Borrowed(text)
        };
        for Copied { name, message, place, outcome, attempt, suite, origin } in
            self.results.drain(..)
        {
            let (name, message) = (next(name), next(message));
            let place = place.map(|(file, line)| Place { file: next(file), line });
            sink.result(&TestResult { name, outcome, attempt, message, place, suite, origin });
        }
        self.texts.clear();
        self.gaps.drain(..).for_each(|gap| sink.gap(gap));
        self.problems.drain(..).for_each(|(line, kind)| sink.problem(line, kind));
    }
}

/// The sink of every file's builder: gathers a batch, and hands it over when it is full.
pub struct Batches<'h> {
    batch: Batch,
    /// Takes a full batch and gives an empty one.
    hand_over: &'h mut dyn FnMut(Batch) -> Batch,
}

impl Batches<'_> {
    fn run(read: impl FnOnce(&mut Batches<'_>), hand_over: &mut dyn FnMut(Batch) -> Batch) {
        let mut batches = Batches { batch: Batch::default(), hand_over };
        read(&mut batches);
        let Batches { batch, hand_over } = batches;
        hand_over(batch);
    }
}

impl Sink for Batches<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.batch.push(result);
        if self.batch.is_full() {
            self.batch = (self.hand_over)(std::mem::take(&mut self.batch));
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.batch.gaps.push(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.batch.problems.push((line, kind));
    }
}

/// Decodes and judges in turn.
pub fn in_turn(read: impl FnOnce(&mut Batches<'_>), sink: &mut impl Sink) {
    Batches::run(read, &mut |mut batch| {
        batch.empty_into(sink);
        batch
    });
}

/// Decodes on a thread of its own while this one judges.
pub fn overlapped(read: impl FnOnce(&mut Batches<'_>) + Send, sink: &mut impl Sink) {
    let (full, to_judge): (SyncSender<Batch>, Receiver<Batch>) = sync_channel(WAITING);
    let (empty, to_fill) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            Batches::run(read, &mut |batch| {
                // Nobody takes it when the judge panicked, and that ends this thread's work too.
                let _ = full.send(batch);
                to_fill.try_recv().unwrap_or_default()
            });
        });
        for mut batch in to_judge {
            batch.empty_into(sink);
            // There is no room when enough wait to be filled.
            let _ = empty.try_send(batch);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Told(Vec<String>, usize, usize);

    impl Sink for Told {
        fn result(&mut self, result: &TestResult<'_>) {
            self.0.push(format!("{result:?}"));
        }
        fn gap(&mut self, _: Gap) {
            self.1 += 1;
        }
        fn problem(&mut self, _: u32, _: ProblemKind) {
            self.2 += 1;
        }
    }

    /// More than one batch, with every kind of text.
    fn tell(sink: &mut impl Sink) {
        for number in 0..3 * RESULTS as u32 {
            let place = Place { file: "ä.c".into(), line: Some(7) };
            sink.result(&TestResult {
                name: format!("test.{number}").into(),
                outcome: Outcome::Failed,
                attempt: Attempt::Only,
                message: "x".repeat(number as usize % 300).into(),
                place: (number % 2 == 0).then_some(place),
                suite: SuiteId { file: 1, suite: number },
                origin: Origin { file: 1, line: number },
            });
        }
        sink.problem(3, crate::model::ResultsProblem::Cut.into());
    }

    #[test]
    fn what_goes_in_comes_out_in_the_same_order_on_one_thread_and_on_two() {
        let [mut directly, mut in_turns, mut beside] = [const { Told(Vec::new(), 0, 0) }; 3];
        tell(&mut directly);
        in_turn(|batches| tell(batches), &mut in_turns);
        overlapped(|batches| tell(batches), &mut beside);
        assert_eq!(directly, in_turns);
        assert_eq!(directly, beside);
    }

    #[test]
    fn a_panic_while_decoding_is_one_of_the_whole() {
        let read = |_: &mut Batches<'_>| panic!("a bug in a decoder");
        let run = || overlapped(read, &mut Told::default());
        assert!(std::panic::catch_unwind(run).is_err());
    }
}
