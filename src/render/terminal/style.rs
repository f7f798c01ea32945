//! Colors, and the parts of lines that all texts for a terminal share.

use crate::sanitize;

/// Whether to color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// ANSI escape sequences.
    Always,
}

/// How a word is highlighted.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Error,
    Success,
    Warning,
    Dim,
    Bold,
}

/// Highlights a text that holds nothing from outside, or only what is sanitized.
pub(super) fn styled(color: Color, style: Style, text: &str) -> String {
    let code = match style {
        Style::Error => "31;1",
        Style::Success => "32;1",
        Style::Warning => "33;1",
        Style::Dim => "2",
        Style::Bold => "1",
    };
    match color {
        Color::Never => text.to_owned(),
        Color::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
    }
}

/// `file:line`, as editors open it; without the line when it is 0.
pub(super) fn file_and_line(file: &str, line: u32) -> String {
    let file = sanitize::single_line(file);
    if line == 0 { file.into_owned() } else { format!("{file}:{line}") }
}

/// `smb2.lock  in memory`
pub(super) fn with_variant(name: &str, variant: &str) -> String {
    let (name, variant) = (sanitize::single_line(name), sanitize::single_line(variant));
    if variant.is_empty() { name.into_owned() } else { format!("{name}  in {variant}") }
}
