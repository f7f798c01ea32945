//! The results formats we read: one file a format, each turning bytes into events.
//!
//! In: the bytes of one file, already unpacked if it was compressed. Out: events into a
//! [`RunBuilder`], which owns their meaning. A format is recognised by its content alone. To add one:
//! a file with `ABOUT`, `sniff` and `read`, and its line in the table below.

pub(crate) mod build;
pub(crate) mod c_cpp;
mod ctrf;
mod cucumber;
mod dart;
mod dotnet;
pub(crate) mod emit;
mod fpcunit;
pub(crate) mod gnu;
pub(crate) mod go;
pub(crate) mod graphics;
pub(crate) mod javascript;
mod junit;
pub(crate) mod linux;
pub(crate) mod llvm;
pub(crate) mod python;
pub(crate) mod robot;
mod rspec;
pub(crate) mod rust;
mod rwx;
mod sonar;
pub(crate) mod subunit;
mod tap;
mod teamcity;
pub(crate) mod unsupported;
pub(crate) mod web;

use crate::model::{Outcome, RunBuilder, Sink};
pub use crate::syntax::decompress::unpacked;
use crate::syntax::json::Layout;
use crate::syntax::read_end::Ended;
use emit::xml_report::Opening;
use std::borrow::Cow;
use std::io::Read;
pub use unsupported::hint;

/// Makes [`Format`] and everything that differs from format to format of one table: variant, module,
/// what it is recognised by, names for `--format` (the first of them the one we write).
macro_rules! formats {
    ($($(#[$doc:meta])+ $variant:ident: $($module:ident)::+, $sniff:ident, [$($name:literal),+];)+) => {
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
                        sniff: Sniff::$sniff($($module)::+::sniff),
                        about: $($module)::+::ABOUT,
                    },)+
                }
            }

            fn events<S: Sink>(self, input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
                match self {
                    $(Format::$variant => $($module)::+::read(input, builder),)+
                }
            }
        }
    };
}

formats! {
    /// JUnit XML in its dialects.
    Junit: junit, Bytes, ["junit"];
    /// subunit version 1: smbtorture, Samba's selftest.
    Subunit: subunit::v1, Lines, ["subunit", "smbtorture"];
    /// deqp-runner's results.csv and failures.csv.
    DeqpCsv: graphics::deqp_csv, Bytes, ["deqp-csv", "deqp-failures-csv", "deqp-runner"];
    /// What the Vulkan and OpenGL CTS print.
    DeqpLog: graphics::deqp_log, Bytes, ["deqp-log"];
    /// TestResults.qpa of the Vulkan and OpenGL CTS.
    DeqpQpa: graphics::deqp_qpa, Bytes, ["deqp-qpa", "qpa"];
    /// piglit's results.json.
    Piglit: graphics::piglit, Keys, ["piglit-json", "piglit", "igt"];
    /// wptreport.json of web-platform-tests.
    Wptreport: web::wptreport, Keys, ["wptreport-json", "wptreport"];
    /// mozlog's raw log.
    Mozlog: web::mozlog, Keys, ["mozlog-jsonl", "mozlog"];
    /// test262-harness' JSON.
    Test262: web::test262, Keys, ["test262-json", "test262"];
    /// The Autobahn testsuite's index.json.
    Autobahn: web::autobahn, Keys, ["autobahn-json", "autobahn"];
    /// mocha's json reporter.
    MochaJson: javascript::mocha_json, Keys, ["mocha-json", "mocha"];
    /// mocha's json-stream reporter.
    MochaJsonStream: javascript::mocha_json_stream, Keys, ["mocha-json-stream"];
    /// mochawesome's JSON.
    Mochawesome: javascript::mochawesome, Keys, ["mochawesome-json", "mochawesome"];
    /// The JSON of jest and vitest.
    Jest: javascript::jest, Keys, ["jest-json", "jest", "vitest"];
    /// Playwright's JSON.
    Playwright: javascript::playwright, Keys, ["playwright-json", "playwright"];
    /// CTRF.
    Ctrf: ctrf, Keys, ["ctrf-json", "ctrf"];
    /// pytest-json-report.
    PytestJson: python::pytest_json, Keys, ["pytest-json"];
    /// pytest-reportlog.
    PytestReportlog: python::pytest_reportlog, Keys, ["pytest-reportlog"];
    /// The JSON reporter of Dart and Flutter.
    Dart: dart, Keys, ["dart-json", "dart", "flutter"];
    /// Cucumber's JSON.
    CucumberJson: cucumber::json, Keys, ["cucumber-json", "cucumber", "behave"];
    /// Cucumber Messages.
    CucumberMessages: cucumber::messages, Keys, ["cucumber-ndjson", "cucumber-messages"];
    /// googletest's JSON.
    GtestJson: c_cpp::googletest_json, Keys, ["gtest-json"];
    /// LLVM lit's JSON.
    LitJson: llvm::lit_json, Keys, ["lit-json"];
    /// Bazel's build events.
    BazelBep: build::bazel_bep, Keys, ["bazel-bep"];
    /// Ginkgo's JSON report.
    Ginkgo: go::ginkgo, Keys, ["ginkgo-json", "ginkgo"];
    /// RSpec's JSON.
    Rspec: rspec, Keys, ["rspec-json", "rspec"];
    /// karma-json-reporter.
    Karma: javascript::karma, Keys, ["karma-json", "karma"];
    /// TestCafe's JSON.
    Testcafe: javascript::testcafe, Keys, ["testcafe-json", "testcafe"];
    /// RWX test results.
    Rwx: rwx, Keys, ["rwx-json", "rwx"];
    /// Robot Framework's output as JSON.
    RobotJson: robot::json, Keys, ["robot-json"];
    /// Meson's testlog.json.
    Meson: build::meson, Keys, ["meson-json", "meson"];
    /// kirk's JSON, of the Linux Test Project.
    Kirk: linux::kirk, Keys, ["kirk-json", "kirk"];
    /// subunit2csv.
    SubunitCsv: subunit::csv, Bytes, ["subunit-csv", "subunit2csv"];
    /// subunit version 2.
    SubunitV2: subunit::v2, Bytes, ["subunit-v2"];
    /// go test -json.
    GoJson: go::json, Bytes, ["go-json"];
    /// What go test prints.
    Go: go::text, Bytes, ["go"];
    /// libtest's JSON, from cargo test and nextest.
    LibtestJson: rust::libtest_json, Bytes, ["libtest-json"];
    /// What cargo test prints.
    Libtest: rust::libtest, Lines, ["libtest", "cargo-test"];
    /// DejaGnu's .sum and .log.
    Dejagnu: gnu::dejagnu, Lines, ["dejagnu"];
    /// smbtorture --format=simple.
    SmbtortureSimple: subunit::smbtorture_simple, Lines, ["smbtorture-simple"];
    /// What Samba's format-subunit prints.
    SambaSelftest: subunit::samba_selftest, Lines, ["samba-selftest", "samba-format-subunit"];
    /// What test262-harness prints.
    Test262Text: web::test262_text, Bytes, ["test262-text"];
    /// What node's test runner prints.
    NodeSpec: javascript::node_spec, Lines, ["node-spec", "node"];
    /// What xfstests' check prints.
    Xfstests: linux::xfstests, Bytes, ["xfstests"];
    /// The log of LTP's ltp-pan and runltp.
    LtpPan: linux::ltp_pan, Bytes, ["ltp-pan"];
    /// What LTP's ltp-pan and runltp print.
    LtpOutput: linux::ltp_output, Bytes, ["ltp-output", "runltp"];
    /// What cargo nextest prints.
    Nextest: rust::nextest, Bytes, ["nextest"];
    /// What googletest prints.
    Googletest: c_cpp::googletest, Lines, ["googletest", "gtest"];
    /// make check and .trs files.
    Automake: gnu::automake, Bytes, ["automake"];
    /// TeamCity's service messages.
    Teamcity: teamcity, Bytes, ["teamcity"];
    /// What pytest prints with -v or -rA.
    Pytest: python::pytest, Lines, ["pytest"];
    /// What unittest -v prints.
    Unittest: python::unittest, Lines, ["unittest"];
    /// What LLVM's lit prints.
    Lit: llvm::lit, Lines, ["lit"];
    /// KTAP: KUnit and kselftest.
    Ktap: tap::ktap, Lines, ["ktap", "kunit"];
    /// prove's output.
    Prove: tap::prove, Lines, ["prove"];
    /// TAP.
    Tap: tap, Lines, ["tap"];
    /// TRX of MSTest and VSTest.
    Trx: dotnet::trx, Root, ["trx", "mstest", "vstest"];
    /// NUnit's XML, versions 3 and 2.
    NUnit: dotnet::nunit, Root, ["nunit", "nunit3", "nunit2"];
    /// XML of xUnit.net.
    XUnit: dotnet::xunit, Root, ["xunit", "xunit-net"];
    /// CTest's Test.xml.
    CTest: build::ctest, Root, ["ctest-xml", "ctest"];
    /// Robot Framework's output.xml.
    Robot: robot::xml, Root, ["robot"];
    /// Catch2's XML.
    Catch2: c_cpp::catch2, Root, ["catch2-xml", "catch2"];
    /// Boost.Test's XML log and report.
    Boost: c_cpp::boost_test, Root, ["boost-test"];
    /// XML of CppUnit and AUnit.
    CppUnit: c_cpp::cppunit, Bytes, ["cppunit", "aunit"];
    /// CUnit's XML.
    CUnit: c_cpp::cunit, Root, ["cunit"];
    /// XML of Check.
    Check: c_cpp::check, Root, ["check"];
    /// GLib's gtester log.
    GTester: c_cpp::gtester, Root, ["gtester"];
    /// Qt Test's XML.
    QTest: c_cpp::qtest, Root, ["qtest"];
    /// UnitTest++'s XML.
    UnitTestPp: c_cpp::unittestpp, Root, ["unittest++", "unittestpp"];
    /// FPCUnit's XML.
    FpcUnit: fpcunit, Root, ["fpcunit"];
    /// SonarQube's generic test execution data.
    Sonar: sonar, Root, ["sonar"];
    /// DejaGnu's XML.
    DejaGnuXml: gnu::dejagnu_xml, Root, ["dejagnu-xml"];
    /// Failsafe's summary, which names no tests.
    Failsafe: junit::failsafe_summary, Root, ["failsafe-summary"];
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
        if unsupported::is_archive(head) {
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
