//! Graphics conformance suites: dEQP and piglit.

pub(crate) mod deqp_csv;
pub(crate) mod deqp_log;
pub(crate) mod deqp_qpa;
pub(crate) mod piglit;
