//! Documents at another commit than the one whose list judged: their lines may be others.

use crate::known::LineMap;

/// A document at a commit, compared with the text that judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentVersion {
    /// Its text is the same.
    Same,
    /// Its text is another one.
    Changed(ChangedDocument),
    /// The commit does not have it.
    Missing,
    /// It could not be read.
    Unknown,
}

/// Another text of a document, in which the rows are found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedDocument {
    /// The whole text.
    pub text: String,
    /// Where the lines of the text that judged are in it.
    pub lines: LineMap,
}

impl DocumentVersion {
    /// Compares a text with the one that judged.
    pub fn new(judged: &str, text: &str) -> DocumentVersion {
        if judged == text {
            return DocumentVersion::Same;
        }
        let lines = LineMap::new(judged, text);
        DocumentVersion::Changed(ChangedDocument { text: text.to_owned(), lines })
    }
}
