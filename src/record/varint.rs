//! LEB128 numbers and length-prefixed strings. The input is untrusted: every length is checked.

pub(crate) fn write_varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends a signed number.
pub(crate) fn write_zigzag(to: &mut Vec<u8>, number: i64) {
    write_varint(to, ((number << 1) ^ (number >> 63)) as u64);
}

/// Appends a text.
pub(crate) fn write_str(to: &mut Vec<u8>, text: &str) {
    write_varint(to, text.len() as u64);
    to.extend_from_slice(text.as_bytes());
}

/// The bytes are not a valid record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// A range of unread bytes in a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    position: usize,
    end: usize,
}

impl Cursor {
    /// All of these bytes.
    pub(crate) fn new(bytes: &[u8]) -> Cursor {
        Cursor { position: 0, end: bytes.len() }
    }

    /// Whether everything was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.position == self.end
    }

    /// The offset of the next byte in the buffer.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn byte(&mut self, bytes: &[u8]) -> Result<u8, Malformed> {
        let byte =
            bytes.get(self.position).filter(|_| self.position < self.end).ok_or(Malformed)?;
        self.position += 1;
        Ok(*byte)
    }

    pub(crate) fn varint(&mut self, bytes: &[u8]) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(bytes)?;
            if shift == 63 && byte > 1 {
                return Err(Malformed);
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    /// The next number, as a smaller type.
    pub(crate) fn varint_as<N: TryFrom<u64>>(&mut self, bytes: &[u8]) -> Result<N, Malformed> {
        N::try_from(self.varint(bytes)?).map_err(|_| Malformed)
    }

    /// The next signed number.
    pub(crate) fn zigzag(&mut self, bytes: &[u8]) -> Result<i64, Malformed> {
        let number = self.varint(bytes)?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Splits off the next `length` bytes.
    pub(crate) fn split(&mut self, length: usize) -> Result<Cursor, Malformed> {
        let end =
            self.position.checked_add(length).filter(|end| *end <= self.end).ok_or(Malformed)?;
        let part = Cursor { position: self.position, end };
        self.position = end;
        Ok(part)
    }

    /// The remaining bytes.
    pub(crate) fn remaining<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.position..self.end).unwrap_or_default()
    }

    pub(crate) fn text<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b str, Malformed> {
        let length = self.varint_as(bytes)?;
        let part = self.split(length)?;
        std::str::from_utf8(part.remaining(bytes)).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        let (mut bytes, numbers) = (Vec::new(), [0, 1, 127, 128, 300, u64::MAX]);
        numbers.iter().for_each(|number| write_varint(&mut bytes, *number));
        let signed = [0, -1, 1, i64::MIN, i64::MAX];
        signed.iter().for_each(|number| write_zigzag(&mut bytes, *number));
        let mut cursor = Cursor::new(&bytes);
        for number in numbers {
            assert_eq!(cursor.varint(&bytes), Ok(number));
        }
        for number in signed {
            assert_eq!(cursor.zigzag(&bytes), Ok(number));
        }
        assert!(cursor.is_at_end());
        assert_eq!(cursor.varint(&bytes), Err(Malformed));
    }

    #[test]
    fn overlong_input_is_malformed() {
        for bytes in [&[0xff; 11][..], &[0x80], &[5, b'a']] {
            let mut cursor = Cursor::new(bytes);
            assert_eq!(cursor.text(bytes), Err(Malformed));
        }
    }
}
