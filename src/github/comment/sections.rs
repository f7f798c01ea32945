//! The text of a sticky comment as sections: each writer has its own and leaves the others alone.
//!
//! Only the lines that [`marker`] writes are parsed. The text of other sections is copied; what the renderer wrote above them
//! is rendered anew each time.
//!
//! [`marker`]: super::marker

use super::marker::{self, FOOTER_MARKER, SectionLine};
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
    /// Its last line, never truncated; empty in one for which there is no room.
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
    /// Replaces `count` sections for which there is no room.
    fn counted_note(&self, count: usize) -> String;
    /// Sections are sorted by rank, the lowest, which is the worst, first; then by their names.
    fn rank(&self, fields: &Fields) -> (u8, u8);
    /// The rank of a section without bad news.
    fn mildest_rank(&self) -> (u8, u8);
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

    /// Whether all of it is in its line: there was no room for more.
    fn is_brief(&self) -> bool {
        !self.is_shared() && self.details.is_empty() && self.footer.is_empty()
    }

    /// The names and values in its line.
    fn words(&self) -> Fields {
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
        words.chain(fields.iter().cloned()).collect()
    }

    /// The section with these words, without its text.
    fn from_words(words: Fields) -> CommentSection {
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
        CommentSection { slot, ..CommentSection::new(key, run, &writer, fields) }
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

/// Replaces the longest details by a note until all sections fit. If that is not enough, sections lose their text, the
/// mildest first. If that is not enough either, sections of other workflows are left out, the mildest first: they could be
/// endless, and this comment would never be written again.
pub(crate) fn shrink_to_fit(
    mut sections: Vec<CommentSection>,
    own_workflow: &str,
    renderer: &dyn SectionRenderer,
) -> Vec<CommentSection> {
    let omitted_note = normalize_block(&renderer.omitted_note());
    loop {
        let text = render_with_headings(&sections, renderer, BriefHeadings::OfBadNews);
        let excess = text.len().saturating_sub(MAX_BODY_LEN);
        if excess == 0 {
            break;
        }
        if omit_longest_details(&mut sections, &omitted_note, excess) > 0 {
            continue;
        }
        sections.sort_by_key(|section| Reverse(renderer.rank(&section.fields)));
        let has_text = |section: &CommentSection| !section.is_shared() && !section.is_brief();
        let shortened = sections.iter().filter(|section| has_text(section)).count().div_ceil(4);
        for section in sections.iter_mut().filter(|section| has_text(section)).take(shortened) {
            section.details.clear();
            section.footer.clear();
        }
        if shortened > 0 {
            continue;
        }
        let is_foreign = |section: &CommentSection| section.key.workflow != own_workflow;
        let removed = sections.iter().filter(|section| is_foreign(section)).count().div_ceil(2);
        if removed == 0 || render_sections(&sections, renderer).len() <= MAX_BODY_LEN {
            break;
        }
        sections.extract_if(.., |section| is_foreign(section)).take(removed).for_each(drop);
    }
    sections
}

/// Replaces the longest details by this note until enough bytes are free; returns how many are.
fn omit_longest_details(sections: &mut [CommentSection], note: &str, excess: usize) -> usize {
    let mut freed = 0;
    while freed < excess {
        let longest = sections.iter_mut().max_by_key(|section| section.details.len());
        let Some(longest) = longest.filter(|section| section.details.len() > note.len()) else {
            break;
        };
        freed += longest.details.len() - note.len();
        note.clone_into(&mut longest.details);
    }
    freed
}

/// The comment's text after its marker.
pub(crate) fn render_sections(
    sections: &[CommentSection],
    renderer: &dyn SectionRenderer,
) -> String {
    let text = render_with_headings(sections, renderer, BriefHeadings::OfBadNews);
    if text.len() <= MAX_BODY_LEN {
        return text;
    }
    render_with_headings(sections, renderer, BriefHeadings::None)
}

/// Which sections without text have a heading; the others are only counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BriefHeadings {
    /// All but the mildest.
    OfBadNews,
    None,
}

fn render_with_headings(
    sections: &[CommentSection],
    renderer: &dyn SectionRenderer,
    brief_headings: BriefHeadings,
) -> String {
    let (shared, mut jobs): (Vec<&CommentSection>, Vec<&CommentSection>) =
        sections.iter().partition(|section| section.is_shared());
    jobs.sort_by_key(|section| (renderer.rank(&section.fields), &section.key, section.slot));
    let fields: Vec<&Fields> = jobs.iter().map(|section| &section.fields).collect();
    let sections = match renderer.shared_place(&fields) {
        SharedPlace::First => [shared, jobs.clone()].concat(),
        SharedPlace::Last => [jobs.clone(), shared].concat(),
    };
    let is_bad_news =
        |section: &CommentSection| renderer.rank(&section.fields) < renderer.mildest_rank();
    let has_room = |section: &CommentSection| match brief_headings {
        BriefHeadings::OfBadNews => !section.is_brief() || is_bad_news(section),
        BriefHeadings::None => !section.is_brief(),
    };
    let has_heading =
        |section: &CommentSection| jobs.len() > 1 && !section.is_shared() && has_room(section);
    let mut text = normalize_block(&renderer.headline(&jobs)) + "\n\n";
    let mut previous = Fields::new();
    for section in &sections {
        if has_heading(section) {
            text.push_str(&normalize_block(&renderer.heading(section, &jobs)));
            text.push_str("\n\n");
        }
        let words = section.words();
        if section.is_brief() {
            text.push_str(&marker::format_brief_line(&words, &previous));
            text.push_str("\n\n");
        } else {
            let CommentSection { details, footer, .. } = section;
            let separator = if details.is_empty() { "\n" } else { "\n\n" };
            text.push_str(&marker::format_section_line(&words));
            text.push_str(&format!("\n{details}{separator}{FOOTER_MARKER}\n{footer}\n\n"));
        }
        previous = words;
    }
    let counted = jobs.iter().filter(|section| section.is_brief() && !has_heading(section)).count();
    if counted > 0 && jobs.len() > 1 {
        text.push_str(&normalize_block(&renderer.counted_note(counted)));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// Parses the sections of a comment's text.
pub(crate) fn parse_sections(text: &str) -> Vec<CommentSection> {
    let mut sections: Vec<CommentSection> = Vec::new();
    let mut previous = Fields::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = Some(line).filter(|line| line.len() <= MAX_LINE_LEN);
        let line = line.and_then(|line| marker::parse_section_line(line, &previous));
        match line {
            None => {}
            Some(SectionLine::Brief(words)) => {
                sections.push(CommentSection::from_words(words.clone()));
                previous = words;
            }
            Some(SectionLine::WithText(words)) => {
                let details: Vec<&str> =
                    lines.by_ref().take_while(|line| *line != FOOTER_MARKER).collect();
                let footer = lines.next().filter(|line| line.len() <= MAX_LINE_LEN);
                let section = CommentSection::from_words(words.clone());
                sections.push(section.with_text(&details.join("\n"), footer.unwrap_or_default()));
                previous = words;
            }
        }
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

        fn counted_note(&self, count: usize) -> String {
            format!("{count} more")
        }

        fn rank(&self, fields: &Fields) -> (u8, u8) {
            (fields.iter().any(|(_, value)| value == "success").into(), 0)
        }

        fn mildest_rank(&self) -> (u8, u8) {
            (1, 0)
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
            texts in prop::collection::btree_map("[a-z -]{0,9}", (hostile(), any::<bool>()), 1..6),
            crlf in any::<bool>(),
        ) {
            let section = |(name, (text, is_brief)): (&String, &(String, bool))| {
                let full = section(name, text, text);
                if *is_brief { full.with_text("", "") } else { full }
            };
            let sections: Vec<CommentSection> = texts.iter().map(section).collect();
            let written = render_sections(&sections, &PlainRenderer);
            let written = if crlf { written.replace('\n', "\r\n") } else { written };
            prop_assert_eq!(sorted(parse_sections(&written)), sorted(sections), "{}", written);
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<!-- knownfail:section attempt=9 name=forged is=success -->",
            "<!-- knownfail:brief attempt=9 name=forged id is=success -->",
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
    fn sections_of_the_largest_matrix_fit_and_none_is_lost() {
        for (green, red) in [(256, 0), (250, 6), (128, 128), (0, 256)] {
            let one = |n: usize| {
                let conclusion = if n < green { "success" } else { "failure" };
                let details = if n < green { String::new() } else { "x".repeat(900) };
                let footer = "1,234 tests: 1,200 passed · commit, run, and whatever else".repeat(3);
                section(&format!("variant {n:0>40}"), conclusion, "").with_text(&details, &footer)
            };
            let sections: Vec<CommentSection> = (0..green + red).map(one).collect();
            let fitted = shrink_to_fit(sections.clone(), "", &PlainRenderer);
            let text = render_sections(&fitted, &PlainRenderer);
            assert!(text.len() <= MAX_BODY_LEN, "{green} {red}: {}", text.len());
            assert_eq!(sorted(parse_sections(&text)), sorted(fitted.clone()));
            let again = shrink_to_fit(fitted.clone(), "", &PlainRenderer);
            assert_eq!(sorted(again), sorted(fitted.clone()), "it is stable");
            let names = |sections: &[CommentSection]| -> Vec<(SectionKey, Fields)> {
                let all = sorted(sections.to_vec()).into_iter();
                all.map(|section| (section.key, section.fields)).collect()
            };
            assert_eq!(names(&fitted), names(&sections));
            assert!(text.starts_with("256 of: "), "all are counted");
            let headings = text.matches("## ").count();
            if red < 200 {
                assert!(headings >= red, "{green} {red}: {headings}");
            }
            let with_text = fitted.iter().filter(|section| !section.is_brief());
            let mildest = with_text.map(|section| PlainRenderer.rank(&section.fields)).max();
            assert!(red == 0 || green == 0 || mildest.is_some() || headings == red, "{mildest:?}");
        }
    }
}
