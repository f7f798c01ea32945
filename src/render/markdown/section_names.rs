//! Names for the sections of a comment: the variant, and as much more as distinguishes sections.

use crate::report::messages;
use crate::sanitize;

/// Characters of each part of a name.
const MAX_PART_LEN: usize = 100;

/// Who wrote a section. Texts come from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SectionSource<'a> {
    /// May be empty.
    pub variant: &'a str,
    /// The step's id, of which the runner makes one where the workflow has none.
    pub step: &'a str,
    pub job: &'a str,
    /// The workflow's file or name.
    pub workflow: &'a str,
    /// Counts those that differ in nothing else, from 1.
    pub slot: u64,
}

impl SectionSource<'_> {
    /// Whether two differ in nothing but their number.
    pub(crate) fn is_twin_of(&self, other: &SectionSource<'_>) -> bool {
        self != other && *self == SectionSource { slot: self.slot, ..*other }
    }
}

/// A part of what distinguishes sections.
type Part = for<'a> fn(&SectionSource<'a>) -> &'a str;

/// The name of a section among all: `memory`, `memory (step smoke)`, `job build (2)`; empty if there is nothing to name.
pub(crate) fn section_name(section: &SectionSource<'_>, all: &[SectionSource<'_>]) -> String {
    let same_variant =
        |other: &&SectionSource<'_>| other.variant == section.variant && *other != section;
    let mut others: Vec<&SectionSource<'_>> = all.iter().filter(same_variant).collect();
    let parts: [(Part, String); 3] = [
        (|source| source.workflow, messages::workflow_name(section.workflow)),
        (|source| source.job, messages::job_name(section.job)),
        (|source| source.step, messages::step_name(section.step)),
    ];
    let mut distinction = Vec::new();
    for (part, name) in parts {
        let own = part(section);
        if others.iter().any(|other| part(other) != own) {
            distinction.push(sanitize::truncate(&name, MAX_PART_LEN).into_owned());
            others.retain(|other| part(other) == own);
        }
    }
    let number = Some(section.slot.to_string()).filter(|_| !others.is_empty());
    if section.variant.is_empty() {
        if distinction.is_empty() && number.is_some() {
            distinction.push(messages::job_name(section.job));
        }
        let number = number.map(|number| format!(" ({number})")).unwrap_or_default();
        return format!("{}{number}", distinction.join(", "));
    }
    let variant = sanitize::truncate(section.variant, MAX_PART_LEN);
    distinction.extend(number);
    if distinction.is_empty() {
        return variant.into_owned();
    }
    format!("{variant} ({})", distinction.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source<'a>(variant: &'a str, step: &'a str, job: &'a str) -> SectionSource<'a> {
        SectionSource { variant, step, job, workflow: ".github/workflows/ci.yml", slot: 1 }
    }

    #[test]
    fn name_has_what_distinguishes_sections_and_no_more() {
        let memory = source("memory", "smoke", "test");
        let nightly = SectionSource { workflow: ".github/workflows/nightly.yml", ..memory };
        let second = SectionSource { slot: 2, ..memory };
        let equal = source("", "smoke", "test");
        let equal = [equal, SectionSource { slot: 2, ..equal }];
        let table: [(Vec<SectionSource<'_>>, Vec<&str>); 11] = [
            (equal.to_vec(), vec!["job test (1)", "job test (2)"]),
            (
                vec![equal[0], equal[1], source("", "full", "test")],
                vec!["step smoke (1)", "step smoke (2)", "step full"],
            ),
            (vec![memory], vec!["memory"]),
            (vec![source("", "smoke", "test")], vec![""]),
            (vec![memory, source("sqlite", "full", "other")], vec!["memory", "sqlite"]),
            (
                vec![memory, source("memory", "full", "test")],
                vec!["memory (step smoke)", "memory (step full)"],
            ),
            (
                vec![
                    source("", "__octo_knownfail", "test"),
                    source("", "__octo_knownfail_2", "test"),
                ],
                vec!["step 1", "step 2"],
            ),
            (
                vec![memory, source("memory", "full", "other")],
                vec!["memory (job test)", "memory (job other)"],
            ),
            (
                vec![memory, source("memory", "full", "test"), source("memory", "x", "other")],
                vec![
                    "memory (job test, step smoke)",
                    "memory (job test, step full)",
                    "memory (job other)",
                ],
            ),
            (
                vec![memory, nightly],
                vec!["memory (workflow ci.yml)", "memory (workflow nightly.yml)"],
            ),
            (
                vec![memory, second, nightly],
                vec![
                    "memory (workflow ci.yml, 1)",
                    "memory (workflow ci.yml, 2)",
                    "memory (workflow nightly.yml)",
                ],
            ),
        ];
        for (all, expected) in table {
            let names: Vec<String> = all.iter().map(|one| section_name(one, &all)).collect();
            assert_eq!(names, expected);
        }
        assert!(memory.is_twin_of(&second) && !memory.is_twin_of(&memory));
        assert!(!memory.is_twin_of(&nightly));
    }
}
