//! Cucumber's JSON, as its implementations and behave write it: one document, an array of features.
//!
//! A background is an element of its own before each scenario and can fail it. The rows of an outline share a name; a
//! scenario that is repeated with the same line was retried.

use super::steps::{STEP_STATUSES, StepOutcomes};
use crate::formats::emit::{TestRecord, first_non_empty, names};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Attempt, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::HashMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cucumber-json", "cucumber", "behave"],
    title: "Cucumber's JSON: cucumber-js, -ruby, -jvm, behave",
    test_name: "`features/a.feature: Scenario`; further rows of an outline end in #2, #3",
    outcomes: &STEP_STATUSES,
    incomplete: "the document has no end",
    totals: "none: the format declares none",
    link: "https://cucumber.io/docs/cucumber/reporting/",
    sniff: Sniff::Json(|head| {
        head.has_all(&["*/elements", "*/elements/*/keyword"])
            || head.has_all(&["*/uri", "*/keyword"])
    }),
    read: |input, builder| {
        json::for_each(input, &["*"], |line, _, feature| emit(line, feature, builder))
    },
};

/// One attempt of a scenario.
struct CucumberScenario<'v> {
    name: &'v str,
    line: u64,
    steps: StepOutcomes,
}

fn emit(line: u32, feature: &Value, builder: &mut RunBuilder<'_>) {
    let file = feature.first_str(&["uri", "location"]);
    let file = file.trim_start_matches("file:");
    // behave writes the line after the path.
    let file = file.rsplit_once(".feature:").map_or(file, |(path, _)| &file[..path.len() + 8]);
    let title = first_non_empty(&[file, feature["name"].as_str()]);
    let scenarios = scenarios(feature);
    // The rows of an outline, by their lines.
    let mut rows: HashMap<&str, HashMap<u64, usize>> = HashMap::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let rows = rows.entry(scenario.name).or_default();
        let next_row = rows.len();
        let row = *rows.entry(scenario.line).or_insert(next_row);
        let outcome = scenario.steps.outcome();
        let is_repeated = scenarios
            .get(index + 1)
            .is_some_and(|next| next.name == scenario.name && next.line == scenario.line);
        let will_be_retried = is_repeated && outcome.is_failing();
        let mut name = names::join(&[title, scenario.name], ": ");
        if row > 0 {
            name.push_str(&format!(" #{}", row + 1));
        }
        TestRecord::new(name, outcome)
            .message(&scenario.steps.message)
            .location(file, Some(scenario.line))
            .attempt(if will_be_retried { Attempt::Intermediate } else { Attempt::Final })
            .emit(line, builder);
    }
    let status = own_status(feature);
    if status.outcome().is_failing() && !scenarios.iter().any(|it| it.steps.outcome().is_failing())
    {
        TestRecord::new(title, status.outcome())
            .message(&format!("the feature is {}", feature["status"].as_str()))
            .location(file, None)
            .emit(line, builder);
    }
}

/// behave's status of a feature or scenario, which includes the failures of its hooks.
fn own_status(element: &Value) -> StepOutcomes {
    let mut status = StepOutcomes::default();
    match element["status"].as_str() {
        "" => {}
        word => status.add_step(word, ""),
    }
    status
}

fn scenarios(feature: &Value) -> Vec<CucumberScenario<'_>> {
    let mut scenarios = Vec::new();
    let mut background: Option<StepOutcomes> = None;
    for element in feature["elements"].as_array() {
        let own_steps = steps(element);
        if element["type"].as_str() == "background" {
            background = Some(own_steps);
            continue;
        }
        let mut steps = background.take().unwrap_or_default();
        steps.add_worse(&own_steps);
        let location = element["location"].as_str().rsplit(':').next();
        let line = element["line"].as_u64().or(location.and_then(|line| line.parse().ok()));
        let name = element["name"].as_str();
        scenarios.push(CucumberScenario { name, line: line.unwrap_or(0), steps });
    }
    // No scenario follows it.
    if let Some(steps) = background.filter(|steps| steps.outcome().is_failing()) {
        scenarios.push(CucumberScenario { name: "Background", line: 0, steps });
    }
    scenarios
}

fn steps(element: &Value) -> StepOutcomes {
    let mut steps = StepOutcomes::default();
    let (mut ended, mut planned) = (0, 0);
    for step in ["before", "steps", "after"].iter().flat_map(|key| element[*key].as_array()) {
        planned += 1;
        ended += usize::from(!step["result"].is_null());
        let hooks = ["before", "after"].iter().flat_map(|key| step[*key].as_array());
        for run in std::iter::once(step).chain(hooks) {
            let result = &run["result"];
            let lines = result["error_message"].strings().join("\n");
            let message = first_non_empty(&[result["error_message"].as_str(), &lines]);
            match result["status"].as_str() {
                "" if result.is_null() => steps.add_step("untested", ""),
                "" => steps.add_step("failed", message),
                word => steps.add_step(word, message),
            }
        }
    }
    let own_status = own_status(element);
    if (1..planned).contains(&ended) && element["status"].as_str().is_empty() {
        steps.add_unfinished(ended, planned);
    }
    steps.add_worse(&own_status);
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

    /// Each word of a scenario in turn, with the others as they are.
    #[test]
    fn unknown_word_anywhere_in_a_scenario_is_a_failure() {
        let scenario = |[before, step, hook, after, element]: [&str; 5]| {
            let result = |word: &str| format!(r#"{{"result": {{"status": "{word}"}}}}"#);
            let (step_hook, before, after) = (result(hook), result(before), result(after));
            let text = format!(
                r#"[{{"uri": "a", "keyword": "F", "elements": [{{"keyword": "S", "name": "s", "status": "{element}",
                "before": [{before}], "after": [{after}],
                "steps": [{{"result": {{"status": "{step}"}}, "after": [{step_hook}]}}]}}]}}]"#
            );
            read_as("cucumber-json", &text).0.remove(0)
        };
        assert_eq!(scenario(["passed"; 5]), "passed a: s");
        for place in 0..5 {
            let mut words = ["passed"; 5];
            words[place] = "zorked";
            assert_eq!(scenario(words), "failed a: s: a step is zorked");
        }
    }

    #[test]
    fn what_no_scenario_shows_is_no_pass() {
        let read = |feature: &str, steps: &str, more: &str| {
            let text = format!(
                r#"[{{"uri": "a", "keyword": "F", {feature} "elements": [
                {{"name": "s", "steps": [{{"result": {{"status": "passed"}}}} {steps}]}} {more}]}}]"#
            );
            read_as("cucumber-json", &text).0
        };
        assert_eq!(read(r#""status": "passed","#, "", ""), ["passed a: s"]);
        let want = ["passed a: s", "failed a: the feature is zorked"];
        assert_eq!(read(r#""status": "zorked","#, "", ""), want);
        assert_eq!(read("", r#", {"name": "n"}"#, ""), ["unfinished a: s: 1 of 2 steps ended"]);
        let background = r#", {"type": "background", "steps": [{"result": {"status": "failed"}}]}"#;
        assert_eq!(read("", "", background)[1], "failed a: Background: a step is failed");
    }

    #[test]
    fn outline_with_many_rows_numbers_each_of_them() {
        let row = |line: u32| {
            format!(
                r#"{{"name": "s", "line": {line}, "steps": [{{"result": {{"status": "passed"}}}}]}}"#
            )
        };
        let rows: Vec<String> = (0..60_000).rev().map(row).collect();
        let text = format!(r#"[{{"uri": "a", "keyword": "F", "elements": [{}]}}]"#, rows.join(","));
        let results = read_as("cucumber-json", &text).0;
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
        let want =
            ["failed f/a.feature: s: one\ntwo", "errored f/a.feature: h: a step is hook_error"];
        assert_eq!(read_as("cucumber-json", text).0, want);
    }
}
