//! What the results files of .NET's test runners share: names of classes, and places in stack traces.
//!
//! In: text. Out: parts of it.

/// A class without the assembly that old runners write behind it.
pub fn class(name: &str) -> &str {
    let mut depth = 0_usize;
    let end = name.bytes().position(|b| {
        match b {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        b == b',' && depth == 0
    });
    name[..end.unwrap_or(name.len())].trim()
}

/// The file and line of the first place in a stack trace: `… in FILE:line N`, in English.
pub fn place(stack: &str) -> Option<(&str, &str)> {
    stack.lines().find_map(|frame| {
        let (before, line) = frame.trim_end().rsplit_once(":line ")?;
        let (_, file) = before.split_once(" in ")?;
        line.bytes().all(|b| b.is_ascii_digit()).then_some((file, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_lose_their_assembly_and_keep_their_arguments() {
        assert_eq!(class("A.B, Tests, Version=1.0.0.0"), "A.B");
        assert_eq!(class("A.B`1[[C, D]], Tests"), "A.B`1[[C, D]]");
        assert_eq!(class(""), "");
    }

    #[test]
    fn the_first_frame_with_a_place_counts() {
        let stack = "   at Assert.Fail()\r\n   at A.B() in C:\\my in x\\a.cs:line 12\r\n";
        assert_eq!(place(stack), Some(("C:\\my in x\\a.cs", "12")));
        assert_eq!(place("at A.B() in /src/a.cs:line 7"), Some(("/src/a.cs", "7")));
        assert_eq!(place("at A.B()"), None);
    }
}
