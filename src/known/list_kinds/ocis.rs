//! ownCloud Infinite Scale's `expected-failures-*.md`.
//!
//! Each scenario is a list item `[suite/name.feature:line](link)` that links the scenario, under a heading that links
//! the issue.
//!
//! Syntax: the start of
//! <https://github.com/owncloud/ocis/blob/master/tests/acceptance/expected-failures-API-on-OCIS-storage.md>

use super::lines::numbered_lines;
use super::list_builder::{ListBuilder, literal_pattern};
use super::list_spec::ListKind;
use super::model::{ListEntry, ParsedList, SourceList};

pub(super) const EXPECTED_FAILURES: ListKind =
    ListKind { name: "ocis", detect: |_, text| detect(text), read: |source, _| read(source) };

fn detect(text: &str) -> bool {
    numbered_lines(text)
        .any(|(_, line)| item(line).and_then(link).is_some_and(|(name, _)| is_scenario(name)))
}

fn is_scenario(name: &str) -> bool {
    name.split_once(".feature:").is_some_and(|(_, line)| line.parse::<u32>().is_ok())
}

fn read(source: &SourceList) -> ParsedList {
    let mut builder = ListBuilder::new(source);
    let (mut reason, mut issue) = (String::new(), String::new());
    for (number, line) in numbered_lines(&source.text) {
        let level = line.bytes().take_while(|b| *b == b'#').count();
        if level > 0 && line[level..].starts_with(' ') {
            let title = line[level..].trim();
            let (text, url) = link(title).unwrap_or((title, ""));
            builder.add_heading(u8::try_from(level.saturating_sub(1)).unwrap_or(4), text);
            // A heading without a link is a topic, not a reason.
            reason = if url.is_empty() { String::new() } else { text.to_owned() };
            issue = url.to_owned();
        } else if let Some(item) = item(line) {
            match link(item).filter(|(name, _)| is_scenario(name)) {
                Some((name, url)) => {
                    let row = builder.new_row(number, literal_pattern(name));
                    let (reason, issue, source) = (reason.clone(), issue.clone(), url.to_owned());
                    builder.add_row(ListEntry { reason, issue, source, ..row });
                }
                None if item.contains(".feature") => builder.add_unknown_line(number, line),
                None => builder.add_prose(item),
            }
        } else {
            builder.add_prose(line);
        }
    }
    builder.finish()
}

/// The text of a list item.
fn item(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['-', '*', '+'])?;
    rest.starts_with([' ', '\t']).then(|| rest.trim())
}

/// The text and URL of a line that is nothing but a link.
fn link(text: &str) -> Option<(&str, &str)> {
    let (text, url) = text.strip_prefix('[')?.strip_suffix(')')?.rsplit_once("](")?;
    Some((text.trim(), url.trim()))
}
