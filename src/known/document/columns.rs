//! The meaning of a table's columns, by their headers.
//!
//! A table is a list if it has a test column. `Name` alone is not one, since many tables have it; it takes another
//! known column.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Test,
    Category,
    Reason,
    Issue,
    Status,
    Variants,
    Expires,
    Owner,
}

/// The known headers, in lower case.
const HEADERS: &[(Column, &[&str])] = &[
    (Column::Test, &["test name", "test", "tests", "pattern"]),
    (Column::Category, &["category"]),
    (Column::Reason, &["reason", "why", "description"]),
    (Column::Issue, &["issue", "bug", "tracking", "link"]),
    (Column::Status, &["status", "expected"]),
    (
        Column::Variants,
        &["variants", "variant", "profiles", "profile", "when", "platform", "platforms"],
    ),
    (Column::Expires, &["expires", "until", "review by"]),
    (Column::Owner, &["owner"]),
];

/// The columns of a list from left to right; `None` for an unknown one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns(Vec<Option<Column>>);

/// Every known header.
pub(super) fn known_headers() -> impl Iterator<Item = &'static str> {
    HEADERS.iter().flat_map(|(_, names)| names.iter().copied())
}

impl Columns {
    /// Parses the cells of a header; `None` when the table is not a list.
    pub(crate) fn parse(header: &[impl AsRef<str>]) -> Option<Columns> {
        let headers: Vec<String> = header.iter().map(|cell| normalize(cell.as_ref())).collect();
        let mut columns = Columns(Vec::with_capacity(headers.len()));
        for header in &headers {
            let found = HEADERS.iter().find(|(_, names)| names.contains(&header.as_str()));
            // Of two columns with the same meaning the first counts.
            let column =
                found.map(|(column, _)| *column).filter(|c| columns.index_of(*c).is_none());
            columns.0.push(column);
        }
        if columns.index_of(Column::Test).is_none() {
            let name = headers.iter().position(|header| header == "name")?;
            columns.0.iter().flatten().next()?;
            columns.0[name] = Some(Column::Test);
        }
        Some(columns)
    }

    /// The header of a second column that would restrict the rows: only the first one counts.
    pub(super) fn repeated(headers: &[String]) -> Option<&str> {
        let mut seen = Vec::new();
        headers.iter().map(String::as_str).find(|header| {
            let header = normalize(header);
            let found = HEADERS.iter().find(|(_, names)| names.contains(&header.as_str()));
            let restricting = [Column::Test, Column::Status, Column::Variants];
            let column = found.map(|(column, _)| *column).filter(|c| restricting.contains(c));
            let is_repeated = column.is_some_and(|column| seen.contains(&column));
            seen.extend(column);
            is_repeated
        })
    }

    /// The 0-based index of a column.
    pub(crate) fn index_of(&self, column: Column) -> Option<usize> {
        self.0.iter().position(|c| *c == Some(column))
    }

    /// Whether only the source of this column counts, not how Markdown renders it.
    pub(super) fn uses_source_text(&self, index: usize) -> bool {
        matches!(
            self.0.get(index).copied().flatten(),
            Some(Column::Test | Column::Status | Column::Variants)
        )
    }

    /// Every column, from left to right.
    pub(crate) fn all(&self) -> &[Option<Column>] {
        &self.0
    }

    /// The 0-based indices of the unknown columns.
    pub(crate) fn unknown_indices(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(|at| self.0[*at].is_none())
    }
}

/// In lower case, without emphasis, references to footnotes and a colon at its end, with single spaces.
pub(super) fn normalize(header: &str) -> String {
    let header = header.split_once("[^").map_or(header, |(text, _)| text);
    let header = header.trim_end().trim_end_matches([':', '.']);
    let bare: String = header.chars().filter(|c| !matches!(c, '*' | '`' | '~')).collect();
    let words: Vec<&str> = bare.split(|c: char| c.is_whitespace() || c == '_').collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_column_makes_a_list() {
        let places = |header: &[&str]| {
            let columns = Columns::parse(header)?;
            Some((columns.index_of(Column::Test)?, columns.unknown_indices().collect::<Vec<_>>()))
        };
        assert_eq!(places(&["Test Name", "Category", "Reason", "Issue"]), Some((0, vec![])));
        assert_eq!(places(&["#", "**TEST**", "Notes"]), Some((1, vec![0, 2])));
        assert_eq!(places(&["`test_name`"]), Some((0, vec![])));
        assert_eq!(places(&["Name", "Why"]), Some((0, vec![])));
        assert_eq!(places(&["Name", "Pattern"]), Some((1, vec![0])));
        assert_eq!(places(&["Reason", "Description", "Test"]), Some((2, vec![1])));
        for none in [&["Name", "Meaning"][..], &["Name"], &["Status", "Meaning"], &["Category"]] {
            assert_eq!(places(none), None, "{none:?}");
        }
    }
}
