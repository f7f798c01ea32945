//! Encodes and decodes gaps and problems.
//!
//! The number of each kind and the order of its fields are part of the format: a new kind takes a new number,
//! and an old one keeps its own.

use super::Redact;
use super::varint::{Cursor, Malformed, write_str, write_varint, write_zigzag};
use crate::model::{GapKind, ResultsProblem, TestName, Unread};
use std::borrow::Cow;

/// A value in a block.
pub(super) trait RecordValue: Sized {
    /// Appends the value, without secrets.
    fn write(&self, to: &mut Vec<u8>, redact: Redact);

    /// Reads the next value.
    fn read(bytes: &[u8], from: &mut Cursor) -> Result<Self, Malformed>;
}

impl RecordValue for u64 {
    fn write(&self, to: &mut Vec<u8>, _: Redact) {
        write_varint(to, *self);
    }

    fn read(bytes: &[u8], from: &mut Cursor) -> Result<u64, Malformed> {
        from.varint(bytes)
    }
}

impl RecordValue for i64 {
    fn write(&self, to: &mut Vec<u8>, _: Redact) {
        write_zigzag(to, *self);
    }

    fn read(bytes: &[u8], from: &mut Cursor) -> Result<i64, Malformed> {
        from.zigzag(bytes)
    }
}

/// A text whose control characters are escaped.
impl RecordValue for String {
    fn write(&self, to: &mut Vec<u8>, redact: Redact) {
        write_str(to, &redact(self));
    }

    fn read(bytes: &[u8], from: &mut Cursor) -> Result<String, Malformed> {
        Ok(TestName::escape(from.text(bytes)?).into_owned())
    }
}

/// A text that goes into sentences unquoted, and so has to be plain words.
impl RecordValue for Cow<'static, str> {
    fn write(&self, to: &mut Vec<u8>, _: Redact) {
        write_str(to, self);
    }

    fn read(bytes: &[u8], from: &mut Cursor) -> Result<Self, Malformed> {
        let text = from.text(bytes)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ' ';
        let is_label = text.len() < 40 && text.chars().all(is_plain);
        is_label.then(|| Cow::Owned(text.to_owned())).ok_or(Malformed)
    }
}

impl RecordValue for Vec<String> {
    fn write(&self, to: &mut Vec<u8>, redact: Redact) {
        write_varint(to, self.len() as u64);
        self.iter().for_each(|text| text.write(to, redact));
    }

    fn read(bytes: &[u8], from: &mut Cursor) -> Result<Vec<String>, Malformed> {
        let count = from.varint(bytes)?;
        (0..count).map(|_| String::read(bytes, from)).collect()
    }
}

/// Implements `Value` for an enum: the number of the variant, then its fields in this order.
macro_rules! enum_value {
    ($enum:ident { $($number:literal => $variant:ident { $($field:ident),* },)* }) => {
        impl RecordValue for $enum {
            fn write(&self, to: &mut Vec<u8>, redact: Redact) {
                match self {
                    $($enum::$variant { $($field),* } => {
                        write_varint(to, $number);
                        $($field.write(to, redact);)*
                    })*
                }
            }

            fn read(bytes: &[u8], from: &mut Cursor) -> Result<$enum, Malformed> {
                match from.varint(bytes)? {
                    $($number => {
                        Ok($enum::$variant { $($field: RecordValue::read(bytes, from)?),* })
                    })*
                    _ => Err(Malformed),
                }
            }
        }
    };
}

enum_value!(GapKind {
    0 => UnfinishedTest {},
    1 => PlanNotMet { planned, actual },
    2 => Truncated {},
    3 => Unreadable { what },
    4 => CountMismatch { what, declared, actual },
    5 => NoTests {},
    6 => BailedOut { why },
    7 => ExitCode { code },
    8 => TooFewTests { required, actual },
    9 => NoResultsFiles { suites, first },
    10 => DamagedRecord { path, offset, what },
    11 => Unread { why },
    12 => NoExitCode {},
    13 => ReportedFailure { what },
    14 => Damaged { what },
    15 => NoPlan {},
});

enum_value!(Unread {
    0 => Empty {},
    1 => UnknownFormat { candidates, looks_like },
    2 => Failed { why },
});

enum_value!(ResultsProblem {
    0 => Unreadable { what },
    1 => Truncated {},
    2 => CountsExceeded { what, declared, actual },
    3 => WrongEncoding { read_as },
    4 => ExitCodeZero { failing },
    5 => Unread { why },
    6 => Damaged { what },
});
