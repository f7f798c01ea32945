//! `scripts/fuzz record`: what it checks stands in `knownfail_fuzz::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| knownfail_fuzz::record(bytes));
