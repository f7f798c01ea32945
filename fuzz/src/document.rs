//! The document: any text can be read, and an edit leaves the rest as it was.

use knownfail::known::lint::lint;
use knownfail::known::{
    Edits, KnownFailures, NewRow, Pattern, Row, RowId, VariantItem, edit, escape_pattern,
};
use knownfail::model::{TestName, Variant};
use std::collections::BTreeSet;

/// A document; its last byte selects the rows to remove.
pub(crate) fn document(bytes: &[u8]) {
    let (chosen, text) = bytes.split_last().map_or((0, bytes), |(last, text)| (*last, text));
    let text = String::from_utf8_lossy(text).into_owned();
    let known = read(&text);
    lint(&known);
    // A carriage return alone ends a line as well.
    let lines = 1 + text.matches(['\n', '\r']).count() as u32;
    for problem in known.problems() {
        assert!(problem.line <= lines, "{problem:?}");
    }
    for row in known.rows() {
        assert!(row.line <= lines && row.column > 0, "{row:?}");
        assert_reads_back(row);
        known.claim(row.pattern.as_str(), &Variant::default());
    }
    check_removal(&known, &text, chosen);
    // What the author ignores is ignored.
    if known.list_count() > 0 || !text.contains("knownfail:") {
        check_insertion(&known, &text);
    }
}

fn read(text: &str) -> KnownFailures {
    KnownFailures::read(&[("K.md".into(), text.to_owned())])
}

/// A pattern round-trips through a cell.
fn assert_reads_back(row: &Row) {
    let pattern = row.pattern.as_str();
    if pattern.contains(char::is_control) {
        return;
    }
    let reread =
        read(&format!("| Test | Reason |\n|---|---|\n| {} | |\n", escape_pattern(pattern)));
    let found: Vec<&str> = reread.rows().iter().map(|row| row.pattern.as_str()).collect();
    assert_eq!(found, [pattern]);
}

/// Removed rows are gone, and all others are unchanged.
fn check_removal(known: &KnownFailures, text: &str, chosen: u8) {
    let is_removed =
        |id: RowId| (id.0 as u8).wrapping_mul(37).wrapping_add(chosen).is_multiple_of(3);
    let ids = known.rows_with_ids().map(|(id, _)| id);
    let removed: BTreeSet<RowId> = ids.filter(|id| is_removed(*id)).collect();
    let edits = Edits { removed: removed.clone(), ..Edits::default() };
    let edited = &edit::apply(known, &edits)[0];
    let remaining = known.rows_with_ids().filter(|(id, _)| !removed.contains(id));
    let remaining: Vec<String> = remaining.map(|(_, row)| describe(row)).collect();
    let after: Vec<String> = read(edited).rows().iter().map(describe).collect();
    assert_eq!(after, remaining, "{text:?} became {edited:?}");
    if removed.is_empty() {
        assert_eq!(edited, text);
    }
}

/// An added row claims its name, and all others are unchanged.
fn check_insertion(known: &KnownFailures, text: &str) {
    let name = "a name: of *no* test | `here`";
    let last_row = known.rows_with_ids().map(|(id, _)| id).last();
    let new = NewRow {
        name: TestName::escape(name).into_owned(),
        reason: "x | y".to_owned(),
        variants: Vec::new(),
        after: last_row,
    };
    let edits = Edits { added: vec![new], ..Edits::default() };
    let edited = &edit::apply(known, &edits)[0];
    let after = read(edited);
    let literal = Pattern::for_name(name);
    let is_new = |row: &&Row| row.pattern.as_str() == literal;
    assert_eq!(after.rows().iter().filter(is_new).count(), 1, "{text:?} became {edited:?}");
    let others: Vec<String> =
        after.rows().iter().filter(|row| !is_new(row)).map(describe).collect();
    let before: Vec<String> = known.rows().iter().map(describe).collect();
    assert_eq!(others, before, "{text:?} became {edited:?}");
}

/// The content of a row, wherever it is.
pub(super) fn describe(row: &Row) -> String {
    let Row { pattern, expected, variants, category, reason, issue, owner, .. } = row;
    let (pattern, section, other) = (pattern.as_str(), &row.section, &row.other);
    let scope = |items: &[VariantItem]| -> Vec<String> {
        items.iter().map(|item| item.as_str().to_owned()).collect()
    };
    let (only, except) = (scope(&variants.only), scope(&variants.except));
    format!(
        "{pattern:?} {expected:?} {only:?} {except:?} {category:?} {reason:?} {issue:?} {owner:?} \
         {:?} {other:?} {section:?} {}",
        row.expires,
        row.loose.is_some(),
    )
}
