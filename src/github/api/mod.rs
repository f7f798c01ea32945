//! GitHub's REST API: one client, one file a resource.

pub(crate) mod branches;
pub(crate) mod budget;
pub(crate) mod check_runs;
pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod contents;
pub(crate) mod error;
pub(crate) mod issues;
pub(crate) mod pulls;
pub(crate) mod random;
pub(crate) mod review_suggestions;
pub(crate) mod runs;
pub(crate) mod tls;
pub(crate) mod url;
