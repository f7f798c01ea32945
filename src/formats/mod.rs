//! The results formats we read: one file a format, each turning bytes into events.
//!
//! In: the bytes of one file, already unpacked if it was compressed. Out: events into a
//! [`RunBuilder`], which owns their meaning. A format is recognised by its content alone. To add one:
//! a file with `ABOUT`, `sniff` and `read`, a variant of [`Format`] and its line in [`Format::facts`].

mod automake;
mod dejagnu;
mod encoding;
mod go;
mod go_json;
mod go_test;
mod googletest;
mod junit;
mod ktap;
mod libtest;
mod libtest_json;
mod lines;
mod lit;
mod message;
mod nextest;
mod prove;
mod pytest;
mod smbtorture_simple;
mod subunit;
mod subunit_v2;
mod tap;
mod tap_lines;
mod teamcity;
mod unittest;
mod window;
mod xfstests;
mod xml;

use crate::model::{End, Outcome, RunBuilder, Sink};
use std::io::Read;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// subunit version 1: smbtorture, Samba's selftest.
    Subunit,
    /// What go test prints.
    Go,
    /// go test -json.
    GoJson,
    /// JUnit XML in its dialects.
    Junit,
    /// KTAP: KUnit and kselftest.
    Ktap,
    /// prove's output.
    Prove,
    /// DejaGnu's .sum and .log.
    Dejagnu,
    /// What cargo test prints.
    Libtest,
    /// libtest's JSON, from cargo test and nextest.
    LibtestJson,
    /// smbtorture --format=simple.
    SmbtortureSimple,
    /// subunit version 2.
    SubunitV2,
    /// What xfstests' check prints.
    Xfstests,
    /// make check and .trs files.
    Automake,
    /// What googletest prints.
    Googletest,
    /// What cargo nextest prints.
    Nextest,
    /// TeamCity's service messages.
    Teamcity,
    /// What pytest prints with -v or -rA.
    Pytest,
    /// What unittest -v prints.
    Unittest,
    /// What LLVM's lit prints.
    Lit,
    /// TAP.
    Tap,
}

/// What a user should know of a format.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// What it is, and which tools write it.
    pub title: &'static str,
    /// What a test's name is made of.
    pub names: &'static str,
    /// What stands in the file, and the outcome it means.
    pub outcomes: &'static [(&'static str, Outcome)],
    /// What shows that a run is incomplete.
    pub incomplete: &'static str,
    /// Where the format is described.
    pub link: &'static str,
}

/// What distinguishes a format: its names for `--format`, the first of them the one we write.
struct Facts {
    names: &'static [&'static str],
    sniff: fn(&[u8]) -> bool,
    about: About,
}

/// How a reader left a file.
struct Ended {
    line: u32,
    end: End,
}

impl Ended {
    fn unreadable(line: u32, what: &dyn std::fmt::Display) -> Ended {
        Ended { line, end: End::Unreadable { what: what.to_string() } }
    }
}

impl Format {
    /// Every format, in the order in which they are tried.
    pub const ALL: [Format; 20] = [
        Format::Junit,
        Format::Subunit,
        Format::SubunitV2,
        Format::GoJson,
        Format::Go,
        Format::LibtestJson,
        Format::Libtest,
        Format::Dejagnu,
        Format::SmbtortureSimple,
        Format::Xfstests,
        Format::Nextest,
        Format::Googletest,
        Format::Automake,
        Format::Teamcity,
        Format::Pytest,
        Format::Unittest,
        Format::Lit,
        Format::Ktap,
        Format::Prove,
        Format::Tap,
    ];

    /// How many first bytes of a file [`Format::sniff`] should be given.
    pub const SNIFFED: usize = 16 << 10;

    /// The name, as in `--format`.
    pub fn name(self) -> &'static str {
        self.facts().names[0]
    }

    /// The format of this name or alias.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.facts().names.contains(&name))
    }

    /// The format of a file by its first bytes.
    pub fn sniff(head: &[u8]) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.claims(head))
    }

    /// Whether a file that begins so looks like this format.
    pub fn claims(self, head: &[u8]) -> bool {
        (self.facts().sniff)(&encoding::head_text(head))
    }

    /// What a user should know of it.
    pub fn about(self) -> About {
        self.facts().about
    }

    /// Reads a whole file into a builder, which it finishes. An input that fails on the way is
    /// unreadable from there on.
    pub fn read<S: Sink>(self, input: impl Read, mut builder: RunBuilder<'_, S>) {
        let Ended { line, end } = match self {
            Format::Subunit => subunit::read(input, &mut builder),
            Format::Junit => junit::read(input, &mut builder),
            Format::Go => go::read(input, &mut builder),
            Format::GoJson => go_json::read(input, &mut builder),
            Format::Ktap => ktap::read(input, &mut builder),
            Format::Prove => prove::read(input, &mut builder),
            Format::Dejagnu => dejagnu::read(input, &mut builder),
            Format::Libtest => libtest::read(input, &mut builder),
            Format::LibtestJson => libtest_json::read(input, &mut builder),
            Format::SmbtortureSimple => smbtorture_simple::read(input, &mut builder),
            Format::SubunitV2 => subunit_v2::read(input, &mut builder),
            Format::Xfstests => xfstests::read(input, &mut builder),
            Format::Automake => automake::read(input, &mut builder),
            Format::Googletest => googletest::read(input, &mut builder),
            Format::Nextest => nextest::read(input, &mut builder),
            Format::Teamcity => teamcity::read(input, &mut builder),
            Format::Pytest => pytest::read(input, &mut builder),
            Format::Unittest => unittest::read(input, &mut builder),
            Format::Lit => lit::read(input, &mut builder),
            Format::Tap => tap::read(input, &mut builder),
        };
        builder.finish(line, end);
    }

    fn facts(self) -> Facts {
        match self {
            Format::Subunit => Facts {
                names: &["subunit", "smbtorture"],
                sniff: subunit::sniff,
                about: subunit::ABOUT,
            },
            Format::Junit => Facts { names: &["junit"], sniff: junit::sniff, about: junit::ABOUT },
            Format::Go => Facts { names: &["go"], sniff: go::sniff, about: go::ABOUT },
            Format::GoJson => {
                Facts { names: &["go-json"], sniff: go_json::sniff, about: go_json::ABOUT }
            }
            Format::Ktap => {
                Facts { names: &["ktap", "kunit"], sniff: ktap::sniff, about: ktap::ABOUT }
            }
            Format::Prove => Facts { names: &["prove"], sniff: prove::sniff, about: prove::ABOUT },
            Format::Dejagnu => {
                Facts { names: &["dejagnu"], sniff: dejagnu::sniff, about: dejagnu::ABOUT }
            }
            Format::Libtest => Facts {
                names: &["libtest", "cargo-test"],
                sniff: libtest::sniff,
                about: libtest::ABOUT,
            },
            Format::LibtestJson => Facts {
                names: &["libtest-json"],
                sniff: libtest_json::sniff,
                about: libtest_json::ABOUT,
            },
            Format::SmbtortureSimple => Facts {
                names: &["smbtorture-simple"],
                sniff: smbtorture_simple::sniff,
                about: smbtorture_simple::ABOUT,
            },
            Format::SubunitV2 => {
                Facts { names: &["subunit-v2"], sniff: subunit_v2::sniff, about: subunit_v2::ABOUT }
            }
            Format::Xfstests => {
                Facts { names: &["xfstests"], sniff: xfstests::sniff, about: xfstests::ABOUT }
            }
            Format::Automake => {
                Facts { names: &["automake"], sniff: automake::sniff, about: automake::ABOUT }
            }
            Format::Googletest => Facts {
                names: &["googletest", "gtest"],
                sniff: googletest::sniff,
                about: googletest::ABOUT,
            },
            Format::Nextest => {
                Facts { names: &["nextest"], sniff: nextest::sniff, about: nextest::ABOUT }
            }
            Format::Teamcity => {
                Facts { names: &["teamcity"], sniff: teamcity::sniff, about: teamcity::ABOUT }
            }
            Format::Pytest => {
                Facts { names: &["pytest"], sniff: pytest::sniff, about: pytest::ABOUT }
            }
            Format::Unittest => {
                Facts { names: &["unittest"], sniff: unittest::sniff, about: unittest::ABOUT }
            }
            Format::Lit => Facts { names: &["lit"], sniff: lit::sniff, about: lit::ABOUT },
            Format::Tap => Facts { names: &["tap"], sniff: tap::sniff, about: tap::ABOUT },
        }
    }
}
