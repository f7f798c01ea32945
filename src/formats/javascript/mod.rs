//! JavaScript test runners.

pub(crate) mod jest;
pub(crate) mod karma;
pub(crate) mod mocha_json;
pub(crate) mod mocha_json_stream;
pub(crate) mod mochawesome;
pub(crate) mod node_spec;
pub(crate) mod playwright;
pub(crate) mod testcafe;
