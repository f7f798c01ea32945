//! Replaces secrets in everything that leaves the process, however they are written.
//!
//! Searched are all forms of all secrets at once, in the text without its escapes.

use super::encodings::{forms, unescape};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::OnceLock;

/// Replaces a secret.
const REDACTED: &str = "***";
/// A shorter text is not a secret, and would occur in ordinary words.
const MIN_SECRET_LEN: usize = 8;

/// Finds the secrets; `None` without any.
static MATCHER: OnceLock<Option<Matcher>> = OnceLock::new();

/// Starts to redact these secrets.
pub(super) fn start<'s>(secrets: impl Iterator<Item = &'s str>) {
    let _ = MATCHER.set(Matcher::new(secrets));
}

/// Replaces the job's secrets in a text.
pub fn redact(text: &str) -> Cow<'_, str> {
    matcher().map_or(Cow::Borrowed(text), |matcher| matcher.redact(text))
}

fn matcher() -> Option<&'static Matcher> {
    MATCHER.get().and_then(Option::as_ref)
}

/// All forms of all secrets.
struct Matcher(AhoCorasick);

impl Matcher {
    fn new<'s>(secrets: impl Iterator<Item = &'s str>) -> Option<Matcher> {
        let trimmed = secrets.map(str::trim).filter(|secret| secret.len() >= MIN_SECRET_LEN);
        let forms: Vec<Vec<u8>> = trimmed.flat_map(|secret| forms(secret.as_bytes())).collect();
        // A secret that looks like an escape is taken for one wherever it is written.
        let unescaped = forms.iter().map(|form| unescaped(form).into_owned());
        let all: BTreeSet<Vec<u8>> = unescaped.chain(forms.iter().cloned()).collect();
        let all = all.into_iter().filter(|form| form.len() >= MIN_SECRET_LEN);
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::ContiguousNFA));
        let searcher = builder.build(all).ok()?;
        (searcher.patterns_len() > 0).then_some(Matcher(searcher))
    }

    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let plain = unescaped(text.as_bytes());
        if !self.0.is_match(&*plain) {
            return Cow::Borrowed(text);
        }
        let found = self.0.find_iter(&*plain).map(|found| found.range());
        let (mut redacted, mut copied) = (String::new(), 0);
        for secret in origins(text.as_bytes(), found) {
            redacted.push_str(&text[copied..secret.start]);
            redacted.push_str(REDACTED);
            copied = secret.end;
        }
        redacted.push_str(&text[copied..]);
        Cow::Owned(redacted)
    }
}

/// A text without its escapes.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = Cow::Borrowed(&text[..0]);
    unescape(text, |part, bytes| {
        if part.len() == text.len() && part.len() == bytes.len() {
            plain = Cow::Borrowed(text);
        } else {
            plain.to_mut().extend_from_slice(bytes);
        }
    });
    plain
}

/// The ranges of a text that become these, in order, without its escapes.
fn origins(text: &[u8], plain: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut bounds = plain.flat_map(|range| [range.start, range.end - 1]).peekable();
    let (mut passed, mut origins) = (0, Vec::new());
    unescape(text, |part, bytes| {
        while let Some(at) = bounds.next_if(|bound| bound - passed < bytes.len()) {
            let is_plain = part.len() == bytes.len();
            let byte = part.start + (at - passed);
            origins.push(if is_plain { byte..byte + 1 } else { part.clone() });
        }
        passed += bytes.len();
    });
    origins.chunks(2).map(|bounds| bounds[0].start..bounds[bounds.len() - 1].end).collect()
}

/// Redacts a text that is written piece by piece, line by line: no secret contains a line break.
pub struct RedactingWriter<W: Write> {
    inner: W,
    buffer: Vec<u8>,
}

/// Bytes that are buffered before a line break is looked for.
const LINE_BUFFER: usize = 64 << 10;

impl<W: Write> RedactingWriter<W> {
    /// Redacts what is written to `inner`.
    pub fn new(inner: W) -> RedactingWriter<W> {
        RedactingWriter { inner, buffer: Vec::with_capacity(2 * LINE_BUFFER) }
    }

    fn flush_up_to(&mut self, until: usize) -> io::Result<()> {
        let line = &self.buffer[..until];
        match matcher() {
            Some(_) => self.inner.write_all(redact(&String::from_utf8_lossy(line)).as_bytes())?,
            None => self.inner.write_all(line)?,
        }
        self.buffer.drain(..until);
        Ok(())
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= LINE_BUFFER
            && let Some(end) = memchr::memrchr(b'\n', &self.buffer)
        {
            self.flush_up_to(end + 1)?;
        }
        Ok(bytes.len())
    }

    /// Also writes an unfinished last line, so a secret across two flushes is not found.
    fn flush(&mut self) -> io::Result<()> {
        self.flush_up_to(self.buffer.len())?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chunked_writes_arrive_complete() {
        let text: String = (0..20_000).map(|n| format!("line {n} é\n")).collect::<String>() + "end";
        for step in [1, 7, 1_000, 200_000] {
            let mut arrived = Vec::new();
            let mut writer = RedactingWriter::new(&mut arrived);
            text.as_bytes().chunks(step).for_each(|piece| writer.write_all(piece).unwrap());
            writer.flush().unwrap();
            assert_eq!(arrived, text.as_bytes());
        }
    }

    #[test]
    fn secret_is_found_in_any_escaping() {
        let matcher = Matcher::new(["ghs_a-b.C0123", "short"].into_iter()).unwrap();
        for written in [
            "x ghs_a-b.C0123 y",
            r"x ghs\_a-b.C0123 y",
            r#"x ghs\\_a\\-b.C0123 y"#,
            "x ghs&#95;a&#45;b&#46;C0123 y",
            "x ghs&#x5F;a&#x2d;b.C0123 y",
            "x gh\u{200b}s_a-b.C0123 y",
            "x ghs%5Fa%2db.C0123 y",
            "x %67%68%73%5f%61%2d%62%2e%43%30%31%32%33 y",
            "x ghs%255Fa-b.C0123 y",
            r"x \u0067hs\u005Fa-b.C0123 y",
            "x 6768735f612d622e4330313233 y",
            "x 6768735F612D622E4330313233 y",
            "x Z2hzX2EtYi5DMDEyMw== y",
            "x Z2hzX2EtYi5DMDEyMw y",
            "x Z2hzX2EtYi5DMDEyMw%3D%3D y",
        ] {
            assert_eq!(matcher.redact(written), "x *** y", "{written}");
        }
        for harmless in ["short ghs_a-b.C012 Z2hzX2Et %67%68 100%", r"C:\ghs\_a", "&ghs;", "%"] {
            assert!(matches!(matcher.redact(harmless), Cow::Borrowed(_)), "{harmless}");
        }
    }

    /// Short of all memory and time: each character could begin an escape, and each of many secrets is found.
    #[test]
    fn cost_is_linear_in_the_text() {
        let matcher = Matcher::new(["ghs_0123456789"].into_iter()).unwrap();
        let secrets = "ghs%5f0123456789 ".repeat(20_000);
        let found = matcher.redact(&secrets).into_owned();
        assert_eq!(found, "*** ".repeat(20_000));
        for piece in ["&", "%", "%25", "\\", "\\u", "&#1", "gh", "\u{200b}", "&amp"] {
            let text = piece.repeat(1_000_000);
            assert!(matches!(matcher.redact(&text), Cow::Borrowed(_)), "{piece}");
        }
    }

    #[test]
    fn secret_that_looks_like_an_escape_is_found() {
        for secret in [r"back\slash\12", "per%41cent%", "ab&amp;cd&lt;efg", "é%C3%A9é\u{200b}éé"]
        {
            let matcher = Matcher::new([secret].into_iter()).unwrap();
            let json = serde_json::to_string(secret).unwrap();
            for written in [secret, json.trim_matches('"')] {
                assert_eq!(matcher.redact(&format!("x {written} y")), "x *** y", "{written}");
            }
        }
        assert!(Matcher::new(["", "short"].into_iter()).is_none());
    }

    proptest! {
        /// Wherever it is in a longer text: the text's base64 shows at most the bits that the secret shares with its
        /// neighbours, and stays what it was otherwise.
        #[test]
        fn secret_is_found_in_the_base64_of_any_text(
            before in prop::collection::vec(any::<u8>(), 0..20),
            after in prop::collection::vec(any::<u8>(), 0..20),
            secret in "[!-~]{8,60}",
            is_url_safe in any::<bool>(),
        ) {
            let text = [&before, secret.as_bytes(), &after].concat();
            let encoded = encode(&text, is_url_safe);
            let matcher = Matcher::new([&*secret].into_iter()).unwrap();
            let redacted = matcher.redact(&encoded).into_owned();
            let (start, end) = redacted.split_once("***").expect("redacted");
            prop_assert!(start.len() <= (8 * before.len()).div_ceil(6));
            prop_assert!(end.len() <= (8 * after.len()).div_ceil(6) + 3, "{} {}", encoded, redacted);
            prop_assert!(encoded.starts_with(start) && encoded.ends_with(end));
        }

        /// Nothing else is touched, and nothing panics, whatever a text consists of.
        #[test]
        fn only_secrets_are_replaced(pieces in prop::collection::vec(piece(), 0..12)) {
            let matcher = Matcher::new(["ghs_0123456789"].into_iter()).unwrap();
            let text = pieces.concat();
            let redacted = matcher.redact(&text).into_owned();
            let plain = String::from_utf8_lossy(&unescaped(redacted.as_bytes())).into_owned();
            prop_assert!(!plain.contains("ghs_0123456789"), "{} {}", text, redacted);
            if !String::from_utf8_lossy(&unescaped(text.as_bytes())).contains("ghs_0123456789") {
                prop_assert_eq!(redacted, text);
            }
        }
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "ghs_0123456789",
            "ghs_",
            "0123456789",
            "\\",
            "%",
            "%5f",
            "%67",
            "&",
            "&#95;",
            "#95;",
            "u005f",
            "\u{200b}",
            "…",
            "é",
            " ",
            "\n",
            "25",
        ])
    }

    /// Base64 by groups of three bytes, unlike the code under test.
    fn encode(bytes: &[u8], is_url_safe: bool) -> String {
        let group = |group: &[u8]| {
            let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
            let bits = bits << (8 * (3 - group.len()));
            let digit = |at: u32| match (bits >> (18 - 6 * at) & 63) as u8 {
                value @ 0..26 => char::from(b'A' + value),
                value @ 26..52 => char::from(b'a' + value - 26),
                value @ 52..62 => char::from(b'0' + value - 52),
                62 => {
                    if is_url_safe {
                        '-'
                    } else {
                        '+'
                    }
                }
                _ => {
                    if is_url_safe {
                        '_'
                    } else {
                        '/'
                    }
                }
            };
            let length = group.len() as u32 + 1;
            (0..4).map(|at| if at < length { digit(at) } else { '=' }).collect::<String>()
        };
        bytes.chunks(3).map(group).collect()
    }
}
