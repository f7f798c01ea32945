//! Plain lists: a pattern a line.
//!
//! Lines that begin with `#` or `//` are comments. After a pattern, ` #` begins its reason. Comment lines directly above
//! a group of patterns are its section, and the reason of those that have none. `# knownfail: …` is a directive: in the
//! comment above a group for that group, and otherwise for what follows in the section. `# knownfail: plain` above the
//! first pattern makes any text a plain list.

use super::comments::Comments;
use super::lines::numbered_lines;
use super::list_builder::{ListBuilder, links};
use super::list_spec::ListKind;
use super::model::{ListEntry, ParsedList, SourceList, UnsupportedKind};
use crate::known::document::directive::looks_like_directive;
use crate::known::document::lines::{lines, to_u32};
use crate::known::pattern::Pattern;
use crate::model::TestName;
use std::borrow::Cow;

pub(in crate::known) const PLAIN: ListKind =
    ListKind { name: "plain", detect, read: |source, _| read(source) };

/// The level of the heading of a group; a comment on its own is one of level 1.
const GROUP_LEVEL: u8 = 2;

/// The directive by which a list is a plain one, whatever its name and its patterns look like.
const MARKER: &str = "plain";

/// Extensions of files that are more than lines.
const STRUCTURED: [&str; 7] = [".csv", ".html", ".json", ".toml", ".xml", ".yaml", ".yml"];

/// Whether a text can be a list of names: markup, JSON documents, binary data and prose are none.
fn detect(path: &str, text: &str) -> bool {
    let is_binary = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}');
    !is_structured(path)
        && !text.trim_start().starts_with(['<', '{', '['])
        && !text.contains(is_binary)
        && !is_prose(text)
}

/// Whether a file with this name has more than lines.
pub(in crate::known) fn is_structured(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    STRUCTURED.iter().any(|extension| path.ends_with(extension))
}

/// Whether a text declares itself a plain list, above its first pattern.
pub(in crate::known) fn is_marked(text: &str) -> bool {
    let lines = numbered_lines(text).map(|(_, line)| PlainLine::parse(line));
    let mut head = lines.take_while(|line| !matches!(line, PlainLine::Entry { .. }));
    head.any(|line| matches!(line, PlainLine::Directive(MARKER)))
}

/// A plain list that declares itself one.
pub(in crate::known) fn with_marker(text: &str) -> String {
    let (bom, text) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    };
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    let ending = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
    format!("{bom}# knownfail: {MARKER}{ending}{text}")
}

/// Whether most lines are words between blanks, as of a sentence. Titles of tests can be that too, so such a list has to
/// be called one.
fn is_prose(text: &str) -> bool {
    let (mut names, mut others) = (0_usize, 0_usize);
    for (_, line) in numbered_lines(text) {
        match PlainLine::parse(line) {
            PlainLine::Entry { pattern, .. } if is_like_name(pattern) => names += 1,
            PlainLine::Entry { .. } => others += 1,
            PlainLine::Empty | PlainLine::Comment(_) | PlainLine::Directive(_) => {}
        }
    }
    others > names
}

fn is_like_name(pattern: &str) -> bool {
    let has_inner_dot = pattern.trim_end_matches('.').split(' ').any(|word| word.contains('.'));
    !pattern.contains([' ', '\t'])
        || has_inner_dot
        || pattern.contains(['/', '\\', ':', '#', '[', '(', '>', '›', '*', '_'])
}

fn read(source: &SourceList) -> ParsedList {
    let mut reader = PlainReader {
        builder: ListBuilder::new(source),
        comments: Comments::default(),
        directives: Vec::new(),
        group_reason: None,
    };
    if let Some(line) = lone_carriage_return(&source.text) {
        let why = "a carriage return without a line feed hides what follows it".to_owned();
        reader.builder.add_unsupported(line, UnsupportedKind::InvalidFile { why });
        return reader.builder.finish();
    }
    for (number, line) in numbered_lines(&source.text) {
        reader.read_line(number, line);
    }
    reader.end_block();
    reader.builder.finish()
}

/// The 1-based line of a carriage return that no line feed follows: some programs show one line there, and others two.
fn lone_carriage_return(text: &str) -> Option<u32> {
    lines(text).position(|line| line.ends_with('\r')).map(|at| to_u32(at + 1))
}

/// Whether a line of a list is a directive.
pub(in crate::known) fn is_directive(line: &str) -> bool {
    matches!(PlainLine::parse(line.trim()), PlainLine::Directive(_))
}

/// Whether a line of a list is a comment or a directive.
pub(in crate::known) fn is_comment(line: &str) -> bool {
    matches!(PlainLine::parse(line.trim()), PlainLine::Comment(_) | PlainLine::Directive(_))
}

/// A line without surrounding whitespace.
enum PlainLine<'l> {
    Empty,
    /// The text after `#` or `//`.
    Comment(&'l str),
    Directive(&'l str),
    Entry {
        pattern: &'l str,
        reason: &'l str,
    },
}

impl<'l> PlainLine<'l> {
    fn parse(line: &'l str) -> PlainLine<'l> {
        if line.is_empty() {
            return PlainLine::Empty;
        }
        let Some(comment) = comment(line) else {
            let (pattern, reason) = split_reason(line);
            return PlainLine::Entry { pattern, reason };
        };
        match comment.trim_start().strip_prefix("knownfail:") {
            Some(directive) => PlainLine::Directive(directive.trim()),
            // It is reported as one that is not valid.
            None if looks_like_directive(comment) => PlainLine::Directive(comment.trim()),
            None => PlainLine::Comment(comment),
        }
    }
}

/// The text of a comment. A Bazel label, `//package:target`, is a name.
fn comment(line: &str) -> Option<&str> {
    let slashes = line.strip_prefix("//").filter(|label| !is_bazel_label(label));
    line.strip_prefix('#').or(slashes)
}

/// Whether the text after `//` is the rest of a label. See <https://bazel.build/concepts/labels>.
fn is_bazel_label(text: &str) -> bool {
    text.split_once(':').is_some_and(|(package, target)| {
        !target.is_empty()
            && !package.contains([' ', '\t'])
            && !target.starts_with([' ', '\t', '/'])
    })
}

/// The pattern of a line, and the reason after ` #`.
fn split_reason(line: &str) -> (&str, &str) {
    let mut hashes = line.match_indices('#').map(|(at, _)| at);
    let start = hashes.find(|at| line[..*at].ends_with([' ', '\t']));
    start.map_or((line, ""), |at| (line[..at].trim_end(), line[at + 1..].trim()))
}

struct PlainReader<'t> {
    builder: ListBuilder,
    comments: Comments,
    /// Those of the current block of comments, with their lines.
    directives: Vec<(u32, &'t str)>,
    /// The text of the comment above the current group.
    group_reason: Option<String>,
}

impl<'t> PlainReader<'t> {
    fn read_line(&mut self, number: u32, line: &'t str) {
        match PlainLine::parse(line) {
            PlainLine::Empty => {
                self.end_block();
                self.group_reason = None;
            }
            PlainLine::Comment(comment) => {
                self.comments.add_line(&format!("#{comment}"), &mut self.builder);
                self.group_reason = None;
            }
            PlainLine::Directive(MARKER) if self.builder.rows().next().is_none() => {}
            PlainLine::Directive(directive) => {
                self.directives.push((number, directive));
                self.group_reason = None;
            }
            PlainLine::Entry { pattern, reason } => self.read_entry(number, pattern, reason),
        }
    }

    fn read_entry(&mut self, line: u32, pattern: &str, reason: &str) {
        if self.group_reason.is_none() {
            let reason = self.comments.reason();
            self.builder.end_section(GROUP_LEVEL);
            self.builder.add_heading(GROUP_LEVEL, &reason);
            self.group_reason = Some(reason);
            self.end_directives();
        }
        let group_reason = self.group_reason.as_deref().unwrap_or_default();
        let reason = if reason.is_empty() { group_reason } else { reason }.to_owned();
        let row = self.builder.new_row(line, TestName::escape(pattern).into_owned());
        self.builder.add_row(ListEntry { issue: links(&reason), reason, ..row });
    }

    /// Ends a block of comments that is not the one of a group.
    fn end_block(&mut self) {
        self.comments.end_block(&mut self.builder);
        self.end_directives();
    }

    fn end_directives(&mut self) {
        for (line, directive) in self.directives.drain(..) {
            self.builder.add_directive(line, directive);
        }
    }
}

/// The line of a comment; none for a text that would be read as a directive.
pub(in crate::known) fn comment_line(text: &str) -> Option<String> {
    let line = format!("# {text}");
    matches!(PlainLine::parse(line.trim()), PlainLine::Comment(_)).then_some(line)
}

/// The line of a name with a reason, which may be empty.
pub(in crate::known) fn entry_line(name: &str, reason: &str) -> String {
    let pattern = pattern_text(name);
    if reason.is_empty() { pattern.into_owned() } else { format!("{pattern}  # {reason}") }
}

/// An entry's line with another name in place of its pattern.
pub(in crate::known) fn replace_pattern(line: &str, name: &str) -> String {
    let text = line.trim_start_matches('\u{feff}');
    let indent = line.len() - text.trim_start().len();
    let (pattern, _) = split_reason(text.trim());
    format!("{}{}{}", &line[..indent], pattern_text(name), &line[indent + pattern.len()..])
}

/// The pattern that is read back as exactly this name.
fn pattern_text(name: &str) -> Cow<'static, str> {
    let pattern = Pattern::for_name(name);
    let is_entry = matches!(
        PlainLine::parse(pattern.trim()),
        PlainLine::Entry { pattern: read, .. } if *read == *pattern
    );
    if is_entry {
        return pattern.into();
    }
    let escaped = regex_syntax::escape(name).replace(r"\#", "#").replace('#', r"\x23");
    format!("re:{escaped}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::KnownFailures;
    use proptest::prelude::*;

    fn read(text: &str) -> KnownFailures {
        KnownFailures::read(&[("known_failures.txt".into(), text.to_owned())])
    }

    #[test]
    fn comments_are_sections_and_reasons() {
        let text = "\
# Failures of the suite.

# Operators (2 tests)
collator/equals
distance/basic  # precision, https://example.com/issues/7

a.py::test[p #1]  # flaky host
//pkg:target
// not //pkg:target
last one
";
        let rows = read(text);
        let found = rows.rows().iter().map(|row| {
            let (pattern, section) = (row.pattern.as_str(), row.section.concat());
            (row.line, pattern, section, &*row.reason, &*row.issue)
        });
        let operators = || "Operators (2 tests)".to_owned();
        assert_eq!(
            Vec::from_iter(found),
            [
                (4, "collator/equals", operators(), "Operators (2 tests)", ""),
                (
                    5,
                    "distance/basic",
                    operators(),
                    "precision, https://example.com/issues/7",
                    "https://example.com/issues/7"
                ),
                (7, "a.py::test[p", String::new(), "1] # flaky host", ""),
                (8, "//pkg:target", String::new(), "", ""),
                (10, "last one", "not //pkg:target".into(), "not //pkg:target", ""),
            ]
        );
        assert_eq!(rows.problems(), []);
    }

    #[test]
    fn directives_apply_to_their_group_or_to_what_follows() {
        let text = "\
# knownfail: policy = issue-required

# Linux
# knownfail: variants = linux
a
# Others
b
# knownfail ignore
c
";
        let known = read(text);
        let variants = known.rows().iter().map(|row| row.variants.only.len());
        assert_eq!(Vec::from_iter(variants), [1, 0, 0]);
        let problems = known.problems().iter().map(|problem| (problem.line, problem.kind.code()));
        let missing = |line| (line, "missing-issue");
        assert_eq!(
            Vec::from_iter(problems),
            [missing(5), missing(7), (8, "bad-directive"), missing(9)]
        );
    }

    #[test]
    fn marker_above_the_first_pattern_makes_any_text_a_plain_list() {
        let patterns = |path: &str, text: &str| {
            let known = KnownFailures::read(&[(path.into(), text.to_owned())]);
            let patterns = known.rows().iter().map(|row| row.pattern.as_str().to_owned());
            (Vec::from_iter(patterns), known.problems().len())
        };
        let text =
            "\u{feff}# License.\r\n\r\n# knownfail: plain\r\n<b>x is a title</b>\r\na b c\r\n";
        let names = ["<b>x is a title</b>", "a b c"].map(str::to_owned);
        for path in ["k.txt", "k.md", "k.json", "skip", "x.xfail"] {
            assert_eq!(patterns(path, text), (names.to_vec(), 0), "{path}");
        }
        let marked = with_marker("\u{feff}some words here\r\n");
        assert_eq!(marked, "\u{feff}# knownfail: plain\r\nsome words here\r\n");
        assert!(is_marked(&marked));
        // Below a pattern it is a directive that does not exist.
        assert_eq!(patterns("k.txt", "a\n# knownfail: plain\n"), (vec!["a".to_owned()], 1));
        assert!(!is_marked("a\n# knownfail: plain\n"));
    }

    proptest! {
        #[test]
        fn a_written_name_is_read_back(
            name in r"[ #/*?\\a:.|-]{1,6}|//?[a:]{1,4}|\PC{1,6}",
            reason in r"|[a-z#]{1,3}( [a-z#]{1,3})?",
        ) {
            let name = crate::model::TestName::escape(&name).into_owned();
            for line in [entry_line(&name, &reason), replace_pattern(" \tx*  # y", &name)] {
                let known = read(&format!("first\n{line}\n"));
                prop_assert_eq!(known.rows().len(), 2, "{}", line);
                let pattern = &known.rows()[1].pattern;
                prop_assert!(pattern.matches(&name) && pattern.matches_single_name(), "{line}");
            }
        }
    }
}
