//! Cucumber's JSON, as its implementations and behave write it.
//!
//! In: one document, a list of features. Out: a result for each scenario. What a newcomer would get
//! wrong: a background stands before each scenario as an element of its own and can fail it; the rows
//! of an outline share a name; a scenario that stands there twice with one line was tried again.
//!
//! <https://cucumber.io/docs/cucumber/reporting/>

use super::{STEPS, Steps};
use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Attempt, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::collections::HashMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Cucumber's JSON: cucumber-js, -ruby, -jvm, behave",
    names: "`features/a.feature: Scenario`; the further rows of an outline have #2, #3 behind them",
    outcomes: &STEPS,
    incomplete: "the document has no end",
    link: "https://cucumber.io/docs/cucumber/reporting/",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["*/elements"]) && head.has(&["*/elements/*/keyword"])
        || head.has(&["*/uri", "*/keyword"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

/// A scenario, once.
struct Scenario<'v> {
    name: &'v str,
    line: u64,
    steps: Steps,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] => Want::Enter,
            ["*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], feature: &Value) {
        let file = test_record::first(&[feature["uri"].text(), feature["location"].text()]);
        let file = file.trim_start_matches("file:");
        // behave writes the line behind the path.
        let file = file.rsplit_once(".feature:").map_or(file, |(path, _)| &file[..path.len() + 8]);
        let title = test_record::first(&[file, feature["name"].text()]);
        let scenarios = scenarios(feature);
        // The rows of an outline, by their lines.
        let mut rows: HashMap<&str, HashMap<u64, usize>> = HashMap::new();
        for (index, scenario) in scenarios.iter().enumerate() {
            let Scenario { name, line: its_line, steps } = scenario;
            let rows = rows.entry(*name).or_default();
            let next = rows.len();
            let number = *rows.entry(*its_line).or_insert(next);
            let again = scenarios.get(index + 1).is_some_and(|next| {
                next.name == *name && next.line == *its_line && steps.outcome().is_failing()
            });
            let mut name = names::joined(&[title, name], ": ");
            if number > 0 {
                name.push_str(&format!(" #{}", number + 1));
            }
            Told::new(name, steps.outcome())
                .message(&steps.message)
                .at(file, Some(*its_line))
                .attempt(if again { Attempt::Retry } else { Attempt::Only })
                .tell(line, self.0);
        }
    }
}

fn scenarios(feature: &Value) -> Vec<Scenario<'_>> {
    let mut scenarios = Vec::new();
    let mut background = None;
    for element in feature["elements"].list() {
        let steps = steps(element);
        if element["type"].text() == "background" {
            background = Some(steps);
            continue;
        }
        let mut whole = background.take().unwrap_or_default();
        whole.add(&steps);
        let location = element["location"].text().rsplit(':').next();
        let line = element["line"].count().or(location.and_then(|line| line.parse().ok()));
        let name = element["name"].text();
        scenarios.push(Scenario { name, line: line.unwrap_or(0), steps: whole });
    }
    scenarios
}

fn steps(element: &Value) -> Steps {
    let mut steps = Steps::default();
    for step in ["before", "steps", "after"].iter().flat_map(|key| element[*key].list()) {
        let hooks = ["before", "after"].iter().flat_map(|key| step[*key].list());
        for run in std::iter::once(step).chain(hooks) {
            let result = &run["result"];
            let lines = result["error_message"].texts().join("\n");
            let message = test_record::first(&[result["error_message"].text(), &lines]);
            match result["status"].text() {
                "" if result.is_some() => steps.step("failed", message),
                "" => steps.step("untested", ""),
                word => steps.step(word, message),
            }
        }
    }
    // behave says what became of the whole, with the failures of its hooks.
    match element["status"].text() {
        "" => {}
        "hook_error" | "cleanup_error" => steps.step("error", ""),
        word => steps.step(word, ""),
    }
    steps
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    #[test]
    fn rows_of_an_outline_are_numbered_and_tries_again_are_retries() {
        let scenario = |line: u32, status: &str| {
            format!(
                r#"{{"keyword": "Scenario", "type": "scenario", "name": "s", "line": {line},
                "steps": [{{"result": {{"status": "{status}"}}}}]}}"#
            )
        };
        let elements = [
            scenario(3, "failed"),
            scenario(3, "passed"),
            scenario(4, "passed"),
            r#"{"keyword": "Background", "type": "background",
            "steps": [{"result": {"status": "failed", "error_message": "no db"}}]}"#
                .to_owned(),
            scenario(9, "skipped"),
        ];
        let elements = elements.join(",");
        let text =
            format!(r#"[{{"keyword": "Feature", "uri": "a.feature", "elements": [{elements}]}}]"#);
        let want = [
            "~failed a.feature: s: a step is failed",
            "passed a.feature: s",
            "passed a.feature: s #2",
            "failed a.feature: s #3: no db",
        ];
        assert_eq!(said(Format::CucumberJson, &text).0, want);
    }

    #[test]
    fn an_outline_may_have_many_rows() {
        let row = |line: u32| {
            format!(
                r#"{{"name": "s", "line": {line}, "steps": [{{"result": {{"status": "passed"}}}}]}}"#
            )
        };
        let rows: Vec<String> = (0..60_000).rev().map(row).collect();
        let text = format!(r#"[{{"uri": "a", "keyword": "F", "elements": [{}]}}]"#, rows.join(","));
        let begun = std::time::Instant::now();
        let came = said(Format::CucumberJson, &text).0;
        assert!(begun.elapsed().as_secs() < 10);
        assert_eq!((&*came[0], &*came[59_999]), ("passed a: s", "passed a: s #60000"));
    }

    #[test]
    fn behave_says_the_line_behind_the_path_and_the_status_of_the_whole() {
        let text = r#"[{"keyword": "Feature", "location": "f/a.feature:1", "name": "F", "elements": [
            {"keyword": "Scenario", "type": "scenario", "name": "s", "location": "f/a.feature:5",
             "status": "failed", "steps": [
                {"result": {"status": "failed", "error_message": ["one", "two"]}}, {"name": "n"}]},
            {"keyword": "Scenario", "type": "scenario", "name": "h", "location": "f/a.feature:9",
             "status": "hook_error", "steps": []}]}]"#;
        let want = ["failed f/a.feature: s: one\ntwo", "errored f/a.feature: h: a step is error"];
        assert_eq!(said(Format::CucumberJson, text).0, want);
    }
}
