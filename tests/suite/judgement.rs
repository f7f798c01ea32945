//! The README's table of what is red, made of runs that are judged: every verdict, policy, base run and hole.
//!
//! In: for each thing that can be said of a run, the smallest run of which it is said. Out:
//! the table. `UPDATE_DOCS=1 cargo test judgement` rewrites it; read the difference before
//! you commit it.

use knownfail::compare::{
    BaseRun, Facts, Fold, Infrastructure, Keep, ListChange, MostInfra, ResultsFile, Run,
};
use knownfail::formats::Format;
use knownfail::known::{KnownFailures, Pattern};
use knownfail::model::{Naming, RunBuilder, Variant};
use knownfail::policy::{Conclusion, FailOn, judge};
use std::fmt::Write;
use std::sync::Arc;

/// The policies of the table's columns; the last column is the situation's own reason alone.
const POLICIES: [&str; 4] = ["regression", "strict", "strict-all", "nothing"];

/// One thing that can be said of a run.
struct Situation {
    said: &'static str,
    /// Its reason, by which alone it is red.
    alone: &'static str,
    /// The rows of the document.
    rows: &'static str,
    /// `name word` pairs, as a log tells them; without a word the test never ends.
    results: &'static [(&'static str, &'static str)],
    /// What the base run said of the same tests, where the situation needs one.
    base: &'static [(&'static str, &'static str)],
    /// Whether it is only told with a base run, or only without.
    told: Told,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Always,
    WithBase,
    /// It is a hole itself: no run with it is complete.
    Incomplete,
}

const PASSED: &[(&str, &str)] = &[("a.t", "success")];
const FAILED: &[(&str, &str)] = &[("a.t", "failure")];
const NONE: &[(&str, &str)] = &[("a.other", "success")];
const SITUATIONS: &[Situation] = &[
    Situation::new("passed", "new-failures", "", PASSED, PASSED),
    Situation::new("skipped", "new-failures", "", &[("a.t", "skip")], &[("a.t", "skip")]),
    Situation::new("known failure", "new-failures", "| a.t | |", FAILED, FAILED),
    Situation::new(
        "known failure, passed in the base run",
        "hidden-regressions",
        "| a.t | |",
        FAILED,
        PASSED,
    )
    .with_base(),
    Situation::new(
        "known failure without the pinned message",
        "differently",
        "| a.t | fail: NT_STATUS_OK |",
        FAILED,
        FAILED,
    ),
    Situation::new("new failure", "new-failures", "", FAILED, PASSED),
    Situation::new(
        "worse than its row expects",
        "new-failures",
        "| a.t | fail |",
        &[("a.t", "error")],
        FAILED,
    ),
    Situation::new("fails under a row `skip`", "new-failures", "| a.t | skip |", FAILED, NONE),
    Situation::new("newly passing", "newly-passing", "| a.t | |", PASSED, FAILED),
    Situation::new(
        "newly passing, passed in the base run",
        "newly-passing",
        "| a.t | |",
        PASSED,
        PASSED,
    )
    .with_base(),
    Situation::new(
        "flaky: failed, then passed",
        "flaky",
        "",
        &[("a.t", "failure"), ("a.t", "success")],
        PASSED,
    ),
    Situation::new(
        "flaky under a row `flaky`",
        "flaky",
        "| a.t | flaky |",
        &[("a.t", "failure"), ("a.t", "success")],
        PASSED,
    ),
    Situation::new("missing", "missing", "", NONE, &[("a.other", "success"), ("a.t", "success")])
        .with_base(),
    Situation::new(
        "missing under a row `skip`",
        "missing",
        "| a.t | skip |",
        NONE,
        &[("a.other", "success"), ("a.t", "success")],
    )
    .with_base(),
    Situation::new("never ended", "incomplete", "", &[("a.t", "")], PASSED).incomplete(),
    Situation::new(
        "never ended under a row `timeout`",
        "incomplete",
        "| a.t | timeout |",
        &[("a.t", "")],
        FAILED,
    ),
    Situation::new(
        "failed because of infrastructure",
        "incomplete",
        "",
        &[("a.t", "gone")],
        PASSED,
    )
    .incomplete(),
    Situation::new(
        "the same, within `--max-infra`",
        "incomplete",
        "",
        &[("a.t", "gone"), ("a.u", "success")],
        PASSED,
    ),
    Situation::new("a row matches no test", "unmatched", "| b.t | |", NONE, NONE),
    Situation::new("an error in the document", "document", "| re:( | |", NONE, NONE),
    Situation::new("a row is added without an issue", "growth", "| a.t | |", FAILED, FAILED),
];

impl Situation {
    const fn new(
        said: &'static str,
        alone: &'static str,
        rows: &'static str,
        results: &'static [(&'static str, &'static str)],
        base: &'static [(&'static str, &'static str)],
    ) -> Situation {
        Situation { said, alone, rows, results, base, told: Told::Always }
    }

    const fn with_base(self) -> Situation {
        Situation { told: Told::WithBase, ..self }
    }

    const fn incomplete(self) -> Situation {
        Situation { told: Told::Incomplete, ..self }
    }

    /// The facts of its run; `is_cut` adds a suite with a hole.
    fn facts(&self, has_base: bool, is_cut: bool) -> Facts {
        let document = format!("| Test | Status |\n|---|---|\n{}\n", self.rows);
        let known = KnownFailures::read(&[("K.md".into(), document.clone())]);
        let file = |path: &str| ResultsFile { path: path.into(), variant: 0 };
        let infra = Infrastructure {
            patterns: vec![Pattern::parse("no server").unwrap()],
            most: if self.results.len() > 1 { MostInfra::Tests(1) } else { MostInfra::default() },
        };
        let run = Run {
            known,
            files: vec![file("a.txt"), file("cut.txt")],
            variants: vec![Variant::new("")],
            keep: Keep::Noteworthy,
            infra,
        };
        let mut fold = Fold::new(&run);
        read(&log(self.results), 0, &mut fold.file(0));
        if is_cut {
            read("progress: 2\ntest: cut.t\nsuccess: cut.t\n", 1, &mut fold.file(1));
        }
        let comparison = fold.end();
        let base = has_base.then(|| {
            let (mut base, file) = (BaseRun::default(), file("base.txt"));
            read(&log(self.base), 0, &mut base.file(&comparison, &file));
            base
        });
        let facts = comparison.facts(jiff::civil::date(2030, 1, 1), Vec::new(), base);
        let before = "| Test | Status |\n|---|---|\n";
        let list = (self.alone == "growth").then(|| {
            let list = |text: &str| KnownFailures::read(&[("K.md".into(), text.to_owned())]);
            ListChange::new(list(before), list(&document))
        });
        Facts { list: list.map(Arc::new), ..facts }
    }
}

fn read(log: &str, number: u32, mut sink: &mut dyn knownfail::model::Sink) {
    let naming = Naming { repeats_are_retries: true, ..Naming::default() };
    Format::Subunit.read(log.as_bytes(), RunBuilder::new(number, naming, &mut sink));
}

fn log(results: &[(&str, &str)]) -> String {
    let mut log = String::from("smbtorture 4.17.12\n");
    for (name, word) in results {
        let _ = match *word {
            "" => writeln!(log, "test: {name}"),
            "gone" => writeln!(log, "test: {name}\nerror: {name} [\nno server\n]"),
            word @ ("failure" | "error") => {
                writeln!(log, "test: {name}\n{word}: {name} [\nwrong\n]")
            }
            word => writeln!(log, "test: {name}\n{word}: {name}"),
        };
    }
    log
}

/// A conclusion in a cell.
fn cell(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "0",
        Conclusion::Failure => "**1**",
        Conclusion::Inconclusive => "**2**",
    }
}

/// A situation's cells, one a policy and its own reason's last.
fn cells(situation: &Situation, has_base: bool) -> String {
    let codes = |policy: &str| {
        let fail_on = FailOn::parse(policy).unwrap();
        let code = |is_cut| cell(judge(&situation.facts(has_base, is_cut), &fail_on).conclusion);
        match situation.told {
            Told::Incomplete => format!("– / {}", code(true)),
            Told::Always | Told::WithBase => format!("{} / {}", code(false), code(true)),
        }
    };
    let policies = POLICIES.map(codes).join(" | ");
    format!("{policies} | {}, `{}`", codes(situation.alone), situation.alone)
}

/// The table: a situation has one row where a base run makes no difference.
fn table() -> String {
    let policies = POLICIES.map(|policy| format!("`{policy}`")).join(" | ");
    let mut table = format!("| situation | base run | {policies} | alone |\n");
    let _ = writeln!(table, "| --- | --- |{}", " --- |".repeat(POLICIES.len() + 1));
    for situation in SITUATIONS {
        let with = cells(situation, true);
        let without = (situation.told != Told::WithBase).then(|| cells(situation, false));
        let rows = match without {
            Some(without) if without == with => vec![("either", with)],
            Some(without) => vec![("no", without), ("yes", with)],
            None => vec![("yes", with)],
        };
        for (base, cells) in rows {
            let _ = writeln!(table, "| {} | {base} | {cells} |", situation.said);
        }
    }
    table
}

#[test]
fn the_table_of_the_readme_is_what_the_judge_says() {
    const MARKS: [&str; 2] = ["<!-- judgement -->\n\n", "\n<!-- end of judgement -->"];
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = readme.split_once(MARKS[0]).expect("the table begins");
    let (told, tail) = rest.split_once(MARKS[1]).expect("the table ends");
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, [head, MARKS[0], &table, MARKS[1], tail].concat()).unwrap();
        return;
    }
    assert!(told == table, "UPDATE_DOCS=1 cargo test judgement rewrites it");
}

#[test]
fn nothing_unmeasured_is_green_by_default() {
    for situation in SITUATIONS {
        let fail_on = FailOn::default();
        for has_base in [false, true] {
            let cut = judge(&situation.facts(has_base, true), &fail_on).conclusion;
            assert_ne!(cut, Conclusion::Success, "{}", situation.said);
        }
    }
}
