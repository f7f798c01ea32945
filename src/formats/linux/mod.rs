//! The Linux Test Project and xfstests.

pub(crate) mod kirk;
pub(crate) mod ltp;
pub(crate) mod ltp_output;
pub(crate) mod ltp_pan;
pub(crate) mod xfstests;
