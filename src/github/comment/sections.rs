//! The text of a sticky comment as sections: each job of a matrix has its own and leaves the others alone.
//!
//! Only the lines that [`marker`] writes are parsed. The text of other sections is copied; what the renderer wrote above them
//! is rendered anew each time.
//!
//! [`marker`]: super::marker

use super::marker::{self, FOOTER_MARKER};

/// Maximum length of the text after the marker, in bytes: with it 60,000, below GitHub's 65,536 characters.
const MAX_BODY_LEN: usize = 59_800;
/// Bytes reserved for a section's own lines and heading.
const SECTION_OVERHEAD: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentSection {
    /// The variant; empty if there is only one section. Untrusted text.
    pub name: String,
    /// The run's attempt: later ones are greater.
    pub attempt: u64,
    /// Data for the [`SectionRenderer`].
    pub fields: Fields,
    /// Markdown after its heading.
    pub details: String,
    /// Its last line, never truncated.
    pub footer: String,
}

/// The name of the section that all jobs of a run share; no variant starts with a space.
const SHARED_SECTION_NAME: &str = " shared";

/// Names and values that are written to a comment and parsed again. Names are ours: letters only, not `name` or `attempt`.
pub type Fields = Vec<(String, String)>;

/// Renders what is above the sections, from their fields alone.
pub trait SectionRenderer {
    /// The first lines: the headline of all sections.
    fn headline(&self, sections: &[&Fields]) -> String;
    /// The heading of one of several sections.
    fn heading(&self, section: &Fields) -> String;
    /// Replaces details for which there is no room.
    fn omitted_note(&self) -> String;
    /// Sections are sorted by rank, lowest first.
    fn rank(&self, section: &Fields) -> u8;
}

impl CommentSection {
    /// A section as it will be parsed again.
    pub(crate) fn new(
        name: &str,
        attempt: u64,
        fields: Fields,
        details: &str,
        footer: &str,
    ) -> Self {
        let name = marker::bounded_section_name(name);
        let footer = normalize_block(footer).replace('\n', " ");
        CommentSection { name, attempt, fields, details: normalize_block(details), footer }
    }

    /// What all jobs of a run have in common: the last section, without a heading.
    pub(crate) fn shared(attempt: u64, details: &str) -> Self {
        CommentSection::new(SHARED_SECTION_NAME, attempt, Fields::new(), details, "")
    }

    fn is_shared(&self) -> bool {
        self.name == SHARED_SECTION_NAME
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

/// Replaces the longest details by a note until all sections fit.
pub(crate) fn shrink_to_fit(
    mut sections: Vec<CommentSection>,
    renderer: &dyn SectionRenderer,
) -> Vec<CommentSection> {
    let omitted_note = normalize_block(&renderer.omitted_note());
    while render_sections(&sections, renderer).len() > MAX_BODY_LEN {
        let longest = sections.iter_mut().max_by_key(|section| section.details.len());
        match longest.filter(|section| section.details.len() > omitted_note.len()) {
            Some(longest) => longest.details.clone_from(&omitted_note),
            None => break,
        }
    }
    sections
}

/// The comment's text after its marker.
pub(crate) fn render_sections(
    sections: &[CommentSection],
    renderer: &dyn SectionRenderer,
) -> String {
    let mut sections: Vec<&CommentSection> = sections.iter().collect();
    let rank = |section: &CommentSection| (section.is_shared(), renderer.rank(&section.fields));
    sections.sort_by_key(|section| (rank(section), &section.name));
    let jobs = sections.iter().filter(|section| !section.is_shared());
    let records: Vec<&Fields> = jobs.map(|section| &section.fields).collect();
    let mut text = normalize_block(&renderer.headline(&records)) + "\n\n";
    for section in &sections {
        if records.len() > 1 && !section.is_shared() {
            text.push_str(&normalize_block(&renderer.heading(&section.fields)));
            text.push_str("\n\n");
        }
        let CommentSection { name, attempt, fields, details, footer } = section;
        let own = [("attempt", attempt.to_string()), ("name", name.clone())];
        let own = own.map(|(word, value)| (word.to_owned(), value));
        text.push_str(&marker::format_section_line(&[&own, fields.as_slice()].concat()));
        let separator = if details.is_empty() { "\n" } else { "\n\n" };
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
        let Some(fields) = marker::parse_section_line(line) else { continue };
        let details: Vec<&str> = lines.by_ref().take_while(|line| *line != FOOTER_MARKER).collect();
        let footer = lines.next().unwrap_or_default();
        let value = |word: &str| fields.iter().find(|(name, _)| name == word).map(|(_, v)| v);
        let name = value("name").cloned().unwrap_or_default();
        let attempt = value("attempt").and_then(|value| value.parse().ok()).unwrap_or(0);
        let is_renderer_field = |(word, _): &(String, String)| word != "name" && word != "attempt";
        let fields: Fields = fields.into_iter().filter(is_renderer_field).collect();
        sections.push(CommentSection::new(&name, attempt, fields, &details.join("\n"), footer));
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
        fn headline(&self, sections: &[&Fields]) -> String {
            let values: Vec<&str> =
                sections.iter().flat_map(|r| r.iter().map(|(_, value)| value.as_str())).collect();
            format!("{} of: {}", sections.len(), values.join(", "))
        }

        fn heading(&self, section: &Fields) -> String {
            format!("## {section:?}")
        }

        fn omitted_note(&self) -> String {
            "left out".to_owned()
        }

        fn rank(&self, section: &Fields) -> u8 {
            u8::from(section.iter().any(|(_, value)| value == "success"))
        }
    }

    fn section(name: &str, conclusion: &str, details: &str) -> CommentSection {
        CommentSection::new(
            name,
            1,
            vec![("is".to_owned(), conclusion.to_owned())],
            details,
            "the foot",
        )
    }

    fn sorted(mut sections: Vec<CommentSection>) -> Vec<CommentSection> {
        sections.sort_by(|a, b| a.name.cmp(&b.name));
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
        let fitted = shrink_to_fit([others, vec![long("d", available)]].concat(), &PlainRenderer);
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
