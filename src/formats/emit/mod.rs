//! What readers share: building events, names, and the driver of XML reports.

pub(crate) mod names;
pub(crate) mod test_case;
pub(crate) mod test_record;
pub(crate) mod xml_report;
