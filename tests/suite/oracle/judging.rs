//! Holds `check` against the model: the same files, judged by both.

use super::case::Case;
use super::cases::for_each_case;
use super::files::{self, BASE, RUN, TextFile};
use super::generator::{self, Inputs};
use super::model::Model;
use crate::harness::{CommandOutput, Knownfail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A directory in which one case after another is run.
pub(crate) struct Workspace {
    program: Knownfail,
    /// The files of the last case.
    written: Vec<String>,
}

impl Workspace {
    pub(crate) fn new() -> Workspace {
        Workspace { program: Knownfail::new(), written: Vec::new() }
    }

    /// Removes the files of the last case.
    pub(crate) fn clear(&mut self) {
        for path in self.written.drain(..) {
            let _ = std::fs::remove_file(self.program.path(&path));
        }
    }

    /// Writes files of this case.
    pub(crate) fn write(&mut self, files: &[TextFile]) {
        for (path, text) in files {
            self.program.file(path, text);
            self.written.push(path.clone());
        }
    }

    /// Runs the program. The files that it is to write are `outputs`; none of them exists before.
    pub(crate) fn run(&mut self, arguments: &[String], outputs: &[&str]) -> CommandOutput {
        for output in outputs {
            let _ = std::fs::remove_file(self.program.path(output));
            self.written.push((*output).to_owned());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.program.run(&arguments)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        self.program.read(path)
    }

    pub(crate) fn read_bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.program.path(path)).unwrap()
    }

    /// Writes the documents, results and records of a case; the options that name the base run and the evidence.
    pub(crate) fn prepare(&mut self, case: &Case) -> Vec<String> {
        self.clear();
        self.write(&files::documents(case));
        self.write(&files::results(&case.run, RUN));
        let mut arguments = files::arguments(case);
        if case.options.has_exit_codes {
            self.write(&[("codes.txt".to_owned(), files::exit_codes(case))]);
        }
        if let Some(base) = &case.base {
            self.write(&files::results(base, BASE));
            arguments.push(format!("--baseline={}", files::pattern(base, BASE)));
        }
        for (index, earlier) in case.earlier.iter().enumerate() {
            let (folder, record) = (format!("earlier{index}"), format!("{index}.record"));
            self.write(&files::results(&earlier.run, &folder));
            let mut call = vec![
                "check".to_owned(),
                files::pattern(&earlier.run, &folder),
                "-kK.md".to_owned(),
            ];
            call.extend(earlier.commit.map(|commit| format!("--commit={commit}")));
            call.push(format!("--record={record}"));
            self.run(&call, &[&record]);
            arguments.push(format!("--evidence={record}"));
        }
        arguments
    }
}

/// The JSON report of a case.
fn report(workspace: &mut Workspace, case: &Case) -> Result<Value, String> {
    let mut arguments = workspace.prepare(case);
    arguments.insert(0, "check".to_owned());
    arguments.push(files::pattern(&case.run, RUN));
    arguments.push("--json=report.json".to_owned());
    let output = workspace.run(&arguments, &["report.json"]);
    if !std::path::Path::new(&workspace.program.path("report.json")).exists() {
        return Err(format!("no report: {output:?}\n{}", show(case)));
    }
    let mut report: Value = serde_json::from_str(&workspace.read("report.json")).unwrap();
    report["exit_code"] = json!(output.code);
    normalize(&mut report);
    Ok(report)
}

/// Brings the report into the form of the model's answer.
fn normalize(report: &mut Value) {
    let codes: BTreeSet<String> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect();
    let reported = |code: &str| (code.to_owned(), json!(codes.contains(code)));
    report["problems"] =
        ["contradicting-row", "incomplete-base"].map(reported).into_iter().collect();
    for variant in report["variants"].as_array_mut().unwrap() {
        for key in ["why", "signed_off"] {
            change_texts(&mut variant[key], without_line);
        }
    }
    for test in report["tests"].as_array_mut().unwrap() {
        change_texts(&mut test["remarks"], without_quotation);
    }
}

/// Changes each text of a list, and sorts it.
fn change_texts(list: &mut Value, change: fn(&str) -> String) {
    let list = list.as_array_mut().unwrap();
    let mut texts: Vec<String> = list.iter().map(|text| change(text.as_str().unwrap())).collect();
    texts.sort();
    *list = texts.into_iter().map(Value::String).collect();
}

/// "`run/v1/suite0.txt:3`: why" without the line and the backticks.
fn without_line(why: &str) -> String {
    let quoted = why.strip_prefix('`').and_then(|why| why.split_once("`: "));
    let Some((place, text)) = quoted else { return why.to_owned() };
    let file = match place.rsplit_once(':') {
        Some((file, line)) if line.parse::<u32>().is_ok() => file,
        Some(_) | None => place,
    };
    format!("{file}: {text}")
}

/// A remark without the messages that it quotes.
fn without_quotation(remark: &str) -> String {
    let different = "known failure with a different message";
    let is_different = ["the row pins ", "the message was "].iter().any(|s| remark.starts_with(s));
    if is_different { different.to_owned() } else { remark.to_owned() }
}

/// Sorts the lists of texts in the model's answer as those of the report are.
fn sort_texts(answer: &mut Value) {
    for (list, keys) in [("variants", &["why", "signed_off"][..]), ("tests", &["remarks"])] {
        for item in answer[list].as_array_mut().unwrap() {
            keys.iter().for_each(|key| change_texts(&mut item[*key], str::to_owned));
        }
    }
}

/// The differences between what the model answers and what is reported, at these keys.
fn differences(at: &str, model: &Value, report: &Value, found: &mut String) {
    match (model, report) {
        (Value::Object(model), Value::Object(report)) => {
            for (key, value) in model {
                let other = report.get(key).unwrap_or(&Value::Null);
                differences(&format!("{at}.{key}"), value, other, found);
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                differences(&format!("{at}[{}]", label(index, item)), item, other, found);
            }
        }
        (model, report) if model == report => {}
        (model, report) => {
            let _ = writeln!(found, "{at}\n    model:   {model}\n    program: {report}");
        }
    }
}

/// A test or row by its name.
fn label(index: usize, item: &Value) -> String {
    let name = ["name", "pattern", "suite"].iter().find_map(|key| item[*key].as_str());
    let variant = item["variant"].as_str().unwrap_or_default();
    name.map_or(index.to_string(), |name| format!("{name} {variant}").trim().to_owned())
}

/// A case as the files that it is written as.
pub(crate) fn show(case: &Case) -> String {
    let mut shown = String::new();
    let mut add = |files: Vec<TextFile>| {
        for (path, text) in files {
            let _ = writeln!(shown, "--- {path}\n{}", text.trim_end());
        }
    };
    add(files::documents(case));
    add(files::results(&case.run, RUN));
    case.base.iter().for_each(|base| add(files::results(base, BASE)));
    for (index, earlier) in case.earlier.iter().enumerate() {
        add(files::results(&earlier.run, &format!("earlier{index} {:?}", earlier.commit)));
    }
    if case.options.has_exit_codes {
        add(vec![("codes.txt".to_owned(), files::exit_codes(case))]);
    }
    shown + &format!("--- options\n{}\n", files::arguments(case).join(" "))
}

/// What is wrong with the report of a case, if anything is.
pub(crate) fn hold(workspace: &mut Workspace, case: &Case) -> Result<(), String> {
    let mut answer = serde_json::to_value(Model::new(case).answer()).unwrap();
    sort_texts(&mut answer);
    let report = report(workspace, case)?;
    let mut found = String::new();
    differences("", &answer, &report, &mut found);
    if found.is_empty() { Ok(()) } else { Err(format!("{found}{}", show(case))) }
}

#[test]
fn check_answers_as_the_model_of_the_rules() {
    for_each_case(1, || generator::case(Inputs::Run), hold);
}

#[test]
fn check_with_evidence_answers_as_the_model() {
    for_each_case(10, || generator::case(Inputs::Evidence), hold);
}
