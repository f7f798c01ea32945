//! Shared by the readers: building events and names, and driving XML reports.

pub(crate) mod location;
pub(crate) mod names;
mod pending_test;
mod rows;
mod test_case;
pub(crate) mod test_record;
mod totals;
pub(crate) mod xml_report;

pub(crate) use pending_test::PendingTest;
pub(crate) use rows::read_rows;
pub(crate) use test_case::{TestCase, outcome_for_ignore_case};
pub(crate) use test_record::{
    TestRecord, emit_bail_out, emit_plan, emit_started, file_name, first_non_empty,
    known_or_failed, lookup, lookup_ignore_case, outcome_for, saturating_sum, unknown,
};
pub(crate) use totals::{check_total, check_totals, malformed_total, total_in_text};
pub(crate) use xml_report::{ElementEnd, EndKind, RESULTS_AFTER_ROOT, XmlHead, XmlReport};
