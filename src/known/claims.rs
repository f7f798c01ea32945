//! The claims of one list on names that come one after another.
//!
//! In: a name with its number, and a variant. Out: the row that claims it, or all that match it. A newcomer's
//! trap: what was found for the name before only saves time; the order of names never changes who claims them.

use super::needles::Start;
use super::{Claim, KnownFailures, RowId};
use crate::model::{NameKey, Variant};

/// A list that is asked for one name after another.
#[derive(Debug)]
pub struct Claims<'k> {
    known: &'k KnownFailures,
    before: Start,
}

impl<'k> Claims<'k> {
    /// The claims of this list.
    pub fn of(known: &'k KnownFailures) -> Claims<'k> {
        Claims { known, before: Start::default() }
    }

    /// The row that claims this name in this variant.
    pub fn claim(&mut self, key: NameKey, name: &str, variant: &Variant) -> Option<Claim> {
        let Claims { known, before } = self;
        known.index().claim(&known.rows, key, name, variant, before)
    }

    /// Hands over every row that matches this name and allows this variant, in no special order; a row
    /// may come twice.
    pub fn for_each_match(
        &mut self,
        key: NameKey,
        name: &str,
        variant: &Variant,
        each: impl FnMut(RowId),
    ) {
        let Claims { known, before } = self;
        known.index().for_each_match(&known.rows, key, name, variant, before, each);
    }
}
