//! An oracle: random cases, given to the program and to a small model of the documented rules.
//!
//! `case` is what a case is, `generator` makes cases, `files` writes them, `model` knows the answer. `judging` compares it with that
//! of `check`, `updating` holds `update` against its promises, `shards` reads the same run in parts.

mod case;
mod cases;
mod files;
mod generator;
mod judgement_table;
mod judging;
mod model;
mod shards;
mod updating;
