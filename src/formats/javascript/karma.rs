//! karma-json-reporter's document.
//!
//! In: one document, for each browser a list of results. Out: a result for each.
//!
//! <https://github.com/douglasduteil/karma-json-reporter>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::collections::BTreeMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "karma-json-reporter",
    names: "the suites and the description, with blanks between; the browser before it in brackets when \
            there are several",
    outcomes: &[
        ("success", Outcome::Passed),
        ("skipped, pending or disabled", Outcome::Skipped),
        ("none of these", Outcome::Failed),
    ],
    incomplete: "the document has no end; a browser was lost",
    link: "https://github.com/douglasduteil/karma-json-reporter",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["browsers"]) && (head.has(&["result"]) || head.has_below(2, "lastResult"))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, browsers: BTreeMap::new() })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// The names by their ids, which differ from run to run.
    browsers: BTreeMap<String, String>,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["browsers" | "result"] | ["result", _] => Want::Enter,
            ["browsers", _] | ["result", _, "*"] | ["summary"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            ["browsers", id] => {
                let name = value["name"].text();
                // Its version and the system's come and go.
                let name = name.split(' ').next().unwrap_or(name);
                self.browsers.insert((*id).to_owned(), name.to_owned());
            }
            ["result", id, _] => self.test(line, id, value),
            ["summary"] if value["disconnected"].is_true() => {
                test_record::gave_up("a browser was disconnected", line, self.builder);
            }
            _ => {}
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn test(&mut self, line: u32, browser: &str, test: &Value) {
        let browser = match self.browsers.get(browser) {
            Some(name) if self.browsers.len() > 1 => format!("[{name}]"),
            Some(_) | None => String::new(),
        };
        let mut parts = vec![browser.as_str()];
        parts.extend(test["suite"].texts());
        parts.push(test["description"].text());
        let outcome = if ["skipped", "pending", "disabled"].iter().any(|key| test[*key].is_true()) {
            Outcome::Skipped
        } else if test["success"].is_true() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        let log = test["log"].texts();
        Told::new(names::joined(&parts, " "), outcome)
            .message(log.first().copied().unwrap_or(""))
            .tell(line, self.builder);
    }
}
