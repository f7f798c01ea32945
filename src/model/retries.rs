//! Results that share a name, as attempts of one test, where the user declares that they are.
//!
//! A runner retries what failed. So a failing result waits, and becomes an attempt when a later result of its suite
//! has its name. A failure that nothing follows is final, and so are results of other suites, files and sources.

use super::{Attempt, Gap, ProblemKind, Sink, SourceLocation, SuiteId, TestResult};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The failing results of one file that may be retried.
#[derive(Debug, Default)]
pub struct Retries {
    waiting: BTreeMap<(SuiteId, String), TestResult<'static>>,
}

/// The most results that wait; further ones are final.
const MAX_WAITING: usize = 100_000;

/// A sink in which results that share a name are attempts of one test.
pub struct RetrySink<'s> {
    retries: &'s mut Retries,
    sink: &'s mut dyn Sink,
}

impl Retries {
    /// Passes results on to this sink, as attempts.
    pub fn sink<'s>(&'s mut self, sink: &'s mut dyn Sink) -> RetrySink<'s> {
        RetrySink { retries: self, sink }
    }

    /// Passes on all results that still wait.
    pub fn finish(self, sink: &mut dyn Sink) {
        self.waiting.values().for_each(|result| sink.result(result));
    }
}

impl Sink for RetrySink<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        let waiting = &mut self.retries.waiting;
        if result.attempt == Attempt::Intermediate {
            return self.sink.result(result);
        }
        let (fails, may_wait) = (result.outcome.is_failing(), waiting.len() < MAX_WAITING);
        if waiting.is_empty() && !fails {
            return self.sink.result(result);
        }
        let key = (result.suite, result.name.to_string());
        if let Some(mut earlier) = waiting.remove(&key) {
            if is_same_source(earlier.location.as_ref(), result.location.as_ref()) {
                earlier.attempt = Attempt::Intermediate;
            }
            self.sink.result(&earlier);
        }
        if fails && may_wait {
            waiting.insert(key, owned(result));
        } else {
            self.sink.result(result);
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.sink.gap(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.sink.problem(line, kind);
    }
}

/// Whether two results can be of one test: where both have a source file, it is the same.
fn is_same_source(a: Option<&SourceLocation<'_>>, b: Option<&SourceLocation<'_>>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a.file == b.file)
}

fn owned(result: &TestResult<'_>) -> TestResult<'static> {
    let location = result.location.as_ref();
    TestResult {
        name: Cow::Owned(result.name.to_string()),
        message: Cow::Owned(result.message.to_string()),
        location: location.map(|location| SourceLocation {
            file: Cow::Owned(location.file.to_string()),
            line: location.line,
        }),
        ..*result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EndOfInput, Event, Outcome, ReadConfig, RunBuilder};

    #[derive(Default)]
    struct Attempts(Vec<String>);

    impl Sink for Attempts {
        fn result(&mut self, result: &TestResult<'_>) {
            let mark = if result.attempt == Attempt::Intermediate { "~" } else { "" };
            self.0.push(format!("{mark}{} {}", result.outcome.as_str(), result.name));
        }
        fn gap(&mut self, _: Gap) {}
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    fn attempts(events: &[Event<'static>]) -> Vec<String> {
        let (mut retries, mut attempts) = (Retries::default(), Attempts::default());
        let mut sink = retries.sink(&mut attempts);
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut sink);
        events.iter().for_each(|event| builder.handle(1, event.clone()));
        builder.finish(1, EndOfInput::Complete);
        retries.finish(&mut attempts);
        attempts.0
    }

    fn result(outcome: Outcome) -> Event<'static> {
        Event::finished("a", outcome, "")
    }

    #[test]
    fn a_failure_is_an_attempt_when_a_result_follows() {
        let (passed, failed) = (result(Outcome::Passed), result(Outcome::Failed));
        let both = [failed.clone(), failed.clone(), passed.clone()];
        assert_eq!(attempts(&both), ["~failed a", "~failed a", "passed a"]);
        // A runner does not retry what passed.
        assert_eq!(attempts(&[passed, failed]), ["passed a", "failed a"]);
    }

    #[test]
    fn results_of_another_suite_or_source_are_no_attempts() {
        let suite = [Event::SuiteStarted { name: None }, result(Outcome::Passed)];
        let events = [&[result(Outcome::Failed)], &suite[..]].concat();
        assert_eq!(attempts(&events), ["passed a", "failed a"]);
        let at = |file: &'static str, outcome| {
            let finished = crate::model::Finished::new("a", outcome, "");
            let location = Some(SourceLocation { file: file.into(), line: None });
            Event::Finished(crate::model::Finished { location, ..finished })
        };
        let events = [at("a.c", Outcome::Failed), at("b.c", Outcome::Passed)];
        assert_eq!(attempts(&events), ["failed a", "passed a"]);
    }
}
