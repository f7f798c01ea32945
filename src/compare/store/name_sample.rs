//! A sample of the tests that no row claims and that no report lists: the first ones of the results files.
//!
//! Names that differ from those of the list in form only do so throughout, so a sample is enough.

use super::outcomes::VariantId;
use crate::model::Origin;

/// Tests that are kept.
const MAX_NAMES: usize = 4_096;

/// The sample. It does not depend on the order in which files are read.
#[derive(Debug, Default)]
pub(crate) struct NameSample {
    names: Vec<(Origin, VariantId, Box<str>)>,
    /// No later test can be part of it.
    last: Option<Origin>,
}

impl NameSample {
    #[inline]
    pub(crate) fn add(&mut self, origin: Origin, variant: VariantId, name: &str) {
        if self.last.is_some_and(|last| origin > last) {
            return;
        }
        self.names.push((origin, variant, name.into()));
        if self.names.len() >= 2 * MAX_NAMES {
            self.shrink();
        }
    }

    /// Adds the sample of another part of the run.
    pub(crate) fn merge(&mut self, other: NameSample) {
        self.names.extend(other.names);
        self.shrink();
    }

    #[cold]
    fn shrink(&mut self) {
        self.names.sort_unstable();
        self.names.dedup();
        if self.names.len() > MAX_NAMES {
            self.names.truncate(MAX_NAMES);
            self.last = self.names.last().map(|(origin, ..)| *origin);
        }
    }

    /// The tests of the sample, each once.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = (VariantId, Box<str>)> + use<> {
        self.shrink();
        std::mem::take(&mut self.names).into_iter().map(|(_, variant, name)| (variant, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_does_not_depend_on_the_order_of_files_and_parts() {
        let file = |sample: &mut NameSample, file: u32| {
            for line in 0..10_000 {
                sample.add(Origin { file, line }, VariantId(0), &format!("{file}.{line}"));
            }
        };
        let samples = [[0, 1, 2], [2, 0, 1], [2, 1, 0]].map(|order| {
            let [first, second, third] = order;
            let (mut one, mut other) = (NameSample::default(), NameSample::default());
            file(&mut one, first);
            file(&mut other, second);
            file(&mut other, third);
            one.merge(other);
            one.take().map(|(_, name)| name).collect::<Vec<_>>()
        });
        let first = samples[0].clone();
        assert_eq!(first.len(), MAX_NAMES);
        assert!(samples.iter().all(|sample| *sample == first));
    }
}
