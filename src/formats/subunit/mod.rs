//! The versions of subunit, and the output formats of Samba's tests.

pub(crate) mod csv;
pub(crate) mod samba_selftest;
pub(crate) mod smbtorture_simple;
pub(crate) mod v1;
mod v1_details;
mod v1_line;
pub(crate) mod v2;
