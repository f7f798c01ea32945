//! Runs each fuzz target, without a fuzzer, on all of its seeds and a limited number of mutated ones.
//!
//! The targets are in `fuzz/src/`, and `scripts/fuzz` runs them under libFuzzer. The mutations are always the same, so that a
//! failure can be reproduced anywhere.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use knownfail::formats::Format;
use knownfail::known::list_kinds::ListKind;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
pub(crate) use targets::ChunkedReader;
use targets::{TARGETS, Target};

/// Number of mutated inputs of a target; some are slow.
const MUTATION_COUNTS: [(&str, usize); 9] = [
    ("decode", 4_000),
    ("sniff", 1_000),
    ("junit", 4_000),
    ("document", 400),
    ("patterns", 300),
    ("update", 300),
    ("import", 4_000),
    ("event", 4_000),
    ("record", 1_000),
];
/// Maximum length of a seed in bytes; short seeds are mutated more often.
const MAX_SEED_LEN: usize = 8 << 10;

fn target(name: &str) -> Target {
    *TARGETS.iter().find(|(other, _)| *other == name).expect("a target")
}

/// Every file below a folder of the tests, sorted.
fn files(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    let entries = entries.into_iter().map(|entry| entry.expect("a file"));
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|file| (file.path().to_owned(), fs::read(file.path()).expect("a file"))).collect()
}

fn with_first_byte(first: usize, bytes: &[u8]) -> Vec<u8> {
    let first = u8::try_from(first).expect("a byte");
    [&[first], &bytes[..bytes.len().min(MAX_SEED_LEN)]].concat()
}

/// Real results of a format, each preceded by the format's index.
fn results() -> Vec<Vec<u8>> {
    let format_results = |(at, format): (usize, Format)| {
        let files = files(&format!("tests/formats/{}", format.name()));
        let results = files.into_iter().filter(|(path, _)| path.file_stem().unwrap() == "results");
        results.map(|(_, bytes)| with_first_byte(at, &bytes)).collect::<Vec<_>>()
    };
    Format::all().enumerate().flat_map(format_results).collect()
}

/// The seeds of a target.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let choice_seeds = || {
        let bytes = |seed: u64| Lcg(seed).bytes(300);
        (1..40).map(bytes).collect()
    };
    match name {
        "decode" => results(),
        "sniff" => results().into_iter().map(|file| file[1..].to_vec()).collect(),
        "junit" => {
            let reports = files("tests/formats/junit").into_iter();
            let reports = reports.filter(|(path, _)| path.extension().is_some());
            let reports = reports.map(|(_, bytes)| with_first_byte(1, &bytes));
            let made: Vec<Vec<u8>> = choice_seeds();
            reports.chain(made.iter().map(|choices| with_first_byte(0, choices))).collect()
        }
        "document" => {
            let written = [files("tests/documents"), files("tests/scenarios")].concat();
            written
                .into_iter()
                .map(|(_, text)| text[..text.len().min(MAX_SEED_LEN)].to_vec())
                .collect()
        }
        "patterns" | "update" => choice_seeds(),
        "import" => lists(),
        "event" => events(),
        "record" => {
            let made: Vec<Vec<u8>> = choice_seeds();
            let whole = made.iter().map(|choices| with_first_byte(1, &targets::example(choices)));
            made.iter().map(|choices| with_first_byte(0, choices)).chain(whole).collect()
        }
        other => panic!("no seeds for {other}"),
    }
}

fn lists() -> Vec<Vec<u8>> {
    let lists = [
        "^samba4.smb2.dir\\(ad_dc\\)$ # why\n^samba.tests.*\n",
        "dEQP-VK.api.info.x,Fail\ndEQP-VK.y,Crash\n",
        "# crbug.com/1\ncrbug.com/1 [ Linux ] external/wpt/a.html [ Failure Timeout ]\n",
        "FAIL: gcc.dg/a.c (test for excess errors)\nUNRESOLVED: x\n",
        "- environments: all\n  name: a\n  notes: why\n",
        "#### [a bug](https://github.com/OWNER/REPO/issues/1)\n- [a/b.feature:12](https://github.com/OWNER/REPO)\n",
    ];
    let mut seeds = Vec::new();
    for list in lists {
        seeds.extend((0..ListKind::all().len()).map(|kind| with_first_byte(kind, list.as_bytes())));
    }
    seeds
}

fn events() -> Vec<Vec<u8>> {
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let repo = r#"{"full_name":"OWNER/REPO","owner":{"login":"OWNER"}}"#;
    let pull = format!(
        r#"{{"pull_request":{{"number":7,"head":{{"sha":"{sha}","repo":{repo}}},"base":{{"sha":"{sha}"}}}}}}"#
    );
    let run = format!(
        r#"{{"workflow_run":{{"event":"pull_request","head_sha":"{sha}","head_branch":"b","head_repository":{repo}}}}}"#
    );
    let group = format!(r#"{{"merge_group":{{"head_sha":"{sha}"}}}}"#);
    let payloads = [(0, pull.clone()), (1, pull), (2, run), (3, group), (4, "{}".to_owned())];
    payloads.iter().map(|(event, payload)| with_first_byte(*event, payload.as_bytes())).collect()
}

/// A small random number generator with a fixed seed.
struct Lcg(u64);

impl Lcg {
    fn next_below(&mut self, count: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next_below(256) as u8).collect()
    }

    /// Mutates an input in one of the ways that often break readers.
    fn mutate(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.next_below(bytes.len() + 1);
        let end = (at + 1 + self.next_below(40)).min(bytes.len());
        let words: [&[u8]; 20] = [
            b"\n",
            b"\r",
            b"\0",
            b"|",
            b"\\",
            b"`",
            b"\"",
            b"<",
            b">",
            b"</",
            b"]]>",
            b"<!--",
            b"{",
            b"}",
            b"[",
            b"]",
            b"18446744073709551616",
            b"-1",
            "\u{202e}".as_bytes(),
            b"\xff\xfe",
        ];
        match self.next_below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end.max(at))),
            2 => {
                let repeated = bytes[at..end.max(at)].to_vec();
                bytes.splice(at..at, repeated);
            }
            3 => {
                let word = words[self.next_below(words.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            4 => {
                let from = self.next_below(other.len() + 1);
                let part = &other[from..(from + 60).min(other.len())];
                bytes.splice(at..at, part.iter().copied());
            }
            5 if at < bytes.len() => bytes[at] ^= 1 << self.next_below(8),
            _ if at < bytes.len() => bytes[at] = self.next_below(256) as u8,
            _ => bytes.push(self.next_below(256) as u8),
        }
    }
}

/// Runs a target; an input on which it panics is saved where `scripts/fuzz` finds it.
fn run((name, call): Target, bytes: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| call(bytes))).is_err() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
        fs::write(&kept, bytes).expect("a file");
        panic!("{name}: the input stands in {}", kept.display());
    }
}

/// How many times the usual number of mutations to run: `FUZZ_TIMES=100 cargo test --release fuzz::`, without libFuzzer.
fn round_multiplier() -> usize {
    std::env::var("FUZZ_TIMES").map_or(1, |times| times.parse().expect("a number"))
}

fn run_seeds_and_mutations(name: &str) {
    let (target, seeds) = (target(name), seeds(name));
    seeds.iter().for_each(|seed| run(target, seed));
    let mut random = Lcg(0x2545_f491_4f6c_dd1d);
    let (_, mutation_count) =
        MUTATION_COUNTS.into_iter().find(|(other, _)| *other == name).expect("a number");
    for round in 0..mutation_count * round_multiplier() {
        let mut bytes = seeds[round % seeds.len()].clone();
        bytes.truncate(MAX_SEED_LEN >> random.next_below(5));
        for _ in 0..1 + random.next_below(6) {
            let other = &seeds[random.next_below(seeds.len())];
            random.mutate(&mut bytes, other);
        }
        run(target, &bytes);
    }
}

macro_rules! targets {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            run_seeds_and_mutations(stringify!($name));
        })+

        #[test]
        fn every_target_is_run_by_tests_and_by_the_fuzzer() {
            let here = [$(stringify!($name)),+];
            assert_eq!(TARGETS.map(|(name, _)| name), here);
            let manifest = fs::read_to_string("fuzz/Cargo.toml").expect("a manifest");
            let told: Vec<&str> = manifest.split("[[bin]]\nname = \"").skip(1)
                .map(|rest| rest.split('"').next().unwrap_or_default()).collect();
            assert_eq!(told, here);
        }
    };
}

targets!(decode, sniff, junit, document, patterns, update, import, event, record);

/// Inputs that once broke something.
#[test]
fn recorded_crash_inputs_no_longer_fail() {
    for (path, bytes) in files("tests/fuzz") {
        let folder = path.parent().and_then(Path::file_name).expect("a target's folder");
        run(target(&folder.to_string_lossy()), &bytes);
    }
}

/// `scripts/fuzz` gets the seeds of all targets as files.
#[test]
fn seeds_can_be_written() {
    let written = std::env::var_os("FUZZ_SEEDS").map(PathBuf::from);
    for (name, _) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name}");
        let Some(folder) = written.as_ref().map(|folder| folder.join(name)) else { continue };
        fs::create_dir_all(&folder).expect("a folder");
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed).expect("a file");
        }
    }
}
