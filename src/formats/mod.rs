//! The results formats: one file a format, grouped by who writes the file.
//!
//! A reader turns the bytes of one file, already decompressed, into events for a [`RunBuilder`], which owns their
//! meaning. Everything that differs from format to format is its `FORMAT`, and `FORMATS` lists them all. To add a
//! format, write a file with a `FORMAT` and add it to the table.
//!
//! [`RunBuilder`]: crate::model::RunBuilder

mod android_cts;
mod build;
mod c_cpp;
mod ctrf;
mod cucumber;
mod dart;
mod dotnet;
mod emit;
mod format;
mod fpcunit;
mod gnu;
mod go;
mod graphics;
mod javascript;
mod junit;
mod linux;
mod llvm;
mod mixed;
mod pynfs;
mod python;
mod robot;
mod rspec;
mod rust;
mod rwx;
mod signatures;
mod sniff;
mod sonar;
mod subunit;
mod table;
mod tap;
mod teamcity;
mod text_totals;
mod unsupported;
mod web;

pub use crate::syntax::decompress::decompress;
pub(crate) use crate::syntax::read_end::ReadEnd;
pub(crate) use format::Input;
pub use format::{Format, FormatSpec};
pub(crate) use sniff::Sniff;
pub use unsupported::hint;

/// Every format, in the order in which they are tried.
static FORMATS: [&FormatSpec; 84] = [
    // Its header is no other format's, and what follows may be quoted output that looks like any.
    &table::csv::FORMAT,
    &junit::FORMAT,
    &subunit::v1::FORMAT,
    &graphics::deqp_csv::FORMAT,
    &graphics::deqp_log::FORMAT,
    &graphics::deqp_qpa::FORMAT,
    &graphics::piglit::FORMAT,
    &web::wptreport::FORMAT,
    &web::mozlog::FORMAT,
    &web::test262::FORMAT,
    &web::autobahn::FORMAT,
    &web::full_results::FORMAT,
    &javascript::mocha_json::FORMAT,
    &javascript::mocha_json_stream::FORMAT,
    &javascript::mochawesome::FORMAT,
    &javascript::jest::FORMAT,
    &javascript::playwright::FORMAT,
    &ctrf::FORMAT,
    &python::pytest_json::FORMAT,
    &python::pytest_reportlog::FORMAT,
    &pynfs::json::FORMAT,
    &dart::FORMAT,
    &cucumber::json::FORMAT,
    &cucumber::messages::FORMAT,
    &c_cpp::googletest_json::FORMAT,
    &llvm::lit_json::FORMAT,
    &build::bazel_bep::FORMAT,
    &go::ginkgo::FORMAT,
    &rspec::FORMAT,
    &javascript::karma::FORMAT,
    &javascript::testcafe::FORMAT,
    &rwx::FORMAT,
    &robot::json::FORMAT,
    &build::meson::FORMAT,
    &linux::kirk::FORMAT,
    &subunit::csv::FORMAT,
    &subunit::v2::FORMAT,
    &go::json::FORMAT,
    &build::ctest_text::FORMAT,
    &go::text::FORMAT,
    &rust::libtest_json::FORMAT,
    &rust::nextest::FORMAT,
    &rust::libtest::FORMAT,
    &gnu::dejagnu::FORMAT,
    &subunit::smbtorture_simple::FORMAT,
    &subunit::samba_selftest::FORMAT,
    &web::test262_text::FORMAT,
    &javascript::node_spec::FORMAT,
    &linux::xfstests::FORMAT,
    &linux::ltp_pan::FORMAT,
    &linux::ltp_output::FORMAT,
    &linux::pjdfstest::FORMAT,
    &linux::nfstest::FORMAT,
    &c_cpp::googletest::FORMAT,
    &gnu::automake::FORMAT,
    &teamcity::FORMAT,
    &python::pytest::FORMAT,
    &python::unittest::FORMAT,
    &pynfs::text::FORMAT,
    &llvm::lit::FORMAT,
    &tap::ktap::FORMAT,
    &tap::prove::FORMAT,
    &tap::prove_files::FORMAT,
    &tap::FORMAT,
    &dotnet::trx::FORMAT,
    &dotnet::nunit::FORMAT,
    &dotnet::xunit::FORMAT,
    &dotnet::gallio::FORMAT,
    &android_cts::FORMAT,
    &build::ctest::FORMAT,
    &robot::xml::FORMAT,
    &c_cpp::catch2::FORMAT,
    &c_cpp::boost_test::FORMAT,
    &c_cpp::cppunit::FORMAT,
    &c_cpp::cunit::FORMAT,
    &c_cpp::check::FORMAT,
    &c_cpp::gtester::FORMAT,
    &c_cpp::qtest::FORMAT,
    &c_cpp::unittestpp::FORMAT,
    &fpcunit::FORMAT,
    &sonar::FORMAT,
    &gnu::dejagnu_xml::FORMAT,
    &junit::failsafe_summary::FORMAT,
    &table::jsonl::FORMAT,
];
