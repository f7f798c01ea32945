//! Explains why rows match no test: their names and those of the results differ in form only.
//!
//! A row and a test are related if one of the rules of [`relate`] holds for them exactly; names that are merely similar
//! are not. Pairs are found by the words that they share, so that the cost grows with the number of names, not of pairs.

mod matcher;
mod relate;
mod words;

pub use matcher::{NameHint, NameMatcher};
pub use relate::{NameRelation, NameRemedy};
