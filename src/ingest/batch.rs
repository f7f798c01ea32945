//! Batches of results passed from the decoding thread to the comparison.
//!
//! Results keep their order. A batch copies their texts into one buffer and is reused, so that a result costs no
//! allocation. Gaps and problems follow the results of their batch, because their order does not matter to any sink.

use crate::model::{
    Attempt, Gap, Origin, Outcome, ProblemKind, Sink, SourceLocation, SuiteId, TestResult,
};
use std::borrow::Cow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Maximum size of a batch: small enough for a processor's cache.
const MAX_BATCH_BYTES: usize = 64 << 10;
const MAX_BATCH_RESULTS: usize = 1 << 10;

/// How many batches may wait for the comparison.
const QUEUE_LEN: usize = 2;

/// Results of one file, or a part of them.
#[derive(Debug, Default)]
struct Batch {
    /// Names, messages and paths, concatenated.
    texts: String,
    results: Vec<PackedResult>,
    gaps: Vec<Gap>,
    problems: Vec<(u32, ProblemKind)>,
}

/// A result whose texts are in [`Batch::texts`], after those of the previous one.
#[derive(Debug)]
struct PackedResult {
    name_len: usize,
    message_len: usize,
    /// The length of the location's path, and the line.
    location: Option<(usize, Option<u64>)>,
    outcome: Outcome,
    attempt: Attempt,
    suite: SuiteId,
    origin: Origin,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.texts.len() >= MAX_BATCH_BYTES || self.results.len() >= MAX_BATCH_RESULTS
    }

    fn push(&mut self, result: &TestResult<'_>) {
        let &TestResult { ref name, outcome, attempt, ref message, ref location, suite, origin } =
            result;
        self.texts.push_str(name);
        self.texts.push_str(message);
        let location = location.as_ref().map(|SourceLocation { file, line }| {
            self.texts.push_str(file);
            (file.len(), *line)
        });
        let (name_len, message_len) = (name.len(), message.len());
        self.results.push(PackedResult {
            name_len,
            message_len,
            location,
            outcome,
            attempt,
            suite,
            origin,
        });
    }

    /// Passes everything on and empties the batch.
    fn drain_into(&mut self, sink: &mut impl Sink) {
        let mut rest = self.texts.as_str();
        let mut next = |length: usize| {
            let (text, after) = rest.split_at(length);
            rest = after;
            Cow::Borrowed(text)
        };
        for PackedResult { name_len, message_len, location, outcome, attempt, suite, origin } in
            self.results.drain(..)
        {
            let (name, message) = (next(name_len), next(message_len));
            let location = location.map(|(file, line)| SourceLocation { file: next(file), line });
            sink.result(&TestResult { name, outcome, attempt, message, location, suite, origin });
        }
        self.texts.clear();
        self.gaps.drain(..).for_each(|gap| sink.gap(gap));
        self.problems.drain(..).for_each(|(line, kind)| sink.problem(line, kind));
    }
}

/// The sink of every file's builder: fills a batch, and passes it on when it is full.
pub(crate) struct BatchingSink<'h> {
    batch: Batch,
    /// Takes a full batch and returns an empty one.
    send: &'h mut dyn FnMut(Batch) -> Batch,
}

impl BatchingSink<'_> {
    fn run(read: impl FnOnce(&mut BatchingSink<'_>), send: &mut dyn FnMut(Batch) -> Batch) {
        let mut sink = BatchingSink { batch: Batch::default(), send };
        read(&mut sink);
        let BatchingSink { batch, send } = sink;
        send(batch);
    }
}

impl Sink for BatchingSink<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.batch.push(result);
        if self.batch.is_full() {
            self.batch = (self.send)(std::mem::take(&mut self.batch));
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.batch.gaps.push(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.batch.problems.push((line, kind));
    }
}

/// Decodes and compares on this thread.
pub(crate) fn run_inline(read: impl FnOnce(&mut BatchingSink<'_>), sink: &mut impl Sink) {
    BatchingSink::run(read, &mut |mut batch| {
        batch.drain_into(sink);
        batch
    });
}

/// Decodes on another thread, compares on this one.
pub(crate) fn run_threaded(read: impl FnOnce(&mut BatchingSink<'_>) + Send, sink: &mut impl Sink) {
    let (full, to_compare): (SyncSender<Batch>, Receiver<Batch>) = sync_channel(QUEUE_LEN);
    let (empty, to_fill) = sync_channel(QUEUE_LEN);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            BatchingSink::run(read, &mut |batch| {
                // Sending fails when the comparison panicked; then decoding ends too.
                let _ = full.send(batch);
                to_fill.try_recv().unwrap_or_default()
            });
        });
        for mut batch in to_compare {
            batch.drain_into(sink);
            // There is no room when enough wait to be filled.
            let _ = empty.try_send(batch);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct CollectingSink(Vec<String>, usize, usize);

    impl Sink for CollectingSink {
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
    fn emit_results(sink: &mut impl Sink) {
        for number in 0..3 * MAX_BATCH_RESULTS as u32 {
            let location = SourceLocation { file: "ä.c".into(), line: Some(7) };
            sink.result(&TestResult {
                name: format!("test.{number}").into(),
                outcome: Outcome::Failed,
                attempt: Attempt::Final,
                message: "x".repeat(number as usize % 300).into(),
                location: (number % 2 == 0).then_some(location),
                suite: SuiteId { file: 1, suite: number },
                origin: Origin { file: 1, line: number },
            });
        }
        sink.problem(3, crate::model::ResultsProblem::Truncated.into());
    }

    #[test]
    fn results_keep_their_order_inline_and_threaded() {
        let [mut direct, mut inline, mut threaded] =
            [const { CollectingSink(Vec::new(), 0, 0) }; 3];
        emit_results(&mut direct);
        run_inline(|batches| emit_results(batches), &mut inline);
        run_threaded(|batches| emit_results(batches), &mut threaded);
        assert_eq!(direct, inline);
        assert_eq!(direct, threaded);
    }

    #[test]
    fn decoder_panic_propagates() {
        let read = |_: &mut BatchingSink<'_>| panic!("a bug in a decoder");
        let run = || run_threaded(read, &mut CollectingSink::default());
        assert!(std::panic::catch_unwind(run).is_err());
    }
}
