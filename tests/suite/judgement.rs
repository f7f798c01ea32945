//! The reference's table of what is red, generated from judged runs: every verdict, policy, base run and gap.
//!
//! Each situation is the smallest run that shows it. `UPDATE_DOCS=1 cargo test judgement` rewrites the table; read the diff
//! before you commit it.

use knownfail::compare::{
    BaseRun, ComparisonBuilder, ExternalFacts, Facts, InfraLimit, Infrastructure, ListChange,
    ResultsFile, Retain, RunContext,
};
use knownfail::formats::Format;
use knownfail::known::{KnownFailures, MessagePattern};
use knownfail::model::{ReadConfig, Retries, RunBuilder, Variant};
use knownfail::policy::{Conclusion, FailOn, judge};
use std::fmt::Write;

/// The policies of the table's columns; the last column is the situation's own reason alone.
pub(crate) const POLICIES: [&str; 4] = ["regression", "strict", "strict-all", "nothing"];

/// A situation of the table.
pub(crate) struct Situation {
    pub name: &'static str,
    /// The reason that applies to it.
    pub own_reason: &'static str,
    /// The rows of the document.
    pub rows: &'static str,
    /// `name word` pairs as in a log; without a word the test never ends.
    pub results: &'static [(&'static str, &'static str)],
    /// The same for the base run, if the situation needs one.
    pub base: &'static [(&'static str, &'static str)],
    /// Whether it can only be seen with a base run, or only without.
    pub shown_when: ShownWhen,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShownWhen {
    Always,
    WithBase,
    /// It is a gap itself: no run with it is complete.
    Incomplete,
}

const PASSED: &[(&str, &str)] = &[("a.t", "success")];
const FAILED: &[(&str, &str)] = &[("a.t", "failure")];
const OTHER_TEST: &[(&str, &str)] = &[("a.other", "success")];
/// The rows of the table.
pub(crate) const SITUATIONS: &[Situation] = &[
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
    Situation::new(
        "fails under a row `skip`",
        "new-failures",
        "| a.t | skip |",
        FAILED,
        OTHER_TEST,
    ),
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
    Situation::new(
        "missing",
        "missing",
        "",
        OTHER_TEST,
        &[("a.other", "success"), ("a.t", "success")],
    )
    .with_base(),
    Situation::new(
        "missing under a row `skip`",
        "missing",
        "| a.t | skip |",
        OTHER_TEST,
        &[("a.other", "success"), ("a.t", "success")],
    )
    .with_base(),
    Situation::new(
        "missing after a test that never ended, under a row `timeout`",
        "missing",
        "| a.t | timeout |",
        &[("a.t", "")],
        &[("a.t", "failure"), ("a.u", "success")],
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
    Situation::new("a row matches no test", "unmatched", "| b.t | |", OTHER_TEST, OTHER_TEST),
    Situation::new("an error in the document", "document", "| re:( | |", OTHER_TEST, OTHER_TEST),
    Situation::new("a row is added without an issue", "growth", "| a.t | |", FAILED, FAILED),
];

impl Situation {
    const fn new(
        name: &'static str,
        own_reason: &'static str,
        rows: &'static str,
        results: &'static [(&'static str, &'static str)],
        base: &'static [(&'static str, &'static str)],
    ) -> Situation {
        Situation { name, own_reason, rows, results, base, shown_when: ShownWhen::Always }
    }

    const fn with_base(self) -> Situation {
        Situation { shown_when: ShownWhen::WithBase, ..self }
    }

    const fn incomplete(self) -> Situation {
        Situation { shown_when: ShownWhen::Incomplete, ..self }
    }

    /// The conclusion of its run by this policy.
    pub(crate) fn conclusion(
        &self,
        policy: &str,
        has_base: bool,
        is_truncated: bool,
    ) -> Conclusion {
        let (facts, external) = self.facts(has_base, is_truncated);
        judge(&facts, &external, &FailOn::parse(policy).unwrap()).conclusion
    }

    /// The facts of its run; `is_truncated` adds a suite with a gap.
    fn facts(&self, has_base: bool, is_truncated: bool) -> (Facts, ExternalFacts) {
        let document = format!("| Test | Status |\n|---|---|\n{}\n", self.rows);
        let known = KnownFailures::read(&[("K.md".into(), document.clone())]);
        let file = |path: &str| ResultsFile { path: path.into(), variant: 0 };
        let infra = Infrastructure {
            patterns: vec![MessagePattern::parse("no server").unwrap()],
            limit: if self.results.len() > 1 {
                InfraLimit::Tests(1)
            } else {
                InfraLimit::default()
            },
        };
        let run = RunContext {
            known: &known,
            files: vec![file("a.txt"), file("cut.txt")],
            variants: vec![Variant::new("")],
            retain: Retain::Notable,
            infra,
        };
        let mut fold = ComparisonBuilder::new(&run);
        read(&log(self.results), 0, &mut fold.file_sink(0));
        if is_truncated {
            read("progress: 2\ntest: cut.t\nsuccess: cut.t\n", 1, &mut fold.file_sink(1));
        }
        let comparison = fold.finish();
        let base = has_base.then(|| {
            let (mut base, file) = (BaseRun::default(), file("base.txt"));
            read(&log(self.base), 0, &mut base.file_sink(&comparison, &file));
            base
        });
        let facts = comparison.into_facts(jiff::civil::date(2030, 1, 1), Vec::new(), base);
        let before = "| Test | Status |\n|---|---|\n";
        let list = (self.own_reason == "growth").then(|| {
            let list = |text: &str| KnownFailures::read(&[("K.md".into(), text.to_owned())]);
            ListChange::new(list(before), list(&document))
        });
        (facts, ExternalFacts { list, ..ExternalFacts::default() })
    }
}

fn read(log: &str, file_id: u32, sink: &mut dyn knownfail::model::Sink) {
    let (format, mut retries) = (Format::from_name("subunit").unwrap(), Retries::default());
    let mut retry_sink = retries.sink(sink);
    let builder = RunBuilder::new(file_id, ReadConfig::default(), &mut retry_sink);
    format.read(log.as_bytes(), builder);
    retries.finish(sink);
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

/// A situation's cells: one for each policy, its own reason's last.
fn cells(situation: &Situation, has_base: bool) -> String {
    let codes = |policy: &str| {
        let code = |is_truncated| cell(situation.conclusion(policy, has_base, is_truncated));
        match situation.shown_when {
            ShownWhen::Incomplete => format!("– / {}", code(true)),
            ShownWhen::Always | ShownWhen::WithBase => format!("{} / {}", code(false), code(true)),
        }
    };
    let policies = POLICIES.map(codes).join(" | ");
    format!("{policies} | {}, `{}`", codes(situation.own_reason), situation.own_reason)
}

/// The table: a situation has one row if a base run makes no difference.
fn table() -> String {
    let policies = POLICIES.map(|policy| format!("`{policy}`")).join(" | ");
    let mut table = format!("| situation | base run | {policies} | alone |\n");
    let _ = writeln!(table, "| --- | --- |{}", " --- |".repeat(POLICIES.len() + 1));
    for situation in SITUATIONS {
        let with = cells(situation, true);
        let without =
            (situation.shown_when != ShownWhen::WithBase).then(|| cells(situation, false));
        let rows = match without {
            Some(without) if without == with => vec![("either", with)],
            Some(without) => vec![("no", without), ("yes", with)],
            None => vec![("yes", with)],
        };
        for (base, cells) in rows {
            let _ = writeln!(table, "| {} | {base} | {cells} |", situation.name);
        }
    }
    table
}

#[test]
fn readme_table_matches_the_judgement() {
    const MARKERS: [&str; 2] = ["<!-- judgement -->\n\n", "\n<!-- end of judgement -->"];
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = readme.split_once(MARKERS[0]).expect("the table begins");
    let (existing, tail) = rest.split_once(MARKERS[1]).expect("the table ends");
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, [head, MARKERS[0], &table, MARKERS[1], tail].concat()).unwrap();
        return;
    }
    assert!(existing == table, "UPDATE_DOCS=1 cargo test judgement rewrites it");
}

#[test]
fn truncated_run_is_never_green_by_default() {
    for situation in SITUATIONS {
        let fail_on = FailOn::default();
        for has_base in [false, true] {
            let (facts, external) = situation.facts(has_base, true);
            let cut = judge(&facts, &external, &fail_on).conclusion;
            assert_ne!(cut, Conclusion::Success, "{}", situation.name);
        }
    }
}
