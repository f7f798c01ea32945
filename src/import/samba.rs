//! Samba's `selftest/knownfail`, `flapping` and `skip`, and the directories of such files.
//!
//! In: one regular expression a line, a reason behind `#`, comments on lines of their own. Out: rows. A
//! newcomer's trap: the expression is looked for from the start of the name and need not reach its end.
//!
//! Grammar: `read_test_regexes` and `find_in_list` in
//! <https://git.samba.org/?p=samba.git;a=blob;f=selftest/subunithelper.py>

use super::comments::Comments;
use super::list_builder::{Draft, links};
use super::regex::{self, Search};
use super::{About, Imported, Source, Status, UnsaidKind, lines, path_parts};

pub(super) const KNOWNFAIL: About = About {
    name: "samba-knownfail",
    recognise: |path, text| is_in(path, &["knownfail", "expectedfail"]) || is_samba(text),
    read: |source, _| read(source, Status::AnyFailure),
};

pub(super) const FLAPPING: About = About {
    name: "samba-flapping",
    recognise: |path, _| is_in(path, &["flapping"]),
    read: |source, _| read(source, Status::Flaky),
};

pub(super) const SKIP: About = About {
    name: "samba-skip",
    recognise: |path, _| {
        path_parts(path).next().is_some_and(|name| name == "skip" || name.starts_with("skip."))
    },
    read: |source, _| read(source, Status::Skip),
};

/// Whether the file or the directory it stands in is called so.
fn is_in(path: &str, names: &[&str]) -> bool {
    path_parts(path).take(2).any(|part| names.iter().any(|name| part.starts_with(name)))
        && !path.ends_with(".md")
}

/// Whether the expressions are of Samba's tests and the path does not say another list.
fn is_samba(text: &str) -> bool {
    let said = lines(text).map(|(_, line)| line).find(|l| !l.is_empty() && !l.starts_with('#'));
    said.is_some_and(|line| line.trim_start_matches('^').starts_with("samba"))
        && text.contains("expected to fail")
}

fn read(source: &Source, status: Status) -> Imported {
    let mut draft = Draft::new(source);
    let mut comments = Comments::default();
    for (number, line) in lines(&source.text) {
        if line.is_empty() {
            comments.end(&mut draft);
        } else if let Some(comment) = line.strip_prefix('#') {
            comments.comment(comment, &mut draft);
        } else {
            let (regex, own) = line.split_once('#').unwrap_or((line, ""));
            let above = comments.reason();
            let reason = if own.trim().is_empty() { above } else { own.to_owned() };
            row(&mut draft, number, regex.trim(), &reason, status);
        }
    }
    comments.end(&mut draft);
    draft.finish()
}

fn row(draft: &mut Draft, number: u32, regex: &str, reason: &str, status: Status) {
    match regex::pattern(regex, Search::FromStart) {
        Ok(pattern) => {
            let mut row = draft.blank_row(number, pattern);
            row.status = status;
            row.reason = reason.to_owned();
            row.issue = issue(reason);
            draft.row(row);
        }
        Err(why) => draft.unsaid(number, UnsaidKind::Regex { text: regex.to_owned(), why }),
    }
}

/// The bug that a reason names: `bug 6960`, or a link.
fn issue(reason: &str) -> String {
    let mut words = reason.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    while let Some(word) = words.next() {
        if !word.eq_ignore_ascii_case("bug") {
            continue;
        }
        let number = words.clone().next().filter(|n| n.len() > 2 && n.len() < 9);
        if let Some(number) = number.filter(|n| n.bytes().all(|b| b.is_ascii_digit())) {
            return format!("https://bugzilla.samba.org/show_bug.cgi?id={number}");
        }
    }
    links(reason)
}
