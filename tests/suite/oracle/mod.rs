//! An oracle for judging: random cases, judged by the program and by a small model of the documented rules.
//!
//! `case` is what a case is, `generator` makes cases, `files` writes them, `model` knows the answer, `judging` compares it
//! with that of the program.

mod case;
mod cases;
mod files;
mod generator;
mod judgement_table;
mod judging;
mod model;
mod shards;
