//! Numbers and texts as bytes, and back.
//!
//! Numbers are written seven bits a byte, the lowest first. A text that begins like the one before it
//! says how much of that it shares. A newcomer's trap: bytes that are read may be anybody's, so that
//! every length is held against what is there.

/// Appends a number.
pub fn put_number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends a number that may be below zero.
pub fn put_signed(to: &mut Vec<u8>, number: i64) {
    put_number(to, ((number << 1) ^ (number >> 63)) as u64);
}

/// Appends a text.
pub fn put_text(to: &mut Vec<u8>, text: &str) {
    put_number(to, text.len() as u64);
    to.extend_from_slice(text.as_bytes());
}

/// How many bytes two texts begin with alike.
pub fn shared(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// What makes bytes none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// A place in some bytes, and where they end.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    at: usize,
    end: usize,
}

impl Cursor {
    /// The place where these bytes begin.
    pub fn over(bytes: &[u8]) -> Cursor {
        Cursor { at: 0, end: bytes.len() }
    }

    /// Whether everything was read.
    pub fn is_at_end(&self) -> bool {
        self.at == self.end
    }

    /// How many bytes of the whole stand before it.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte.
    pub fn byte(&mut self, bytes: &[u8]) -> Result<u8, Malformed> {
        let byte = bytes.get(self.at).filter(|_| self.at < self.end).ok_or(Malformed)?;
        self.at += 1;
        Ok(*byte)
    }

    /// The next number.
    pub fn number(&mut self, bytes: &[u8]) -> Result<u64, Malformed> {
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

    /// The next number that fits a smaller type.
    pub fn small<N: TryFrom<u64>>(&mut self, bytes: &[u8]) -> Result<N, Malformed> {
        N::try_from(self.number(bytes)?).map_err(|_| Malformed)
    }

    /// The next number that may be below zero.
    pub fn signed(&mut self, bytes: &[u8]) -> Result<i64, Malformed> {
        let number = self.number(bytes)?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// The next so many bytes, as a part of the whole.
    pub fn part(&mut self, length: usize) -> Result<Cursor, Malformed> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.end).ok_or(Malformed)?;
        let part = Cursor { at: self.at, end };
        self.at = end;
        Ok(part)
    }

    /// The bytes that are left.
    pub fn rest<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// The next text.
    pub fn text<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b str, Malformed> {
        let length = self.small(bytes)?;
        let part = self.part(length)?;
        std::str::from_utf8(part.rest(bytes)).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let (mut bytes, numbers) = (Vec::new(), [0, 1, 127, 128, 300, u64::MAX]);
        numbers.iter().for_each(|number| put_number(&mut bytes, *number));
        let signed = [0, -1, 1, i64::MIN, i64::MAX];
        signed.iter().for_each(|number| put_signed(&mut bytes, *number));
        let mut cursor = Cursor::over(&bytes);
        for number in numbers {
            assert_eq!(cursor.number(&bytes), Ok(number));
        }
        for number in signed {
            assert_eq!(cursor.signed(&bytes), Ok(number));
        }
        assert!(cursor.is_at_end());
        assert_eq!(cursor.number(&bytes), Err(Malformed));
    }

    #[test]
    fn what_is_too_long_is_none() {
        for bytes in [&[0xff; 11][..], &[0x80], &[5, b'a']] {
            let mut cursor = Cursor::over(bytes);
            assert_eq!(cursor.text(bytes), Err(Malformed));
        }
    }
}
