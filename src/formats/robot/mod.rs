//! Robot Framework.

pub(crate) mod deferred;
pub(crate) mod json;
pub(crate) mod xml;
