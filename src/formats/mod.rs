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

use crate::model::{Outcome, RunBuilder};
pub use crate::syntax::decompress::decompress;
use crate::syntax::json::JsonLayout;
use crate::syntax::read_end::ReadEnd;
use emit::xml_report::XmlHead;
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

            fn facts(self) -> FormatSpec {
                match self {
                    $(Format::$variant => FormatSpec {
                        names: &[$($name),+],
                        sniff: Sniff::$sniff($($module)::+::sniff),
                        about: $($module)::+::ABOUT,
                    },)+
                }
            }

            fn events(self, input: impl Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
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
    Piglit: graphics::piglit, Json, ["piglit-json", "piglit", "igt"];
    /// wptreport.json of web-platform-tests.
    Wptreport: web::wptreport, Json, ["wptreport-json", "wptreport"];
    /// mozlog's raw log.
    Mozlog: web::mozlog, Json, ["mozlog-jsonl", "mozlog"];
    /// test262-harness' JSON.
    Test262: web::test262, Json, ["test262-json", "test262"];
    /// The Autobahn testsuite's index.json.
    Autobahn: web::autobahn, Json, ["autobahn-json", "autobahn"];
    /// mocha's json reporter.
    MochaJson: javascript::mocha_json, Json, ["mocha-json", "mocha"];
    /// mocha's json-stream reporter.
    MochaJsonStream: javascript::mocha_json_stream, Json, ["mocha-json-stream"];
    /// mochawesome's JSON.
    Mochawesome: javascript::mochawesome, Json, ["mochawesome-json", "mochawesome"];
    /// The JSON of jest and vitest.
    Jest: javascript::jest, Json, ["jest-json", "jest", "vitest"];
    /// Playwright's JSON.
    Playwright: javascript::playwright, Json, ["playwright-json", "playwright"];
    /// CTRF.
    Ctrf: ctrf, Json, ["ctrf-json", "ctrf"];
    /// pytest-json-report.
    PytestJson: python::pytest_json, Json, ["pytest-json"];
    /// pytest-reportlog.
    PytestReportlog: python::pytest_reportlog, Json, ["pytest-reportlog"];
    /// The JSON reporter of Dart and Flutter.
    Dart: dart, Json, ["dart-json", "dart", "flutter"];
    /// Cucumber's JSON.
    CucumberJson: cucumber::json, Json, ["cucumber-json", "cucumber", "behave"];
    /// Cucumber Messages.
    CucumberMessages: cucumber::messages, Json, ["cucumber-ndjson", "cucumber-messages"];
    /// googletest's JSON.
    GtestJson: c_cpp::googletest_json, Json, ["gtest-json"];
    /// LLVM lit's JSON.
    LitJson: llvm::lit_json, Json, ["lit-json"];
    /// Bazel's build events.
    BazelBep: build::bazel_bep, Json, ["bazel-bep"];
    /// Ginkgo's JSON report.
    Ginkgo: go::ginkgo, Json, ["ginkgo-json", "ginkgo"];
    /// RSpec's JSON.
    Rspec: rspec, Json, ["rspec-json", "rspec"];
    /// karma-json-reporter.
    Karma: javascript::karma, Json, ["karma-json", "karma"];
    /// TestCafe's JSON.
    Testcafe: javascript::testcafe, Json, ["testcafe-json", "testcafe"];
    /// RWX test results.
    Rwx: rwx, Json, ["rwx-json", "rwx"];
    /// Robot Framework's output as JSON.
    RobotJson: robot::json, Json, ["robot-json"];
    /// Meson's testlog.json.
    Meson: build::meson, Json, ["meson-json", "meson"];
    /// kirk's JSON, of the Linux Test Project.
    Kirk: linux::kirk, Json, ["kirk-json", "kirk"];
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
    Trx: dotnet::trx, Xml, ["trx", "mstest", "vstest"];
    /// NUnit's XML, versions 3 and 2.
    NUnit: dotnet::nunit, Xml, ["nunit", "nunit3", "nunit2"];
    /// XML of xUnit.net.
    XUnit: dotnet::xunit, Xml, ["xunit", "xunit-net"];
    /// CTest's Test.xml.
    CTest: build::ctest, Xml, ["ctest-xml", "ctest"];
    /// Robot Framework's output.xml.
    Robot: robot::xml, Xml, ["robot"];
    /// Catch2's XML.
    Catch2: c_cpp::catch2, Xml, ["catch2-xml", "catch2"];
    /// Boost.Test's XML log and report.
    Boost: c_cpp::boost_test, Xml, ["boost-test"];
    /// XML of CppUnit and AUnit.
    CppUnit: c_cpp::cppunit, Bytes, ["cppunit", "aunit"];
    /// CUnit's XML.
    CUnit: c_cpp::cunit, Xml, ["cunit"];
    /// XML of Check.
    Check: c_cpp::check, Xml, ["check"];
    /// GLib's gtester log.
    GTester: c_cpp::gtester, Xml, ["gtester"];
    /// Qt Test's XML.
    QTest: c_cpp::qtest, Xml, ["qtest"];
    /// UnitTest++'s XML.
    UnitTestPp: c_cpp::unittestpp, Xml, ["unittest++", "unittestpp"];
    /// FPCUnit's XML.
    FpcUnit: fpcunit, Xml, ["fpcunit"];
    /// SonarQube's generic test execution data.
    Sonar: sonar, Xml, ["sonar"];
    /// DejaGnu's XML.
    DejaGnuXml: gnu::dejagnu_xml, Xml, ["dejagnu-xml"];
    /// Failsafe's summary, which names no tests.
    Failsafe: junit::failsafe_summary, Xml, ["failsafe-summary"];
}

/// What a user should know of a format.
#[derive(Debug, Clone, Copy)]
pub struct FormatDocs {
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
struct FormatSpec {
    names: &'static [&'static str],
    sniff: Sniff,
    about: FormatDocs,
}

/// How a format is known by a file's first bytes.
enum Sniff {
    Bytes(fn(&[u8]) -> bool),
    /// By the first lines, of which XML has none.
    Lines(fn(&str) -> bool),
    /// By how XML begins.
    Xml(fn(&XmlHead) -> bool),
    /// By the keys of JSON.
    Json(fn(&crate::syntax::json::JsonHead) -> bool),
}

impl Sniff {
    fn matches(&self, head: &HeadView<'_>) -> bool {
        match self {
            Sniff::Bytes(sniff) => sniff(head.bytes),
            Sniff::Lines(sniff) => sniff(&head.lines),
            Sniff::Xml(sniff) => sniff(&head.xml),
            Sniff::Json(sniff) => sniff(head.json),
        }
    }
}

/// The first bytes of a file, and what is looked up in them once for all formats.
struct HeadView<'a> {
    bytes: &'a [u8],
    lines: Cow<'a, str>,
    xml: XmlHead,
    json: &'a crate::syntax::json::JsonHead,
}

/// The first bytes of a file as formats are recognised by them: as they stand, and without colours;
/// last of all by JSON that begins behind other output on its line.
struct HeadViews<'a>(Vec<(Cow<'a, [u8]>, crate::syntax::json::JsonHead)>);

impl<'a> HeadViews<'a> {
    fn new(head: &'a [u8]) -> HeadViews<'a> {
        if unsupported::is_archive(head) {
            return HeadViews(Vec::new());
        }
        let head = crate::syntax::encoding::decode_head(head);
        let mut plain = Vec::new();
        crate::syntax::lines::strip_ansi_into(&head, &mut plain);
        let colored = plain.len() < head.len();
        let after_output = crate::syntax::json::JsonHead::parse(&head, JsonLayout::Document);
        let keys = crate::syntax::json::JsonHead::parse(&head, JsonLayout::Lines);
        let mut heads = vec![(head, keys)];
        if colored {
            let keys = crate::syntax::json::JsonHead::parse(&plain, JsonLayout::Lines);
            heads.push((Cow::Owned(plain), keys));
        }
        heads.push((Cow::Borrowed(b""), after_output));
        HeadViews(heads)
    }

    fn iter(&self) -> impl Iterator<Item = HeadView<'_>> {
        self.0.iter().map(|(bytes, keys)| HeadView {
            bytes,
            lines: crate::syntax::lines::first_lines(bytes),
            xml: XmlHead::parse(bytes),
            json: keys,
        })
    }
}

impl Format {
    /// How many first bytes of a file [`Format::sniff`] should be given.
    pub const SNIFF_LEN: usize = 16 << 10;

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
        let views = HeadViews::new(head);
        views.iter().find_map(|head| {
            Format::ALL.into_iter().find(|format| format.facts().sniff.matches(&head))
        })
    }

    /// Whether a file that begins so looks like this format.
    pub fn matches(self, head: &[u8]) -> bool {
        HeadViews::new(head).iter().any(|head| self.facts().sniff.matches(&head))
    }

    /// What a user should know of it.
    pub fn about(self) -> FormatDocs {
        self.facts().about
    }

    /// Reads a whole file into a builder, which it finishes. An input that fails on the way is
    /// unreadable from there on.
    pub fn read(self, input: impl Read, mut builder: RunBuilder<'_>) {
        let ReadEnd { line, end } = self.events(input, &mut builder);
        builder.finish(line, end);
    }
}
