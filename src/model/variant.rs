//! One configuration of the same suite: a matrix entry such as `memory` or `postgres`.

use super::TestName;
use std::fmt;
use std::sync::Arc;

/// The name of a variant; empty where the run has a single, unnamed one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Variant(Arc<str>);

impl Variant {
    /// A variant with this name, its control characters escaped.
    pub fn new(name: &str) -> Variant {
        Variant(TestName::escape(name).into())
    }

    /// The name; empty for the unnamed variant.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
