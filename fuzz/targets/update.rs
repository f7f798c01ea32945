//! `scripts/fuzz update`: what it checks stands in `knownfail_fuzz::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| knownfail_fuzz::update(bytes));
