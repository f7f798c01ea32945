//! Go: `go test` and Ginkgo.

pub(crate) mod ginkgo;
pub(crate) mod json;
pub(crate) mod package;
pub(crate) mod text;
