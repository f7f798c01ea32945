//! Source locations in the text of messages: a file and a line.

use crate::model::SourceLocation;
use std::borrow::Cow;

/// The location in `FILE<separator>LINE`, as in `a.rs:10`, `a.cc(10` or `a.t line 10`.
pub(crate) fn parse<'a>(text: &'a str, separator: &str) -> Option<SourceLocation<'a>> {
    let (file, line) = text.rsplit_once(separator)?;
    Some(SourceLocation { file: Cow::Borrowed(file), line: Some(line.parse().ok()?) })
}

/// The location in `FILE:LINE:COLUMN`.
pub(crate) fn parse_with_column(text: &str) -> Option<SourceLocation<'_>> {
    parse(text.rsplit_once(':')?.0, ":")
}

/// The length of the path and the line in `FILE:LINE` or `FILE:LINE:COLUMN`.
pub(crate) fn parse_suffix(text: &str) -> Option<(usize, u64)> {
    let with_column = parse_with_column(text).filter(|location| !location.file.is_empty());
    let location = with_column.or_else(|| parse(text, ":"))?;
    Some((location.file.len(), location.line?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_may_contain_the_separator() {
        let location =
            |file: &'static str| Some(SourceLocation { file: file.into(), line: Some(7) });
        assert_eq!(parse("C:\\a.cs:7", ":"), location("C:\\a.cs"));
        assert_eq!(parse("a (1).cc(7", "("), location("a (1).cc"));
        assert_eq!(parse("a line b.t line 7", " line "), location("a line b.t"));
        assert_eq!(parse_with_column("/a:b.js:7:9"), location("/a:b.js"));
        assert_eq!(parse_suffix("a:b.js:7:9"), Some((6, 7)));
        assert_eq!(parse_suffix("C:\\a.cs:7"), Some((7, 7)));
        assert_eq!(parse_suffix("a.c"), None);
        assert_eq!(
            [parse("a.c:x", ":"), parse("a.c", ":"), parse_with_column("a:7")],
            [None, None, None]
        );
    }
}
