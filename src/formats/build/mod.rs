//! Build systems that run tests: Bazel, CMake, Meson.

pub(crate) mod bazel_bep;
pub(crate) mod ctest;
pub(crate) mod meson;
