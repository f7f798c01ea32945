//! Build systems that run tests: Bazel, CMake, Meson.

pub(crate) mod bazel_bep;
pub(crate) mod ctest;
mod ctest_line;
pub(crate) mod ctest_text;
pub(crate) mod meson;
