//! The results formats we read: one file a format, each turning bytes into events.
//!
//! In: the bytes of one file, already unpacked if it was compressed. Out: events into a
//! [`RunBuilder`], which owns their meaning. A format is recognised by its content alone. To add one:
//! a file with `ABOUT`, `sniff` and `read`, and its line in the table below.

mod autobahn;
mod automake;
mod bazel_bep;
mod boost;
mod case;
mod catch2;
mod check;
mod cppunit;
mod ctest;
mod ctrf;
mod cucumber;
mod cucumber_json;
mod cucumber_messages;
mod cunit;
mod dart;
mod dejagnu;
mod dejagnu_xml;
mod deqp_csv;
mod deqp_log;
mod deqp_qpa;
mod dotnet;
mod elements;
mod failsafe;
mod fpcunit;
mod ginkgo;
mod go;
mod go_json;
mod go_test;
mod googletest;
mod gtest_json;
mod gtester;
mod held;
mod jest;
mod junit;
mod karma;
mod kirk;
mod ktap;
mod libtest;
mod libtest_json;
mod lit;
mod lit_json;
mod lookalike;
mod ltp;
mod ltp_output;
mod ltp_pan;
mod meson;
mod mocha_json;
mod mocha_json_stream;
mod mochawesome;
mod mozlog;
mod names;
mod nextest;
mod node_spec;
mod nunit;
mod piglit;
mod playwright;
mod prove;
mod pytest;
mod pytest_json;
mod pytest_reportlog;
mod qtest;
mod robot;
mod robot_json;
mod rspec;
mod rwx;
mod samba_selftest;
mod smbtorture_simple;
mod sonar;
mod subunit;
mod subunit_csv;
mod subunit_lines;
mod subunit_v2;
mod tap;
mod tap_lines;
mod tap_point;
mod teamcity;
mod test262;
mod test262_text;
mod testcafe;
mod told;
mod trx;
mod unittest;
mod unittestpp;
mod wpt;
mod wptreport;
mod xfstests;
mod xunit;

use crate::model::{Outcome, RunBuilder, Sink};
pub use crate::syntax::decompress::unpacked;
use crate::syntax::json::Layout;
use crate::syntax::read_end::Ended;
use elements::Opening;
pub use lookalike::hint;
use std::borrow::Cow;
use std::io::Read;

/// Makes [`Format`] and everything that differs from format to format of one table: variant, module,
/// what it is recognised by, names for `--format` (the first of them the one we write).
macro_rules! formats {
    ($($(#[$doc:meta])+ $variant:ident: $module:ident, $sniff:ident, [$($name:literal),+];)+) => {
        /// A format that can be read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format {
            $($(#[$doc])+ $variant,)+
        }

        impl Format {
            /// Every format, in the order in which they are tried.
            pub const ALL: [Format; [$(stringify!($variant)),+].len()] = [$(Format::$variant),+];

            fn facts(self) -> Facts {
                match self {
                    $(Format::$variant => Facts {
                        names: &[$($name),+],
                        sniff: Sniff::$sniff($module::sniff),
                        about: $module::ABOUT,
                    },)+
                }
            }

            fn events<S: Sink>(self, input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
                match self {
                    $(Format::$variant => $module::read(input, builder),)+
                }
            }
        }
    };
}

formats! {
    /// JUnit XML in its dialects.
    Junit: junit, Bytes, ["junit"];
    /// subunit version 1: smbtorture, Samba's selftest.
    Subunit: subunit, Lines, ["subunit", "smbtorture"];
    /// deqp-runner's results.csv and failures.csv.
    DeqpCsv: deqp_csv, Bytes, ["deqp-csv", "deqp-failures-csv", "deqp-runner"];
    /// What the Vulkan and OpenGL CTS print.
    DeqpLog: deqp_log, Bytes, ["deqp-log"];
    /// TestResults.qpa of the Vulkan and OpenGL CTS.
    DeqpQpa: deqp_qpa, Bytes, ["deqp-qpa", "qpa"];
    /// piglit's results.json.
    Piglit: piglit, Keys, ["piglit-json", "piglit", "igt"];
    /// wptreport.json of web-platform-tests.
    Wptreport: wptreport, Keys, ["wptreport-json", "wptreport"];
    /// mozlog's raw log.
    Mozlog: mozlog, Keys, ["mozlog-jsonl", "mozlog"];
    /// test262-harness' JSON.
    Test262: test262, Keys, ["test262-json", "test262"];
    /// The Autobahn testsuite's index.json.
    Autobahn: autobahn, Keys, ["autobahn-json", "autobahn"];
    /// mocha's json reporter.
    MochaJson: mocha_json, Keys, ["mocha-json", "mocha"];
    /// mocha's json-stream reporter.
    MochaJsonStream: mocha_json_stream, Keys, ["mocha-json-stream"];
    /// mochawesome's JSON.
    Mochawesome: mochawesome, Keys, ["mochawesome-json", "mochawesome"];
    /// The JSON of jest and vitest.
    Jest: jest, Keys, ["jest-json", "jest", "vitest"];
    /// Playwright's JSON.
    Playwright: playwright, Keys, ["playwright-json", "playwright"];
    /// CTRF.
    Ctrf: ctrf, Keys, ["ctrf-json", "ctrf"];
    /// pytest-json-report.
    PytestJson: pytest_json, Keys, ["pytest-json"];
    /// pytest-reportlog.
    PytestReportlog: pytest_reportlog, Keys, ["pytest-reportlog"];
    /// The JSON reporter of Dart and Flutter.
    Dart: dart, Keys, ["dart-json", "dart", "flutter"];
    /// Cucumber's JSON.
    CucumberJson: cucumber_json, Keys, ["cucumber-json", "cucumber", "behave"];
    /// Cucumber Messages.
    CucumberMessages: cucumber_messages, Keys, ["cucumber-ndjson", "cucumber-messages"];
    /// googletest's JSON.
    GtestJson: gtest_json, Keys, ["gtest-json"];
    /// LLVM lit's JSON.
    LitJson: lit_json, Keys, ["lit-json"];
    /// Bazel's build events.
    BazelBep: bazel_bep, Keys, ["bazel-bep"];
    /// Ginkgo's JSON report.
    Ginkgo: ginkgo, Keys, ["ginkgo-json", "ginkgo"];
    /// RSpec's JSON.
    Rspec: rspec, Keys, ["rspec-json", "rspec"];
    /// karma-json-reporter.
    Karma: karma, Keys, ["karma-json", "karma"];
    /// TestCafe's JSON.
    Testcafe: testcafe, Keys, ["testcafe-json", "testcafe"];
    /// RWX test results.
    Rwx: rwx, Keys, ["rwx-json", "rwx"];
    /// Robot Framework's output as JSON.
    RobotJson: robot_json, Keys, ["robot-json"];
    /// Meson's testlog.json.
    Meson: meson, Keys, ["meson-json", "meson"];
    /// kirk's JSON, of the Linux Test Project.
    Kirk: kirk, Keys, ["kirk-json", "kirk"];
    /// subunit2csv.
    SubunitCsv: subunit_csv, Bytes, ["subunit-csv", "subunit2csv"];
    /// subunit version 2.
    SubunitV2: subunit_v2, Bytes, ["subunit-v2"];
    /// go test -json.
    GoJson: go_json, Bytes, ["go-json"];
    /// What go test prints.
    Go: go, Bytes, ["go"];
    /// libtest's JSON, from cargo test and nextest.
    LibtestJson: libtest_json, Bytes, ["libtest-json"];
    /// What cargo test prints.
    Libtest: libtest, Lines, ["libtest", "cargo-test"];
    /// DejaGnu's .sum and .log.
    Dejagnu: dejagnu, Lines, ["dejagnu"];
    /// smbtorture --format=simple.
    SmbtortureSimple: smbtorture_simple, Lines, ["smbtorture-simple"];
    /// What Samba's format-subunit prints.
    SambaSelftest: samba_selftest, Lines, ["samba-selftest", "samba-format-subunit"];
    /// What test262-harness prints.
    Test262Text: test262_text, Bytes, ["test262-text"];
    /// What node's test runner prints.
    NodeSpec: node_spec, Lines, ["node-spec", "node"];
    /// What xfstests' check prints.
    Xfstests: xfstests, Bytes, ["xfstests"];
    /// The log of LTP's ltp-pan and runltp.
    LtpPan: ltp_pan, Bytes, ["ltp-pan"];
    /// What LTP's ltp-pan and runltp print.
    LtpOutput: ltp_output, Bytes, ["ltp-output", "runltp"];
    /// What cargo nextest prints.
    Nextest: nextest, Bytes, ["nextest"];
    /// What googletest prints.
    Googletest: googletest, Lines, ["googletest", "gtest"];
    /// make check and .trs files.
    Automake: automake, Bytes, ["automake"];
    /// TeamCity's service messages.
    Teamcity: teamcity, Bytes, ["teamcity"];
    /// What pytest prints with -v or -rA.
    Pytest: pytest, Lines, ["pytest"];
    /// What unittest -v prints.
    Unittest: unittest, Lines, ["unittest"];
    /// What LLVM's lit prints.
    Lit: lit, Lines, ["lit"];
    /// KTAP: KUnit and kselftest.
    Ktap: ktap, Lines, ["ktap", "kunit"];
    /// prove's output.
    Prove: prove, Lines, ["prove"];
    /// TAP.
    Tap: tap, Lines, ["tap"];
    /// TRX of MSTest and VSTest.
    Trx: trx, Root, ["trx", "mstest", "vstest"];
    /// NUnit's XML, versions 3 and 2.
    NUnit: nunit, Root, ["nunit", "nunit3", "nunit2"];
    /// XML of xUnit.net.
    XUnit: xunit, Root, ["xunit", "xunit-net"];
    /// CTest's Test.xml.
    CTest: ctest, Root, ["ctest-xml", "ctest"];
    /// Robot Framework's output.xml.
    Robot: robot, Root, ["robot"];
    /// Catch2's XML.
    Catch2: catch2, Root, ["catch2-xml", "catch2"];
    /// Boost.Test's XML log and report.
    Boost: boost, Root, ["boost-test"];
    /// XML of CppUnit and AUnit.
    CppUnit: cppunit, Bytes, ["cppunit", "aunit"];
    /// CUnit's XML.
    CUnit: cunit, Root, ["cunit"];
    /// XML of Check.
    Check: check, Root, ["check"];
    /// GLib's gtester log.
    GTester: gtester, Root, ["gtester"];
    /// Qt Test's XML.
    QTest: qtest, Root, ["qtest"];
    /// UnitTest++'s XML.
    UnitTestPp: unittestpp, Root, ["unittest++", "unittestpp"];
    /// FPCUnit's XML.
    FpcUnit: fpcunit, Root, ["fpcunit"];
    /// SonarQube's generic test execution data.
    Sonar: sonar, Root, ["sonar"];
    /// DejaGnu's XML.
    DejaGnuXml: dejagnu_xml, Root, ["dejagnu-xml"];
    /// Failsafe's summary, which names no tests.
    Failsafe: failsafe, Root, ["failsafe-summary"];
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

/// What distinguishes a format.
struct Facts {
    names: &'static [&'static str],
    sniff: Sniff,
    about: About,
}

/// How a format is known by a file's first bytes.
enum Sniff {
    Bytes(fn(&[u8]) -> bool),
    /// By the first lines, of which XML has none.
    Lines(fn(&str) -> bool),
    /// By how XML begins.
    Root(fn(&Opening) -> bool),
    /// By the keys of JSON.
    Keys(fn(&crate::syntax::json::Head) -> bool),
}

impl Sniff {
    fn claims(&self, head: &Head<'_>) -> bool {
        match self {
            Sniff::Bytes(sniff) => sniff(head.bytes),
            Sniff::Lines(sniff) => sniff(&head.lines),
            Sniff::Root(sniff) => sniff(&head.opening),
            Sniff::Keys(sniff) => sniff(head.keys),
        }
    }
}

/// The first bytes of a file, and what is looked up in them once for all formats.
struct Head<'a> {
    bytes: &'a [u8],
    lines: Cow<'a, str>,
    opening: Opening,
    keys: &'a crate::syntax::json::Head,
}

/// The first bytes of a file as formats are recognised by them: as they stand, and without colours;
/// last of all by JSON that begins behind other output on its line.
struct Sniffed<'a>(Vec<(Cow<'a, [u8]>, crate::syntax::json::Head)>);

impl<'a> Sniffed<'a> {
    fn of(head: &'a [u8]) -> Sniffed<'a> {
        if lookalike::is_archive(head) {
            return Sniffed(Vec::new());
        }
        let head = crate::syntax::encoding::head_text(head);
        let mut plain = Vec::new();
        crate::syntax::lines::push_plain(&head, &mut plain);
        let coloured = plain.len() < head.len();
        let behind_output = crate::syntax::json::Head::of(&head, Layout::Document);
        let keys = crate::syntax::json::Head::of(&head, Layout::Records);
        let mut heads = vec![(head, keys)];
        if coloured {
            let keys = crate::syntax::json::Head::of(&plain, Layout::Records);
            heads.push((Cow::Owned(plain), keys));
        }
        heads.push((Cow::Borrowed(b""), behind_output));
        Sniffed(heads)
    }

    fn heads(&self) -> impl Iterator<Item = Head<'_>> {
        self.0.iter().map(|(bytes, keys)| Head {
            bytes,
            lines: crate::syntax::lines::first(bytes),
            opening: Opening::of(bytes),
            keys,
        })
    }
}

impl Format {
    /// How many first bytes of a file [`Format::sniff`] should be given.
    pub const SNIFFED: usize = 16 << 10;

    /// The name, as in `--format`.
    pub fn name(self) -> &'static str {
        self.facts().names[0]
    }

    /// All its names, the one we write first.
    pub fn names(self) -> &'static [&'static str] {
        self.facts().names
    }

    /// The format of this name or alias.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.names().contains(&name))
    }

    /// The format of a file by its first bytes.
    pub fn sniff(head: &[u8]) -> Option<Format> {
        let sniffed = Sniffed::of(head);
        sniffed.heads().find_map(|head| {
            Format::ALL.into_iter().find(|format| format.facts().sniff.claims(&head))
        })
    }

    /// Whether a file that begins so looks like this format.
    pub fn claims(self, head: &[u8]) -> bool {
        Sniffed::of(head).heads().any(|head| self.facts().sniff.claims(&head))
    }

    /// What a user should know of it.
    pub fn about(self) -> About {
        self.facts().about
    }

    /// Reads a whole file into a builder, which it finishes. An input that fails on the way is
    /// unreadable from there on.
    pub fn read<S: Sink>(self, input: impl Read, mut builder: RunBuilder<'_, S>) {
        let Ended { line, end } = self.events(input, &mut builder);
        builder.finish(line, end);
    }
}
