//! The document: any text is read, and what is taken out or put in leaves the rest as it was.

use knownfail::known::{Edits, KnownFailures, NewRow, Pattern, Row, RowId, escape_pattern};
use knownfail::model::{TestName, Variant};
use std::collections::BTreeSet;

/// A document; its last byte chooses which rows are taken out.
pub fn document(bytes: &[u8]) {
    let (chosen, text) = bytes.split_last().map_or((0, bytes), |(last, text)| (*last, text));
    let text = String::from_utf8_lossy(text).into_owned();
    let known = read(&text);
    known.oddities();
    // A carriage return alone ends a line, too.
    let lines = 1 + text.matches(['\n', '\r']).count() as u32;
    for problem in known.problems() {
        assert!(problem.line <= lines, "{problem:?}");
    }
    for row in known.rows() {
        assert!(row.line <= lines && row.column > 0, "{row:?}");
        reads_back(row);
        known.claim(row.pattern.as_str(), &Variant::default());
    }
    taken_out(&known, &text, chosen);
    // What an author wants to be ignored is.
    if known.lists() > 0 || !text.contains("knownfail:") {
        put_in(&known, &text);
    }
}

fn read(text: &str) -> KnownFailures {
    KnownFailures::read(&[("K.md".into(), text.to_owned())])
}

/// A pattern written as a cell is the same pattern again.
fn reads_back(row: &Row) {
    let pattern = row.pattern.as_str();
    if pattern.contains(char::is_control) {
        return;
    }
    let again = read(&format!("| Test | Reason |\n|---|---|\n| {} | |\n", escape_pattern(pattern)));
    let found: Vec<&str> = again.rows().iter().map(|row| row.pattern.as_str()).collect();
    assert_eq!(found, [pattern]);
}

/// Rows that are taken out are gone, and all others say what they said.
fn taken_out(known: &KnownFailures, text: &str, chosen: u8) {
    let goes = |id: RowId| (id.0 as u8).wrapping_mul(37).wrapping_add(chosen).is_multiple_of(3);
    let ids = known.rows_with_ids().map(|(id, _)| id);
    let removed: BTreeSet<RowId> = ids.filter(|id| goes(*id)).collect();
    let edits = Edits { removed: removed.clone(), ..Edits::default() };
    let edited = &known.edited(&edits)[0];
    let stay = known.rows_with_ids().filter(|(id, _)| !removed.contains(id));
    let stay: Vec<String> = stay.map(|(_, row)| says(row)).collect();
    let after: Vec<String> = read(edited).rows().iter().map(says).collect();
    assert_eq!(after, stay, "{text:?} became {edited:?}");
    if removed.is_empty() {
        assert_eq!(edited, text);
    }
}

/// A row that is put in claims its name, and all others say what they said.
fn put_in(known: &KnownFailures, text: &str) {
    let name = "a name: of *no* test | `here`";
    let below = known.rows_with_ids().map(|(id, _)| id).last();
    let new = NewRow {
        name: TestName::shown(name).into_owned(),
        reason: "x | y".to_owned(),
        variants: Vec::new(),
        below,
    };
    let edits = Edits { added: vec![new], ..Edits::default() };
    let edited = &known.edited(&edits)[0];
    let after = read(edited);
    let literal = Pattern::literal(name);
    let is_new = |row: &&Row| row.pattern.as_str() == literal;
    assert_eq!(after.rows().iter().filter(is_new).count(), 1, "{text:?} became {edited:?}");
    let others: Vec<String> = after.rows().iter().filter(|row| !is_new(row)).map(says).collect();
    let before: Vec<String> = known.rows().iter().map(says).collect();
    assert_eq!(others, before, "{text:?} became {edited:?}");
}

/// What a row says, wherever it stands.
pub fn says(row: &Row) -> String {
    let Row { pattern, expected, variants, category, reason, issue, owner, .. } = row;
    let (pattern, section, other) = (pattern.as_str(), &row.section, &row.other);
    let scope = |patterns: &[Pattern]| -> Vec<String> {
        patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect()
    };
    let (only, except) = (scope(&variants.only), scope(&variants.except));
    format!(
        "{pattern:?} {expected:?} {only:?} {except:?} {category:?} {reason:?} {issue:?} {owner:?} \
         {:?} {other:?} {section:?} {}",
        row.expires,
        row.loose.is_some(),
    )
}
