//! The messages of a test that Qt 5's JUnit logger writes as comments: `<!-- message="no display" type="skip" -->`.
//!
//! The order of the attributes depends on the version. Quotation marks in them are escaped.
//!
//! <https://code.qt.io/cgit/qt/qtbase.git/tree/src/testlib/qtestxunitstreamer.cpp?h=5.15.2>

use crate::syntax::xml::tag::unescape;
use std::borrow::Cow;

/// The type and the text of each message in the comments of a testcase.
pub(super) fn messages(comments: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    comments.split(SEPARATOR).map(|comment| {
        let mut found = (Cow::Borrowed(""), Cow::Borrowed(""));
        let mut parts = comment.split('"');
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            match name.trim() {
                "type=" => found.0 = unescape(value),
                "message=" => found.1 = unescape(value),
                _ => {}
            }
        }
        found
    })
}

/// After each comment, in which it is not allowed.
const SEPARATOR: &str = "--";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_may_be_in_any_order() {
        let comments =
            r#" message="a &quot;b&quot;" type="skip" -- type="info" tag="row" message="c""#;
        let found: Vec<_> = messages(comments).collect();
        assert_eq!(found[0], ("skip".into(), "a \"b\"".into()));
        assert_eq!(found[1], ("info".into(), "c".into()));
        assert_eq!(messages("free text").next(), Some(("".into(), "".into())));
    }
}
