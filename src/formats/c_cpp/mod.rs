//! Test frameworks for C and C++.

pub(crate) mod boost_test;
pub(crate) mod catch2;
pub(crate) mod check;
pub(crate) mod cppunit;
pub(crate) mod cunit;
pub(crate) mod googletest;
pub(crate) mod googletest_json;
pub(crate) mod gtester;
pub(crate) mod qtest;
pub(crate) mod unittestpp;
