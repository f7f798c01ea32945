//! Automake and DejaGnu.

pub(crate) mod automake;
pub(crate) mod dejagnu;
pub(crate) mod dejagnu_xml;
