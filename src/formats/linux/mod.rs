//! The Linux Test Project and suites for file systems: xfstests, pjdfstest, NFStest.

pub(crate) mod kirk;
pub(crate) mod ltp;
pub(crate) mod ltp_output;
pub(crate) mod ltp_pan;
pub(crate) mod nfstest;
pub(crate) mod pjdfstest;
pub(crate) mod xfstests;
