//! subunit in its versions, and what Samba prints instead of it.

pub(crate) mod csv;
pub(crate) mod samba_selftest;
pub(crate) mod smbtorture_simple;
pub(crate) mod v1;
pub(crate) mod v1_line;
pub(crate) mod v2;
