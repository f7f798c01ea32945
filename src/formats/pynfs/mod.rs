//! pynfs, the tests of NFS 4.0 and 4.1 servers. Its XML is JUnit.

pub(crate) mod json;
pub(crate) mod text;
