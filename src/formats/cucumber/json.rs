//! Cucumber's JSON, as its implementations and behave write it.
//!
//! In: one document, a list of features. Out: a result for each scenario. What a newcomer would get
//! wrong: a background stands before each scenario as an element of its own and can fail it; the rows
//! of an outline share a name; a scenario that stands there twice with one line was tried again.
//!
//! <https://cucumber.io/docs/cucumber/reporting/>

use super::{STEP_STATUSES, StepOutcomes};
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Attempt, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::collections::HashMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cucumber-json", "cucumber", "behave"],
    title: "Cucumber's JSON: cucumber-js, -ruby, -jvm, behave",
    test_name: "`features/a.feature: Scenario`; the further rows of an outline have #2, #3 behind them",
    outcomes: &STEP_STATUSES,
    incomplete: "the document has no end",
    link: "https://cucumber.io/docs/cucumber/reporting/",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["*/elements"]) && head.has_all(&["*/elements/*/keyword"])
        || head.has_all(&["*/uri", "*/keyword"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut CucumberJsonReader(builder))
}

struct CucumberJsonReader<'b, 's>(&'b mut RunBuilder<'s>);

/// A scenario, once.
struct CucumberScenario<'v> {
    name: &'v str,
    line: u64,
    steps: StepOutcomes,
}

impl Visitor for CucumberJsonReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] => VisitAction::Enter,
            ["*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], feature: &Value) {
        let file =
            test_record::first_non_empty(&[feature["uri"].as_str(), feature["location"].as_str()]);
        let file = file.trim_start_matches("file:");
        // behave writes the line behind the path.
        let file = file.rsplit_once(".feature:").map_or(file, |(path, _)| &file[..path.len() + 8]);
        let title = test_record::first_non_empty(&[file, feature["name"].as_str()]);
        let scenarios = scenarios(feature);
        // The rows of an outline, by their lines.
        let mut rows: HashMap<&str, HashMap<u64, usize>> = HashMap::new();
        for (index, scenario) in scenarios.iter().enumerate() {
            let CucumberScenario { name, line: scenario_line, steps } = scenario;
            let rows = rows.entry(*name).or_default();
            let next = rows.len();
            let row_index = *rows.entry(*scenario_line).or_insert(next);
            let will_be_retried = scenarios.get(index + 1).is_some_and(|next| {
                next.name == *name && next.line == *scenario_line && steps.outcome().is_failing()
            });
            let mut name = names::join(&[title, name], ": ");
            if row_index > 0 {
                name.push_str(&format!(" #{}", row_index + 1));
            }
            TestRecord::new(name, steps.outcome())
                .message(&steps.message)
                .location(file, Some(*scenario_line))
                .attempt(if will_be_retried { Attempt::Intermediate } else { Attempt::Final })
                .emit(line, self.0);
        }
    }
}

fn scenarios(feature: &Value) -> Vec<CucumberScenario<'_>> {
    let mut scenarios = Vec::new();
    let mut background = None;
    for element in feature["elements"].as_array() {
        let steps = steps(element);
        if element["type"].as_str() == "background" {
            background = Some(steps);
            continue;
        }
        let mut combined = background.take().unwrap_or_default();
        combined.add_background(&steps);
        let location = element["location"].as_str().rsplit(':').next();
        let line = element["line"].as_u64().or(location.and_then(|line| line.parse().ok()));
        let name = element["name"].as_str();
        scenarios.push(CucumberScenario { name, line: line.unwrap_or(0), steps: combined });
    }
    scenarios
}

fn steps(element: &Value) -> StepOutcomes {
    let mut steps = StepOutcomes::default();
    for step in ["before", "steps", "after"].iter().flat_map(|key| element[*key].as_array()) {
        let hooks = ["before", "after"].iter().flat_map(|key| step[*key].as_array());
        for run in std::iter::once(step).chain(hooks) {
            let result = &run["result"];
            let lines = result["error_message"].strings().join("\n");
            let message = test_record::first_non_empty(&[result["error_message"].as_str(), &lines]);
            match result["status"].as_str() {
                "" if result.is_some() => steps.add_step("failed", message),
                "" => steps.add_step("untested", ""),
                word => steps.add_step(word, message),
            }
        }
    }
    // behave says what became of the whole, with the failures of its hooks.
    match element["status"].as_str() {
        "" => {}
        "hook_error" | "cleanup_error" => steps.add_step("error", ""),
        word => steps.add_step(word, ""),
    }
    steps
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn outline_rows_are_numbered_and_repeats_are_retries() {
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
        assert_eq!(read_as("cucumber-json", &text).0, want);
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
        let results = read_as("cucumber-json", &text).0;
        assert!(begun.elapsed().as_secs() < 10);
        assert_eq!((&*results[0], &*results[59_999]), ("passed a: s", "passed a: s #60000"));
    }

    #[test]
    fn behave_line_suffix_and_element_status_are_read() {
        let text = r#"[{"keyword": "Feature", "location": "f/a.feature:1", "name": "F", "elements": [
            {"keyword": "Scenario", "type": "scenario", "name": "s", "location": "f/a.feature:5",
             "status": "failed", "steps": [
                {"result": {"status": "failed", "error_message": ["one", "two"]}}, {"name": "n"}]},
            {"keyword": "Scenario", "type": "scenario", "name": "h", "location": "f/a.feature:9",
             "status": "hook_error", "steps": []}]}]"#;
        let want = ["failed f/a.feature: s: one\ntwo", "errored f/a.feature: h: a step is error"];
        assert_eq!(read_as("cucumber-json", text).0, want);
    }
}
