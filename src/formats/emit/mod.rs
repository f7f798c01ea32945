//! Shared by the readers: building events and names, and driving XML reports.

pub(crate) mod location;
pub(crate) mod names;
pub(crate) mod pending_test;
pub(crate) mod test_case;
pub(crate) mod test_record;
pub(crate) mod xml_report;
