//! LLVM lit.

pub(crate) mod lit;
pub(crate) mod lit_json;
