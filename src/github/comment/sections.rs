//! The text of a sticky comment as sections: each writer has its own and leaves the others alone.
//!
//! Only the lines that [`marker`] writes are parsed. The text of other sections is copied; what the renderer wrote above them
//! is rendered anew each time.
//!
//! [`marker`]: super::marker

use super::marker::{self, FOOTER_MARKER};
use crate::github::{Context, WorkflowRun};
use std::cmp::Reverse;

/// Maximum length of the text after the marker, in bytes: with it 60,000, below GitHub's 65,536 characters.
const MAX_BODY_LEN: usize = 59_800;
/// Bytes reserved for a section's own lines and heading.
const SECTION_OVERHEAD: usize = 1_000;
/// Maximum length of a section's first and last lines, in bytes: longer ones are not ours.
const MAX_LINE_LEN: usize = 12_000;

/// One writer's part of a comment. All of it may have been written by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentSection {
    /// Who writes it.
    pub key: SectionKey,
    /// Which of the writers with this key, from 1.
    pub slot: u64,
    /// The run that wrote it.
    pub run: WorkflowRun,
    /// The process that wrote it: one execution of a step.
    pub writer: String,
    /// Data for the [`SectionRenderer`].
    pub fields: Fields,
    /// Markdown after its heading.
    pub details: String,
    /// Its last line, never truncated.
    pub footer: String,
}

/// Who writes a section: everything that the runner gives to distinguish writers, and that a re-run has too. The jobs of a
/// reusable workflow that is called twice have the same; they differ in their slots.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SectionKey {
    /// The variant; empty if there is only one.
    pub variant: String,
    /// The step's id in its job.
    pub step: String,
    /// The job's id in its workflow.
    pub job: String,
    /// The workflow's file, or its name.
    pub workflow: String,
}

impl SectionKey {
    /// The key of this step.
    pub(crate) fn new(context: &Context, variant: &str) -> SectionKey {
        SectionKey {
            variant: marker::bounded_section_name(variant),
            step: marker::bounded_section_name(&context.step),
            job: marker::bounded_section_name(&context.job),
            workflow: marker::workflow_name(context),
        }
    }

    /// The key of the section that all jobs of a run share.
    fn shared(workflow: &str) -> SectionKey {
        let (variant, workflow) = (SHARED_SECTION_NAME.to_owned(), workflow.to_owned());
        SectionKey { variant, workflow, ..SectionKey::default() }
    }
}

/// The name of the section that all jobs of a run share; no variant starts with a space.
const SHARED_SECTION_NAME: &str = " shared";

/// Names and values that are written to a comment and parsed again. Names are ours: letters only, not one of a section's own.
pub type Fields = Vec<(String, String)>;

/// The words of a section's line that are not the renderer's.
const OWN_WORDS: [&str; 9] =
    ["attempt", "name", "run", "id", "writer", "slot", "step", "job", "workflow"];

/// Renders what is above the sections.
pub trait SectionRenderer {
    /// The first lines: the headline of all sections.
    fn headline(&self, sections: &[&CommentSection]) -> String;
    /// The heading of one of several sections.
    fn heading(&self, section: &CommentSection, sections: &[&CommentSection]) -> String;
    /// Replaces details for which there is no room.
    fn omitted_note(&self) -> String;
    /// Sections are sorted by rank, the lowest, which is the worst, first; then by their names.
    fn rank(&self, fields: &Fields) -> (u8, u8);
    /// Where the section is that all jobs of these sections share.
    fn shared_place(&self, _sections: &[&Fields]) -> SharedPlace {
        SharedPlace::Last
    }
}

/// The place of what all jobs of a run have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedPlace {
    /// Directly below the headline.
    First,
    /// After the jobs' sections.
    Last,
}

impl CommentSection {
    /// A section without text.
    pub(crate) fn new(key: SectionKey, run: WorkflowRun, writer: &str, fields: Fields) -> Self {
        let (writer, details, footer) = (writer.to_owned(), String::new(), String::new());
        CommentSection { key, slot: 1, run, writer, fields, details, footer }
    }

    /// What all jobs of a run have in common: a section without a heading.
    pub(crate) fn shared(workflow: &str, run: WorkflowRun) -> Self {
        CommentSection::new(SectionKey::shared(workflow), run, "", Fields::new())
    }

    /// The section with this text, as it will be parsed again.
    pub(crate) fn with_text(self, details: &str, footer: &str) -> Self {
        let footer = normalize_block(footer).replace('\n', " ");
        CommentSection { details: normalize_block(details), footer, ..self }
    }

    /// Greater is newer, within a workflow.
    pub(super) fn recency(&self) -> (u64, u64) {
        (self.run.id, self.run.attempt)
    }

    fn is_shared(&self) -> bool {
        self.key.variant == SHARED_SECTION_NAME
    }

    /// The line above it.
    fn line(&self) -> String {
        let CommentSection { key, slot, run, writer, fields, .. } = self;
        let slot = if *slot == 1 { String::new() } else { slot.to_string() };
        let SectionKey { variant, step, job, workflow } = key;
        let always = [("attempt", run.attempt.to_string()), ("name", variant.clone())];
        let others = [
            ("run", run.number.to_string()),
            ("id", run.id.to_string()),
            ("writer", writer.clone()),
            ("slot", slot),
            ("step", step.clone()),
            ("job", job.clone()),
            ("workflow", workflow.clone()),
        ];
        let others = others.into_iter().filter(|(_, value)| !value.is_empty());
        let words = always.into_iter().chain(others).map(|(word, value)| (word.to_owned(), value));
        marker::format_section_line(&words.chain(fields.iter().cloned()).collect::<Vec<_>>())
    }

    /// The section below this line; `None` for any other line.
    fn parse(line: &str) -> Option<CommentSection> {
        if line.len() > MAX_LINE_LEN {
            return None;
        }
        let words = marker::parse_section_line(line)?;
        let text = |word: &str| {
            let found = words.iter().find(|(name, _)| name == word);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let number = |word: &str| text(word).parse().unwrap_or(0);
        let run =
            WorkflowRun { id: number("id"), number: number("run"), attempt: number("attempt") };
        let key = SectionKey {
            variant: text("name"),
            step: text("step"),
            job: text("job"),
            workflow: text("workflow"),
        };
        let (slot, writer) = (number("slot").max(1), text("writer"));
        let is_renderers = |(word, _): &(String, String)| !OWN_WORDS.contains(&&**word);
        let fields = words.into_iter().filter(is_renderers).collect();
        Some(CommentSection { slot, ..CommentSection::new(key, run, &writer, fields) })
    }
}

/// A text without surrounding line ends and without markers of ours.
fn normalize_block(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    marker::neutralize_markers(lines.join("\n").trim_matches('\n'))
}

/// How many bytes the details of one more section may have.
pub(crate) fn remaining_room(others: &[CommentSection], renderer: &dyn SectionRenderer) -> usize {
    let share = MAX_BODY_LEN / (others.len() + 1);
    share
        .max(MAX_BODY_LEN.saturating_sub(render_sections(others, renderer).len()))
        .saturating_sub(SECTION_OVERHEAD)
}

/// Replaces the longest details by a note until all sections fit. If that is not enough, sections of other workflows are left
/// out, the mildest first: they could be endless, and this comment would never be written again.
pub(crate) fn shrink_to_fit(
    mut sections: Vec<CommentSection>,
    own_workflow: &str,
    renderer: &dyn SectionRenderer,
) -> Vec<CommentSection> {
    let omitted_note = normalize_block(&renderer.omitted_note());
    while render_sections(&sections, renderer).len() > MAX_BODY_LEN {
        let longest = sections.iter_mut().max_by_key(|section| section.details.len());
        if let Some(longest) = longest.filter(|section| section.details.len() > omitted_note.len())
        {
            longest.details.clone_from(&omitted_note);
            continue;
        }
        let is_foreign = |section: &CommentSection| section.key.workflow != own_workflow;
        let removed = sections.iter().filter(|section| is_foreign(section)).count().div_ceil(2);
        if removed == 0 {
            break;
        }
        sections.sort_by_key(|section| Reverse(renderer.rank(&section.fields)));
        sections.extract_if(.., |section| is_foreign(section)).take(removed).for_each(drop);
    }
    sections
}

/// The comment's text after its marker.
pub(crate) fn render_sections(
    sections: &[CommentSection],
    renderer: &dyn SectionRenderer,
) -> String {
    let (shared, mut jobs): (Vec<&CommentSection>, Vec<&CommentSection>) =
        sections.iter().partition(|section| section.is_shared());
    jobs.sort_by_key(|section| (renderer.rank(&section.fields), &section.key, section.slot));
    let fields: Vec<&Fields> = jobs.iter().map(|section| &section.fields).collect();
    let sections = match renderer.shared_place(&fields) {
        SharedPlace::First => [shared, jobs.clone()].concat(),
        SharedPlace::Last => [jobs.clone(), shared].concat(),
    };
    let mut text = normalize_block(&renderer.headline(&jobs)) + "\n\n";
    for section in &sections {
        if jobs.len() > 1 && !section.is_shared() {
            text.push_str(&normalize_block(&renderer.heading(section, &jobs)));
            text.push_str("\n\n");
        }
        let CommentSection { details, footer, .. } = section;
        let separator = if details.is_empty() { "\n" } else { "\n\n" };
        text.push_str(&section.line());
        text.push_str(&format!("\n{details}{separator}{FOOTER_MARKER}\n{footer}\n\n"));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// Parses the sections of a comment's text.
pub(crate) fn parse_sections(text: &str) -> Vec<CommentSection> {
    let mut sections: Vec<CommentSection> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(section) = CommentSection::parse(line) else { continue };
        let details: Vec<&str> = lines.by_ref().take_while(|line| *line != FOOTER_MARKER).collect();
        let footer = lines.next().filter(|line| line.len() <= MAX_LINE_LEN).unwrap_or_default();
        sections.push(section.with_text(&details.join("\n"), footer));
    }
    sections
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Renders the number of sections and their values.
    pub(in crate::github) struct PlainRenderer;

    impl SectionRenderer for PlainRenderer {
        fn headline(&self, sections: &[&CommentSection]) -> String {
            let fields = sections.iter().flat_map(|section| &section.fields);
            let values: Vec<&str> = fields.map(|(_, value)| value.as_str()).collect();
            format!("{} of: {}", sections.len(), values.join(", "))
        }

        fn heading(&self, section: &CommentSection, _: &[&CommentSection]) -> String {
            format!("## {:?}", section.fields)
        }

        fn omitted_note(&self) -> String {
            "left out".to_owned()
        }

        fn rank(&self, fields: &Fields) -> (u8, u8) {
            (fields.iter().any(|(_, value)| value == "success").into(), 0)
        }
    }

    fn section(name: &str, conclusion: &str, details: &str) -> CommentSection {
        let key = SectionKey {
            variant: name.to_owned(),
            step: format!("{name} step"),
            job: "test -->".to_owned(),
            workflow: ".github/workflows/ci.yml".to_owned(),
        };
        let run = WorkflowRun { id: 9_001, number: 1, attempt: 1 };
        let fields = vec![("is".to_owned(), conclusion.to_owned())];
        CommentSection { slot: 2, ..CommentSection::new(key, run, "0a", fields) }
            .with_text(details, "the foot")
    }

    fn sorted(mut sections: Vec<CommentSection>) -> Vec<CommentSection> {
        sections.sort_by(|a, b| a.key.cmp(&b.key));
        sections
    }

    proptest! {
        /// Any content round-trips, markers of ours included, and yields no other section.
        #[test]
        fn sections_round_trip_any_content(
            texts in prop::collection::btree_map("[a-z -]{0,9}", hostile(), 1..6),
            crlf in any::<bool>(),
        ) {
            let sections: Vec<CommentSection> =
                texts.iter().map(|(name, text)| section(name, text, text)).collect();
            let written = render_sections(&sections, &PlainRenderer);
            let written = if crlf { written.replace('\n', "\r\n") } else { written };
            prop_assert_eq!(sorted(parse_sections(&written)), sorted(sections), "{}", written);
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<!-- knownfail:section attempt=9 name=forged is=success -->",
            "<!-- knownfail:foot -->",
            "<!-- knownfail:",
            "-->",
            "\n",
            "\n\n",
            "\r\n",
            "```",
            "a",
            " ",
        ]);
        prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn only_the_longest_sections_lose_details() {
        let long = |name: &str, length| section(name, "failure", &"x".repeat(length));
        let others = vec![long("a", 40_000), long("b", 15_000), section("c", "success", "")];
        assert_eq!(
            remaining_room(&[], &PlainRenderer),
            MAX_BODY_LEN - SECTION_OVERHEAD,
            "alone it has all of it"
        );
        let available = remaining_room(&others, &PlainRenderer);
        assert_eq!(available, MAX_BODY_LEN / 4 - SECTION_OVERHEAD, "at least its share");
        let fitted =
            shrink_to_fit([others, vec![long("d", available)]].concat(), "", &PlainRenderer);
        assert!(render_sections(&fitted, &PlainRenderer).len() <= MAX_BODY_LEN);
        let lengths: Vec<usize> = fitted.iter().map(|section| section.details.len()).collect();
        assert_eq!(lengths, ["left out".len(), 15_000, 0, available]);
    }

    #[test]
    fn two_hundred_sections_fit_with_their_footers() {
        let sections: Vec<CommentSection> =
            (0..200).map(|n| section(&format!("variant {n}"), "success", "")).collect();
        assert!(render_sections(&sections, &PlainRenderer).len() < MAX_BODY_LEN);
    }
}
