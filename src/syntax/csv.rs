//! Rows of a table whose fields are separated by commas, semicolons or tabs, one after another.
//!
//! A field may be quoted, with each quote in it doubled, and then has separators and line ends.
//!
//! <https://www.rfc-editor.org/rfc/rfc4180>

/// The maximum size of a row, in bytes: a quote that is never closed must not collect the rest of the file.
const MAX_ROW_SIZE: usize = 1 << 20;

/// A row, of which lines are added until it is complete.
#[derive(Debug)]
pub struct CsvRow {
    separator: char,
    text: String,
    /// Where each field ends in the text.
    ends: Vec<usize>,
    state: FieldState,
    malformed: Option<&'static str>,
}

/// What was read of the last field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldState {
    Start,
    Bare,
    Quoted,
    /// A quote in a quoted field: its end, or the first of two.
    AfterQuote,
}

impl CsvRow {
    /// An empty row.
    pub fn new(separator: char) -> CsvRow {
        CsvRow {
            separator,
            text: String::new(),
            ends: Vec::new(),
            state: FieldState::Start,
            malformed: None,
        }
    }

    /// The row of a single line.
    pub fn parse(line: &str, separator: char) -> CsvRow {
        let mut row = CsvRow::new(separator);
        row.push_line(line);
        row
    }

    /// Removes all fields.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.state = FieldState::Start;
        self.malformed = None;
    }

    /// Whether a quoted field goes on in the next line.
    pub fn is_open(&self) -> bool {
        self.state == FieldState::Quoted
    }

    /// What is wrong with the row.
    pub fn malformed(&self) -> Option<&'static str> {
        self.malformed
    }

    /// Adds a line, without its end.
    pub fn push_line(&mut self, line: &str) {
        if self.is_open() {
            self.text.push('\n');
        }
        for character in line.chars() {
            self.push(character);
        }
        if self.text.len() > MAX_ROW_SIZE {
            self.malformed = Some("a row is larger than 1 MiB");
            self.state = FieldState::Bare;
        }
        if !self.is_open() {
            self.end_field();
        }
    }

    fn push(&mut self, character: char) {
        self.state = match (self.state, character) {
            (FieldState::Quoted, '"') => FieldState::AfterQuote,
            (FieldState::AfterQuote, '"') | (FieldState::Quoted, _) => {
                self.text.push(character);
                FieldState::Quoted
            }
            (FieldState::Start | FieldState::Bare | FieldState::AfterQuote, separator)
                if separator == self.separator =>
            {
                self.end_field();
                FieldState::Start
            }
            (FieldState::Start, '"') => FieldState::Quoted,
            (state @ (FieldState::Start | FieldState::AfterQuote), ' ') => state,
            (FieldState::Start | FieldState::Bare, _) => {
                self.text.push(character);
                FieldState::Bare
            }
            (FieldState::AfterQuote, _) => {
                self.malformed = Some("text follows a quoted field");
                self.text.push(character);
                FieldState::Bare
            }
        };
    }

    fn end_field(&mut self) {
        self.ends.push(self.text.len());
        self.state = FieldState::Start;
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A field without its quotes and the spaces around it; empty if there is none.
    pub fn field(&self, index: usize) -> &str {
        let start = if index == 0 { Some(0) } else { self.ends.get(index - 1).copied() };
        let range = start.zip(self.ends.get(index).copied());
        range.map_or("", |(start, end)| self.text[start..end].trim())
    }

    /// All fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.field(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_separators_outside_quotes() {
        for (line, expected) in [
            ("a,b", vec!["a", "b"]),
            ("a,,b,", vec!["a", "", "b", ""]),
            ("", vec![""]),
            (" a b , c\t", vec!["a b", "c"]),
            (r#""a,b", "say ""x""" ,c"#, vec!["a,b", r#"say "x""#, "c"]),
            (r#"5" disk,b"#, vec![r#"5" disk"#, "b"]),
        ] {
            let row = CsvRow::parse(line, ',');
            assert_eq!(row.fields().collect::<Vec<_>>(), expected, "{line}");
            assert!(!row.is_open() && row.malformed().is_none(), "{line}");
        }
        assert_eq!(CsvRow::parse("a\tb,c", '\t').fields().collect::<Vec<_>>(), ["a", "b,c"]);
        assert_eq!(CsvRow::parse("a", ',').field(1), "");
    }

    #[test]
    fn quoted_field_has_line_ends() {
        let mut row = CsvRow::parse("a,\"one", ',');
        assert!(row.is_open());
        row.push_line("two\",b");
        assert!(!row.is_open());
        assert_eq!(row.fields().collect::<Vec<_>>(), ["a", "one\ntwo", "b"]);
        row.clear();
        row.push_line("c");
        assert_eq!(row.fields().collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn malformed_rows_are_noticed() {
        assert_eq!(
            CsvRow::parse(r#""a"b,c"#, ',').malformed(),
            Some("text follows a quoted field")
        );
        let mut row = CsvRow::parse("\"", ',');
        let line = "x".repeat(1 << 10);
        for _ in 0..2_000 {
            if row.is_open() {
                row.push_line(&line);
            }
        }
        assert_eq!(row.malformed(), Some("a row is larger than 1 MiB"));
        assert!(row.text.len() < 2 << 20);
    }
}
