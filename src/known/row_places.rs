//! Where a new row can be added so that it applies to its variants.

use super::document::columns::Column;
use super::document::reader::ListTable;
use super::edit::NewRow;
use super::list::{Document, KnownFailures};
use super::pattern::regex_budget::RegexBudget;
use super::row::{Expected, RowId};
use super::variants::VariantScope;
use crate::model::Variant;

/// Maximum number of lists in which a place is looked for, for each new row.
const MAX_CANDIDATES: usize = 200;

/// The places of a list for new rows.
pub struct RowPlaces<'k> {
    known: &'k KnownFailures,
    /// The tables with rows, each with its last row, in the order of the documents.
    lists: Vec<(&'k ListTable, RowId)>,
}

/// A place for a new row.
#[derive(Debug, Clone, Copy)]
pub struct RowPlace<'k> {
    /// The row after which it is inserted; `None` for the end of the last list.
    pub after: Option<RowId>,
    /// The table; `None` for one that is added with the row.
    list: Option<&'k ListTable>,
}

impl RowPlace<'_> {
    /// Whether a row's variants can be written.
    pub fn has_variants_column(&self) -> bool {
        self.list.is_some_and(|list| list.columns.index_of(Column::Variants).is_some())
    }

    /// Whether a row that names no variant applies to this one.
    pub fn applies_to(&self, variant: &Variant) -> bool {
        self.list.is_none_or(|list| list.variants.allows(variant))
    }

    /// What a row that names no status excuses.
    pub fn expected(&self) -> &Expected {
        self.list.map_or(&Expected::AnyFailure, |list| &list.expected)
    }

    /// Whether this row applies to this variant, if it is added here.
    pub fn row_applies_to(&self, new: &NewRow, variant: &Variant) -> bool {
        if new.variants.is_empty() {
            self.applies_to(variant)
        } else {
            let cell = new.variants.join(", ");
            let scope = VariantScope::parse(&cell, &mut RegexBudget::default());
            scope.is_ok_and(|scope| scope.allows(variant))
        }
    }
}

impl<'k> RowPlaces<'k> {
    /// Looks up the tables of a list.
    pub fn new(known: &'k KnownFailures) -> RowPlaces<'k> {
        let mut places = RowPlaces { known, lists: Vec::new() };
        for (id, row) in known.rows_with_ids() {
            let mut documents = known.documents().iter();
            let document = documents.find(|document| document.path == row.file);
            let document = document.filter(|document| document.is_editable());
            let Some(list) = document.and_then(|document| list_at(document, row.line)) else {
                continue;
            };
            match places.lists.last_mut() {
                Some((last, end)) if std::ptr::eq(*last, list) => *end = id,
                Some(_) | None => places.lists.push((list, id)),
            }
        }
        places
    }

    /// The place after this row, or else at the end of the last list.
    pub fn place(&self, after: Option<RowId>) -> RowPlace<'k> {
        let at_row = |id: RowId| {
            let index = self.lists.partition_point(|(_, last)| *last < id);
            self.lists.get(index).map(|(list, _)| *list)
        };
        let list = match after {
            Some(id) => at_row(id),
            None => {
                let documents = self.known.documents().iter().rev();
                documents.filter(|it| it.is_editable()).find_map(|it| it.lists().last())
            }
        };
        RowPlace { after, list }
    }

    /// That place; then the end of each other list, the last one first.
    pub fn candidates(&self, preferred: Option<RowId>) -> impl Iterator<Item = RowPlace<'k>> {
        let place = |(list, last): &(&'k ListTable, RowId)| RowPlace {
            after: Some(*last),
            list: Some(*list),
        };
        let others = self.lists.iter().rev().take(MAX_CANDIDATES).map(place);
        std::iter::once(self.place(preferred)).chain(others)
    }
}

/// The table with this line.
fn list_at(document: &Document, line: u32) -> Option<&ListTable> {
    let lists = document.lists();
    let list = lists.get(lists.partition_point(|list| list.end < line))?;
    (list.line < line).then_some(list)
}
