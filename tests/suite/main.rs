//! All tests of the whole program: one binary, a module a subject.

mod knownfail;
mod scenarios;
