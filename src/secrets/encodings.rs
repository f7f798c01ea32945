//! The encodings in which a secret is found again: base64, hexadecimal digits, and escapes of single characters.
//!
//! An escape is undone in the text that is searched, base64 and hexadecimal digits are searched for as they are: a
//! longer text that contains the secret is encoded as a whole.

use std::ops::Range;

/// The alphabets of base64 (RFC 4648): the standard one, and the one for URLs and file names.
const ALPHABETS: [&[u8; 64]; 2] = [
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
];
/// The character references that have a name in every kind of XML and HTML.
const NAMED_REFERENCES: [(&str, char); 5] =
    [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
/// Longest number or name of a character reference.
const MAX_REFERENCE_LEN: usize = 8;
const ZERO_WIDTH_SPACE: &[u8] = "\u{200b}".as_bytes();

/// How a secret is written: as it is, in base64 and in hexadecimal digits.
pub(super) fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec(), hex(secret, b"0123456789abcdef")];
    forms.push(hex(secret, b"0123456789ABCDEF"));
    for alphabet in ALPHABETS {
        (0..3).for_each(|offset| forms.extend(base64_forms(secret, offset, alphabet)));
    }
    forms
}

fn hex(secret: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let digit = |value: u8| digits[usize::from(value & 15)];
    secret.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The base64 of a text in which the secret begins at this byte of a group of three: the characters that depend on
/// nothing else. If the secret is the end of the text, also its last character, with and without padding.
fn base64_forms(secret: &[u8], offset: usize, alphabet: &[u8; 64]) -> Vec<Vec<u8>> {
    let bytes = [vec![0; offset], secret.to_vec()].concat();
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let sextet = |at: usize| (6 * at..6 * at + 6).fold(0, |value, at| value << 1 | bit(at));
    let text: Vec<u8> =
        (0..(8 * bytes.len()).div_ceil(6)).map(|at| alphabet[usize::from(sextet(at))]).collect();
    let (first, whole) = ((8 * offset).div_ceil(6), 8 * bytes.len() / 6);
    let mut forms = vec![text[first..whole].to_vec()];
    for padding in 0..=(3 - bytes.len() % 3) % 3 {
        forms.push([&text[first..], &b"=="[..padding]].concat());
    }
    forms
}

/// Calls `emit` for each part of a text: its range, and what it is without escapes. Undone are backslashes before a
/// character, `\u0041`, `%41` (also with its `%` as `%25`), `&#65;`, `&#x41;`, `&amp;` and zero-width spaces.
pub(super) fn unescape(text: &[u8], mut emit: impl FnMut(Range<usize>, &[u8])) {
    let mut at = 0;
    while at < text.len() {
        let is_special = |byte: &u8| matches!(byte, b'\\' | b'%' | b'&' | 0xe2);
        let plain = text[at..].iter().position(is_special).unwrap_or(text.len() - at);
        if plain > 0 {
            emit(at..at + plain, &text[at..at + plain]);
            at += plain;
        }
        let start = at;
        at += text[at..].iter().take_while(|byte| **byte == b'\\').count();
        let rest = &text[at..];
        let Some(first) = rest.first() else { break };
        let (length, byte_or_char) = if rest.starts_with(ZERO_WIDTH_SPACE) {
            (ZERO_WIDTH_SPACE.len(), Unescaped::Nothing)
        } else {
            let escaped = match first {
                b'%' => percent(rest),
                b'&' => reference(rest),
                b'u' if at > start => unicode(rest),
                _ => None,
            };
            escaped.unwrap_or((1, Unescaped::Byte(*first)))
        };
        let mut buffer = [0; 4];
        let bytes = match byte_or_char {
            Unescaped::Nothing => &[][..],
            Unescaped::Byte(byte) => {
                buffer[0] = byte;
                &buffer[..1]
            }
            Unescaped::Char(c) => c.encode_utf8(&mut buffer).as_bytes(),
        };
        emit(start..at + length, bytes);
        at += length;
    }
}

/// What an escape means.
enum Unescaped {
    Nothing,
    Byte(u8),
    Char(char),
}

/// `%41` at the start of a text, also encoded repeatedly (`%2541`), and its length.
fn percent(text: &[u8]) -> Option<(usize, Unescaped)> {
    let digits = |at: usize| number(text.get(at..at + 2)?, 16);
    let mut at = 1;
    while digits(at) == Some(0x25) && digits(at + 2).is_some() {
        at += 2;
    }
    Some((at + 2, Unescaped::Byte(u8::try_from(digits(at)?).ok()?)))
}

/// `&#65;`, `&#x41;` or `&amp;` at the start of a text, and its length.
fn reference(text: &[u8]) -> Option<(usize, Unescaped)> {
    let longest = &text[1..text.len().min(MAX_REFERENCE_LEN + 2)];
    let inside = &longest[..longest.iter().position(|byte| *byte == b';')?];
    let c = match inside {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?),
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?),
        name => NAMED_REFERENCES.iter().find(|(n, _)| n.as_bytes() == name).map(|(_, c)| *c),
    };
    Some((inside.len() + 2, Unescaped::Char(c?)))
}

/// `u0041`, as it follows a backslash, at the start of a text, and its length.
fn unicode(text: &[u8]) -> Option<(usize, Unescaped)> {
    Some((5, Unescaped::Char(char::from_u32(number(text.get(1..5)?, 16)?)?)))
}

/// The value of these digits; `None` without any, or with another character.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digit = |byte: &u8| char::from(*byte).to_digit(radix);
    let all = digits
        .iter()
        .try_fold(0u32, |value, byte| value.checked_mul(radix)?.checked_add(digit(byte)?))?;
    (!digits.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str) -> String {
        let mut plain = Vec::new();
        unescape(text.as_bytes(), |_, bytes| plain.extend_from_slice(bytes));
        String::from_utf8_lossy(&plain).into_owned()
    }

    #[test]
    fn escapes_are_undone() {
        for (written, plain) in [
            ("nothing to do é…", "nothing to do é…"),
            (r"a\_b\\_c\\\_d", "a_b_c_d"),
            (r"\u0041\\u0042 \uD800 \u00e9\u12", "AB uD800 éu12"),
            ("%41%6a%6A%2541%252541%25%zz%4", "AjjAA%%zz%4"),
            (
                "&#65;&#x41;&#X41;&amp;&lt;&quot;&#xffffffff;&amp&unknown;",
                "AAA&<\"&#xffffffff;&amp&unknown;",
            ),
            ("a\u{200b}b\u{200b}", "ab"),
            (r"\%41\&#65;\", "AA"),
        ] {
            assert_eq!(unescaped(written), plain, "{written}");
        }
    }

    #[test]
    fn base64_is_found_at_every_offset_and_end() {
        let forms = |secret: &str| forms(secret.as_bytes());
        let has = |secret: &str, form: &str| forms(secret).contains(&form.as_bytes().to_vec());
        // printf %s "$SECRET" | base64
        assert!(has("secret-7", "c2VjcmV0LTc") && has("secret-7", "c2VjcmV0LTc="));
        // printf %s "xsecret-7y" | base64: eHNlY3JldC03eQ==
        assert!(has("secret-7", "NlY3JldC03"));
        // printf %s "xxsecret-7y" | base64: eHhzZWNyZXQtN3k=
        assert!(has("secret-7", "zZWNyZXQtN"));
        assert!(has("???>>>~~", "Pz8/Pj4+fn4=") && has("???>>>~~", "Pz8_Pj4-fn4"));
        assert!(has("secret-7", "7365637265742d37") && has("secret-7", "7365637265742D37"));
    }
}
