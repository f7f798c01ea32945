//! The results formats we read: one file a format, each turning bytes into events.
//!
//! In: the bytes of one file, already unpacked if it was compressed. Out: events into a
//! [`RunBuilder`], which owns their meaning. A format is recognised by its content alone. To add one:
//! a file with `ABOUT`, `sniff` and `read`, a variant of [`Format`] and its line in `Format::facts`.

mod boost;
mod case;
mod catch2;
mod check;
mod cppunit;
mod ctest;
mod cunit;
mod dejagnu;
mod dejagnu_xml;
mod dotnet;
mod elements;
mod encoding;
mod failsafe;
mod fpcunit;
mod go;
mod go_json;
mod go_test;
mod gtester;
mod junit;
mod ktap;
mod libtest;
mod libtest_json;
mod lines;
mod message;
mod nunit;
mod prove;
mod qtest;
mod robot;
mod smbtorture_simple;
mod sonar;
mod subunit;
mod subunit_v2;
mod tap;
mod tap_lines;
mod trx;
mod unittestpp;
mod unpack;
mod window;
mod xfstests;
mod xml;
mod xunit;

use crate::model::{End, Outcome, RunBuilder, Sink};
use std::io::Read;

pub use unpack::unpacked;

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
    /// TAP.
    Tap,
    /// TRX of MSTest and VSTest.
    Trx,
    /// NUnit's XML, versions 3 and 2.
    NUnit,
    /// XML of xUnit.net.
    XUnit,
    /// CTest's Test.xml.
    CTest,
    /// Robot Framework's output.xml.
    Robot,
    /// Catch2's XML.
    Catch2,
    /// Boost.Test's XML log and report.
    Boost,
    /// XML of CppUnit and AUnit.
    CppUnit,
    /// CUnit's XML.
    CUnit,
    /// XML of Check.
    Check,
    /// GLib's gtester log.
    GTester,
    /// Qt Test's XML.
    QTest,
    /// UnitTest++'s XML.
    UnitTestPp,
    /// FPCUnit's XML.
    FpcUnit,
    /// SonarQube's generic test execution data.
    Sonar,
    /// DejaGnu's XML.
    DejaGnuXml,
    /// Failsafe's summary, which names no tests.
    Failsafe,
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
    pub const ALL: [Format; 30] = [
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
        Format::Ktap,
        Format::Prove,
        Format::Tap,
        Format::Trx,
        Format::NUnit,
        Format::XUnit,
        Format::CTest,
        Format::Robot,
        Format::Catch2,
        Format::Boost,
        Format::CppUnit,
        Format::CUnit,
        Format::Check,
        Format::GTester,
        Format::QTest,
        Format::UnitTestPp,
        Format::FpcUnit,
        Format::Sonar,
        Format::DejaGnuXml,
        Format::Failsafe,
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
            Format::Tap => tap::read(input, &mut builder),
            Format::Trx => trx::read(input, &mut builder),
            Format::NUnit => nunit::read(input, &mut builder),
            Format::XUnit => xunit::read(input, &mut builder),
            Format::CTest => ctest::read(input, &mut builder),
            Format::Robot => robot::read(input, &mut builder),
            Format::Catch2 => catch2::read(input, &mut builder),
            Format::Boost => boost::read(input, &mut builder),
            Format::CppUnit => cppunit::read(input, &mut builder),
            Format::CUnit => cunit::read(input, &mut builder),
            Format::Check => check::read(input, &mut builder),
            Format::GTester => gtester::read(input, &mut builder),
            Format::QTest => qtest::read(input, &mut builder),
            Format::UnitTestPp => unittestpp::read(input, &mut builder),
            Format::FpcUnit => fpcunit::read(input, &mut builder),
            Format::Sonar => sonar::read(input, &mut builder),
            Format::DejaGnuXml => dejagnu_xml::read(input, &mut builder),
            Format::Failsafe => failsafe::read(input, &mut builder),
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
            Format::Tap => Facts { names: &["tap"], sniff: tap::sniff, about: tap::ABOUT },
            Format::Trx => {
                Facts { names: &["trx", "mstest", "vstest"], sniff: trx::sniff, about: trx::ABOUT }
            }
            Format::NUnit => Facts {
                names: &["nunit", "nunit3", "nunit2"],
                sniff: nunit::sniff,
                about: nunit::ABOUT,
            },
            Format::XUnit => {
                Facts { names: &["xunit", "xunit-net"], sniff: xunit::sniff, about: xunit::ABOUT }
            }
            Format::CTest => {
                Facts { names: &["ctest-xml", "ctest"], sniff: ctest::sniff, about: ctest::ABOUT }
            }
            Format::Robot => Facts { names: &["robot"], sniff: robot::sniff, about: robot::ABOUT },
            Format::Catch2 => Facts {
                names: &["catch2-xml", "catch2"],
                sniff: catch2::sniff,
                about: catch2::ABOUT,
            },
            Format::Boost => {
                Facts { names: &["boost-test"], sniff: boost::sniff, about: boost::ABOUT }
            }
            Format::CppUnit => {
                Facts { names: &["cppunit", "aunit"], sniff: cppunit::sniff, about: cppunit::ABOUT }
            }
            Format::CUnit => Facts { names: &["cunit"], sniff: cunit::sniff, about: cunit::ABOUT },
            Format::Check => Facts { names: &["check"], sniff: check::sniff, about: check::ABOUT },
            Format::GTester => {
                Facts { names: &["gtester"], sniff: gtester::sniff, about: gtester::ABOUT }
            }
            Format::QTest => Facts { names: &["qtest"], sniff: qtest::sniff, about: qtest::ABOUT },
            Format::UnitTestPp => Facts {
                names: &["unittest++", "unittestpp"],
                sniff: unittestpp::sniff,
                about: unittestpp::ABOUT,
            },
            Format::FpcUnit => {
                Facts { names: &["fpcunit"], sniff: fpcunit::sniff, about: fpcunit::ABOUT }
            }
            Format::Sonar => Facts { names: &["sonar"], sniff: sonar::sniff, about: sonar::ABOUT },
            Format::DejaGnuXml => Facts {
                names: &["dejagnu-xml"],
                sniff: dejagnu_xml::sniff,
                about: dejagnu_xml::ABOUT,
            },
            Format::Failsafe => Facts {
                names: &["failsafe-summary"],
                sniff: failsafe::sniff,
                about: failsafe::ABOUT,
            },
        }
    }
}
