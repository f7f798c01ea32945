//! The words of a name, and a hash of any part of them.
//!
//! A word is a run of letters and digits; case does not count. The extension of a file belongs to the word before it, so
//! that `open/03.t` and `open/03` have the same words.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// Words of a name; longer names are not compared.
pub(super) const MAX_WORDS: usize = 48;
/// Bytes of a name; longer names are not compared.
const MAX_NAME_LEN: usize = 1_000;

/// Extensions of files that hold tests.
const EXTENSIONS: &[&str] = &[
    "c", "cc", "cpp", "cs", "cxx", "feature", "go", "htm", "html", "java", "js", "jsx", "kt", "ll",
    "mir", "mjs", "php", "pl", "py", "rb", "robot", "rs", "sh", "svg", "t", "ts", "tsx", "xht",
    "xhtml",
];

/// Splits names into words. It is reused from name to name.
#[derive(Debug)]
pub(super) struct Words {
    spans: Vec<Range<usize>>,
    /// By number of words: the hash of the first ones.
    sums: Vec<u64>,
    /// The powers of the hash's base.
    powers: [u64; MAX_WORDS + 1],
    /// Secret, so that no list can make its words collide.
    seed: u64,
}

/// The base of the polynomial hash: an odd number without a pattern.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

impl Words {
    pub(super) fn new() -> Words {
        let mut powers = [1; MAX_WORDS + 1];
        for index in 1..powers.len() {
            powers[index] = BASE.wrapping_mul(powers[index - 1]);
        }
        let seed = RandomState::new().hash_one(0u8);
        Words { spans: Vec::new(), sums: Vec::new(), powers, seed }
    }

    /// Splits a name. Returns whether it has words, and no more than are compared.
    pub(super) fn split(&mut self, name: &str) -> bool {
        self.spans.clear();
        self.sums.clear();
        self.sums.push(0);
        if name.len() > MAX_NAME_LEN {
            return false;
        }
        let mut rest = 0;
        while let Some(span) = next_word(name, rest) {
            rest = span.end;
            let count = self.spans.len();
            let previous = self.spans.last_mut();
            match previous.filter(|previous| is_extension(name, previous, &span)) {
                Some(previous) => previous.end = span.end,
                None if count == MAX_WORDS => return false,
                None => self.push(name, span),
            }
        }
        !self.spans.is_empty()
    }

    fn push(&mut self, name: &str, span: Range<usize>) {
        let add = |hash: u64, byte: &u8| {
            (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
        };
        let hash = name.as_bytes()[span.clone()].iter().fold(self.seed, add);
        let sum = self.sums.last().copied().unwrap_or_default();
        self.sums.push(sum.wrapping_mul(BASE).wrapping_add(hash | 1));
        self.spans.push(span);
    }

    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The hash of some of the words.
    pub(super) fn hash(&self, words: Range<usize>) -> u64 {
        let before = self.sums[words.start].wrapping_mul(self.powers[words.len()]);
        let hash = self.sums[words.end].wrapping_sub(before);
        (hash ^ (hash >> 32)).wrapping_mul(BASE)
    }

    /// Where these words are in the name, in bytes.
    pub(super) fn span(&self, words: Range<usize>) -> Range<usize> {
        self.spans[words.start].start..self.spans[words.end - 1].end
    }
}

fn next_word(name: &str, from: usize) -> Option<Range<usize>> {
    let start = from + name[from..].find(char::is_alphanumeric)?;
    let rest = &name[start..];
    let len = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    Some(start..start + len)
}

/// Whether a word is the extension of the file that the word before it names.
fn is_extension(name: &str, previous: &Range<usize>, word: &Range<usize>) -> bool {
    let is_attached = &name[previous.end..word.start] == ".";
    let ends_file = !name[word.end..].starts_with(['.', '/', '\\', '-', '_']);
    is_attached && ends_file && EXTENSIONS.contains(&&name[word.clone()])
}

/// The words of a text in lower case, extensions apart or left out.
pub(super) fn plain_words(text: &str, extensions: Extensions) -> Vec<String> {
    let (mut spans, mut rest): (Vec<Range<usize>>, usize) = (Vec::new(), 0);
    while let Some(span) = next_word(text, rest) {
        rest = span.end;
        let is_extension = spans.last().is_some_and(|last| is_extension(text, last, &span));
        if !(is_extension && extensions == Extensions::LeftOut) {
            spans.push(span);
        }
    }
    spans.into_iter().map(|span| text[span].to_ascii_lowercase()).collect()
}

/// What becomes of the extensions of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extensions {
    Kept,
    LeftOut,
}
