//! The results formats we read: one file a format, each turning bytes into events.
//!
//! In: the bytes of one file, already unpacked if it was compressed. Out: events into a
//! [`RunBuilder`], which owns their meaning. A format is recognised by its content alone. To add one:
//! a file with `ABOUT`, `sniff` and `read`, a variant of [`Format`] and its line in [`Format::facts`].

mod autobahn;
mod bazel_bep;
mod ctrf;
mod cucumber;
mod cucumber_json;
mod cucumber_messages;
mod dart;
mod deqp_csv;
mod deqp_log;
mod deqp_qpa;
mod encoding;
mod ginkgo;
mod gtest_json;
mod jest;
mod json;
mod junit;
mod karma;
mod lines;
mod lit_json;
mod meson;
mod message;
mod mocha_json;
mod mocha_json_stream;
mod mochawesome;
mod mozlog;
mod piglit;
mod playwright;
mod pytest_json;
mod pytest_reportlog;
mod robot_json;
mod rspec;
mod rwx;
mod subunit;
mod subunit_csv;
mod test262;
mod testcafe;
mod told;
mod window;
mod wpt;
mod wptreport;
mod xml;

use crate::model::{End, Outcome, RunBuilder, Sink};
use std::io::Read;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// subunit version 1: smbtorture, Samba's selftest.
    Subunit,
    /// JUnit XML in its dialects.
    Junit,
    /// deqp-runner's results.csv and failures.csv.
    DeqpCsv,
    /// What the Vulkan and OpenGL CTS print.
    DeqpLog,
    /// TestResults.qpa of the Vulkan and OpenGL CTS.
    DeqpQpa,
    /// piglit's results.json.
    Piglit,
    /// wptreport.json of web-platform-tests.
    Wptreport,
    /// mozlog's raw log.
    Mozlog,
    /// test262-harness' JSON.
    Test262,
    /// The Autobahn testsuite's index.json.
    Autobahn,
    /// mocha's json reporter.
    MochaJson,
    /// mocha's json-stream reporter.
    MochaJsonStream,
    /// mochawesome's JSON.
    Mochawesome,
    /// The JSON of jest and vitest.
    Jest,
    /// Playwright's JSON.
    Playwright,
    /// CTRF.
    Ctrf,
    /// pytest-json-report.
    PytestJson,
    /// pytest-reportlog.
    PytestReportlog,
    /// The JSON reporter of Dart and Flutter.
    Dart,
    /// Cucumber's JSON.
    CucumberJson,
    /// Cucumber Messages.
    CucumberMessages,
    /// googletest's JSON.
    GtestJson,
    /// LLVM lit's JSON.
    LitJson,
    /// Bazel's build events.
    BazelBep,
    /// Ginkgo's JSON report.
    Ginkgo,
    /// RSpec's JSON.
    Rspec,
    /// karma-json-reporter.
    Karma,
    /// TestCafe's JSON.
    Testcafe,
    /// RWX test results.
    Rwx,
    /// Robot Framework's output as JSON.
    RobotJson,
    /// Meson's testlog.json.
    Meson,
    /// subunit2csv.
    SubunitCsv,
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
    sniff: Sniff,
    about: About,
}

/// How a format is known by a file's first bytes.
enum Sniff {
    ByBytes(fn(&[u8]) -> bool),
    /// By the keys of JSON, which are looked up once for all formats.
    ByKeys(fn(&json::Head) -> bool),
}

impl Sniff {
    fn claims(&self, head: &[u8], keys: &json::Head) -> bool {
        match self {
            Sniff::ByBytes(sniff) => sniff(head),
            Sniff::ByKeys(sniff) => sniff(keys),
        }
    }
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
    pub const ALL: [Format; 32] = [
        Format::Junit,
        Format::Subunit,
        Format::DeqpCsv,
        Format::DeqpLog,
        Format::DeqpQpa,
        Format::Piglit,
        Format::Wptreport,
        Format::Mozlog,
        Format::Test262,
        Format::Autobahn,
        Format::MochaJson,
        Format::MochaJsonStream,
        Format::Mochawesome,
        Format::Jest,
        Format::Playwright,
        Format::Ctrf,
        Format::PytestJson,
        Format::PytestReportlog,
        Format::Dart,
        Format::CucumberJson,
        Format::CucumberMessages,
        Format::GtestJson,
        Format::LitJson,
        Format::BazelBep,
        Format::Ginkgo,
        Format::Rspec,
        Format::Karma,
        Format::Testcafe,
        Format::Rwx,
        Format::RobotJson,
        Format::Meson,
        Format::SubunitCsv,
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
        let head = encoding::head_text(head);
        let keys = json::Head::of(&head);
        Format::ALL.into_iter().find(|format| format.facts().sniff.claims(&head, &keys))
    }

    /// Whether a file that begins so looks like this format.
    pub fn claims(self, head: &[u8]) -> bool {
        let head = encoding::head_text(head);
        self.facts().sniff.claims(&head, &json::Head::of(&head))
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
            Format::DeqpCsv => deqp_csv::read(input, &mut builder),
            Format::DeqpLog => deqp_log::read(input, &mut builder),
            Format::DeqpQpa => deqp_qpa::read(input, &mut builder),
            Format::Piglit => piglit::read(input, &mut builder),
            Format::Wptreport => wptreport::read(input, &mut builder),
            Format::Mozlog => mozlog::read(input, &mut builder),
            Format::Test262 => test262::read(input, &mut builder),
            Format::Autobahn => autobahn::read(input, &mut builder),
            Format::MochaJson => mocha_json::read(input, &mut builder),
            Format::MochaJsonStream => mocha_json_stream::read(input, &mut builder),
            Format::Mochawesome => mochawesome::read(input, &mut builder),
            Format::Jest => jest::read(input, &mut builder),
            Format::Playwright => playwright::read(input, &mut builder),
            Format::Ctrf => ctrf::read(input, &mut builder),
            Format::PytestJson => pytest_json::read(input, &mut builder),
            Format::PytestReportlog => pytest_reportlog::read(input, &mut builder),
            Format::Dart => dart::read(input, &mut builder),
            Format::CucumberJson => cucumber_json::read(input, &mut builder),
            Format::CucumberMessages => cucumber_messages::read(input, &mut builder),
            Format::GtestJson => gtest_json::read(input, &mut builder),
            Format::LitJson => lit_json::read(input, &mut builder),
            Format::BazelBep => bazel_bep::read(input, &mut builder),
            Format::Ginkgo => ginkgo::read(input, &mut builder),
            Format::Rspec => rspec::read(input, &mut builder),
            Format::Karma => karma::read(input, &mut builder),
            Format::Testcafe => testcafe::read(input, &mut builder),
            Format::Rwx => rwx::read(input, &mut builder),
            Format::RobotJson => robot_json::read(input, &mut builder),
            Format::Meson => meson::read(input, &mut builder),
            Format::SubunitCsv => subunit_csv::read(input, &mut builder),
        };
        builder.finish(line, end);
    }

    fn facts(self) -> Facts {
        match self {
            Format::Subunit => Facts {
                names: &["subunit", "smbtorture"],
                sniff: Sniff::ByBytes(subunit::sniff),
                about: subunit::ABOUT,
            },
            Format::Junit => Facts {
                names: &["junit"],
                sniff: Sniff::ByBytes(junit::sniff),
                about: junit::ABOUT,
            },
            Format::DeqpCsv => Facts {
                names: &["deqp-csv", "deqp-failures-csv", "deqp-runner"],
                sniff: Sniff::ByBytes(deqp_csv::sniff),
                about: deqp_csv::ABOUT,
            },
            Format::DeqpLog => Facts {
                names: &["deqp-log"],
                sniff: Sniff::ByBytes(deqp_log::sniff),
                about: deqp_log::ABOUT,
            },
            Format::DeqpQpa => Facts {
                names: &["deqp-qpa", "qpa"],
                sniff: Sniff::ByBytes(deqp_qpa::sniff),
                about: deqp_qpa::ABOUT,
            },
            Format::Piglit => Facts {
                names: &["piglit-json", "piglit", "igt"],
                sniff: Sniff::ByKeys(piglit::sniff),
                about: piglit::ABOUT,
            },
            Format::Wptreport => Facts {
                names: &["wptreport-json", "wptreport"],
                sniff: Sniff::ByKeys(wptreport::sniff),
                about: wptreport::ABOUT,
            },
            Format::Mozlog => Facts {
                names: &["mozlog-jsonl", "mozlog"],
                sniff: Sniff::ByKeys(mozlog::sniff),
                about: mozlog::ABOUT,
            },
            Format::Test262 => Facts {
                names: &["test262-json", "test262"],
                sniff: Sniff::ByKeys(test262::sniff),
                about: test262::ABOUT,
            },
            Format::Autobahn => Facts {
                names: &["autobahn-json", "autobahn"],
                sniff: Sniff::ByKeys(autobahn::sniff),
                about: autobahn::ABOUT,
            },
            Format::MochaJson => Facts {
                names: &["mocha-json", "mocha"],
                sniff: Sniff::ByKeys(mocha_json::sniff),
                about: mocha_json::ABOUT,
            },
            Format::MochaJsonStream => Facts {
                names: &["mocha-json-stream"],
                sniff: Sniff::ByKeys(mocha_json_stream::sniff),
                about: mocha_json_stream::ABOUT,
            },
            Format::Mochawesome => Facts {
                names: &["mochawesome-json", "mochawesome"],
                sniff: Sniff::ByKeys(mochawesome::sniff),
                about: mochawesome::ABOUT,
            },
            Format::Jest => Facts {
                names: &["jest-json", "jest", "vitest"],
                sniff: Sniff::ByKeys(jest::sniff),
                about: jest::ABOUT,
            },
            Format::Playwright => Facts {
                names: &["playwright-json", "playwright"],
                sniff: Sniff::ByKeys(playwright::sniff),
                about: playwright::ABOUT,
            },
            Format::Ctrf => Facts {
                names: &["ctrf-json", "ctrf"],
                sniff: Sniff::ByKeys(ctrf::sniff),
                about: ctrf::ABOUT,
            },
            Format::PytestJson => Facts {
                names: &["pytest-json"],
                sniff: Sniff::ByKeys(pytest_json::sniff),
                about: pytest_json::ABOUT,
            },
            Format::PytestReportlog => Facts {
                names: &["pytest-reportlog"],
                sniff: Sniff::ByKeys(pytest_reportlog::sniff),
                about: pytest_reportlog::ABOUT,
            },
            Format::Dart => Facts {
                names: &["dart-json", "dart", "flutter"],
                sniff: Sniff::ByKeys(dart::sniff),
                about: dart::ABOUT,
            },
            Format::CucumberJson => Facts {
                names: &["cucumber-json", "cucumber", "behave"],
                sniff: Sniff::ByKeys(cucumber_json::sniff),
                about: cucumber_json::ABOUT,
            },
            Format::CucumberMessages => Facts {
                names: &["cucumber-ndjson", "cucumber-messages"],
                sniff: Sniff::ByKeys(cucumber_messages::sniff),
                about: cucumber_messages::ABOUT,
            },
            Format::GtestJson => Facts {
                names: &["gtest-json"],
                sniff: Sniff::ByKeys(gtest_json::sniff),
                about: gtest_json::ABOUT,
            },
            Format::LitJson => Facts {
                names: &["lit-json"],
                sniff: Sniff::ByKeys(lit_json::sniff),
                about: lit_json::ABOUT,
            },
            Format::BazelBep => Facts {
                names: &["bazel-bep"],
                sniff: Sniff::ByKeys(bazel_bep::sniff),
                about: bazel_bep::ABOUT,
            },
            Format::Ginkgo => Facts {
                names: &["ginkgo-json", "ginkgo"],
                sniff: Sniff::ByKeys(ginkgo::sniff),
                about: ginkgo::ABOUT,
            },
            Format::Rspec => Facts {
                names: &["rspec-json", "rspec"],
                sniff: Sniff::ByKeys(rspec::sniff),
                about: rspec::ABOUT,
            },
            Format::Karma => Facts {
                names: &["karma-json", "karma"],
                sniff: Sniff::ByKeys(karma::sniff),
                about: karma::ABOUT,
            },
            Format::Testcafe => Facts {
                names: &["testcafe-json", "testcafe"],
                sniff: Sniff::ByKeys(testcafe::sniff),
                about: testcafe::ABOUT,
            },
            Format::Rwx => Facts {
                names: &["rwx-json", "rwx"],
                sniff: Sniff::ByKeys(rwx::sniff),
                about: rwx::ABOUT,
            },
            Format::RobotJson => Facts {
                names: &["robot-json"],
                sniff: Sniff::ByKeys(robot_json::sniff),
                about: robot_json::ABOUT,
            },
            Format::Meson => Facts {
                names: &["meson-json", "meson"],
                sniff: Sniff::ByKeys(meson::sniff),
                about: meson::ABOUT,
            },
            Format::SubunitCsv => Facts {
                names: &["subunit-csv", "subunit2csv"],
                sniff: Sniff::ByBytes(subunit_csv::sniff),
                about: subunit_csv::ABOUT,
            },
        }
    }
}
