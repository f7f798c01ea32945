//! Web platform suites: web-platform-tests, layout tests, test262, Autobahn.

pub(crate) mod autobahn;
pub(crate) mod full_results;
pub(crate) mod mozlog;
pub(crate) mod test262;
pub(crate) mod test262_text;
pub(crate) mod wpt;
pub(crate) mod wptreport;
