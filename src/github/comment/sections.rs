//! The text of a sticky comment as sections: each job of a matrix has its own, and rewrites no other's.
//!
//! In: sections, and a [`Layout`] that knows what is said above them. Out: the comment's text within its
//! limit, and back. A newcomer's trap: of a comment only the lines that [`marker`] writes are read, and
//! what stands between them is carried along as it is; what the layout wrote is made anew each time.
//!
//! [`marker`]: super::marker

use super::marker::{self, FOOT};

/// What may stand below a comment's marker, in bytes: with it 60,000, below GitHub's 65,536 characters.
const LIMIT: usize = 59_800;
/// What a section's own lines and heading may take, in bytes.
const FRAME: usize = 1_000;

/// What one job says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Which one: the variant, empty where there is but one. Outside text.
    pub name: String,
    /// The attempt of the run: later ones are greater.
    pub attempt: u64,
    /// What it comes to, for the [`Layout`] alone.
    pub record: Record,
    /// Markdown below its heading.
    pub details: String,
    /// Its last line, never cut.
    pub foot: String,
}

/// The name of the section that all jobs of a run share; no variant begins with a blank.
const SHARED: &str = " shared";

/// Words and values that are written into a comment and read back. The names of the words are ours:
/// letters alone, and neither `name` nor `attempt`.
pub type Record = Vec<(String, String)>;

/// What stands above the sections. All of it is made of their records.
pub trait Layout {
    /// The first lines: what all sections come to.
    fn head(&self, sections: &[&Record]) -> String;
    /// Above one of several sections.
    fn heading(&self, section: &Record) -> String;
    /// In place of details that there is no room for.
    fn left_out(&self) -> String;
    /// Sections with a lower rank stand first.
    fn rank(&self, section: &Record) -> u8;
}

impl Section {
    /// A section in the form in which it will be read back.
    pub(crate) fn new(name: &str, attempt: u64, record: Record, details: &str, foot: &str) -> Self {
        let name = marker::section_name(name);
        let foot = one_block(foot).replace('\n', " ");
        Section { name, attempt, record, details: one_block(details), foot }
    }

    /// What every job of a run says the same, and says once: it stands last, without a heading.
    pub(crate) fn shared(attempt: u64, details: &str) -> Self {
        Section::new(SHARED, attempt, Record::new(), details, "")
    }

    fn is_shared(&self) -> bool {
        self.name == SHARED
    }
}

/// A text without line ends around it, in which nothing is a marker of ours.
fn one_block(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    marker::without_markers(lines.join("\n").trim_matches('\n'))
}

/// How many bytes the details of one more section may have beside these.
pub(crate) fn room_beside(others: &[Section], layout: &dyn Layout) -> usize {
    let share = LIMIT / (others.len() + 1);
    share.max(LIMIT.saturating_sub(text(others, layout).len())).saturating_sub(FRAME)
}

/// Sections, of which those with the longest details lose them until all of it fits.
pub(crate) fn fitting(mut sections: Vec<Section>, layout: &dyn Layout) -> Vec<Section> {
    let left_out = one_block(&layout.left_out());
    while text(&sections, layout).len() > LIMIT {
        let longest = sections.iter_mut().max_by_key(|section| section.details.len());
        match longest.filter(|section| section.details.len() > left_out.len()) {
            Some(longest) => longest.details.clone_from(&left_out),
            None => break,
        }
    }
    sections
}

/// The text below the comment's marker.
pub(crate) fn text(sections: &[Section], layout: &dyn Layout) -> String {
    let mut sections: Vec<&Section> = sections.iter().collect();
    let rank = |section: &Section| (section.is_shared(), layout.rank(&section.record));
    sections.sort_by_key(|section| (rank(section), &section.name));
    let jobs = sections.iter().filter(|section| !section.is_shared());
    let records: Vec<&Record> = jobs.map(|section| &section.record).collect();
    let mut text = one_block(&layout.head(&records)) + "\n\n";
    for section in &sections {
        if records.len() > 1 && !section.is_shared() {
            text.push_str(&one_block(&layout.heading(&section.record)));
            text.push_str("\n\n");
        }
        let Section { name, attempt, record, details, foot } = section;
        let own = [("attempt", attempt.to_string()), ("name", name.clone())];
        let own = own.map(|(word, value)| (word.to_owned(), value));
        text.push_str(&marker::section_line(&[&own, record.as_slice()].concat()));
        let gap = if details.is_empty() { "\n" } else { "\n\n" };
        text.push_str(&format!("\n{details}{gap}{FOOT}\n{foot}\n\n"));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// The sections of a text below a comment's marker.
pub(crate) fn read(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(record) = marker::read_section_line(line) else { continue };
        let details: Vec<&str> = lines.by_ref().take_while(|line| *line != FOOT).collect();
        let foot = lines.next().unwrap_or_default();
        let value = |word: &str| record.iter().find(|(name, _)| name == word).map(|(_, v)| v);
        let name = value("name").cloned().unwrap_or_default();
        let attempt = value("attempt").and_then(|value| value.parse().ok()).unwrap_or(0);
        let is_layouts = |(word, _): &(String, String)| word != "name" && word != "attempt";
        let record: Record = record.into_iter().filter(is_layouts).collect();
        sections.push(Section::new(&name, attempt, record, &details.join("\n"), foot));
    }
    sections
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Says how many sections there are and what they are.
    pub(in crate::github) struct Plain;

    impl Layout for Plain {
        fn head(&self, sections: &[&Record]) -> String {
            let said: Vec<&str> =
                sections.iter().flat_map(|r| r.iter().map(|(_, value)| value.as_str())).collect();
            format!("{} of: {}", sections.len(), said.join(", "))
        }

        fn heading(&self, section: &Record) -> String {
            format!("## {section:?}")
        }

        fn left_out(&self) -> String {
            "left out".to_owned()
        }

        fn rank(&self, section: &Record) -> u8 {
            u8::from(section.iter().any(|(_, value)| value == "success"))
        }
    }

    fn section(name: &str, is: &str, details: &str) -> Section {
        Section::new(name, 1, vec![("is".to_owned(), is.to_owned())], details, "the foot")
    }

    fn sorted(mut sections: Vec<Section>) -> Vec<Section> {
        sections.sort_by(|a, b| a.name.cmp(&b.name));
        sections
    }

    proptest! {
        /// Whatever stands in a section, markers of ours included: it is read back as it was, and no
        /// other section with it.
        #[test]
        fn sections_are_read_back_whatever_they_hold(
            texts in prop::collection::btree_map("[a-z -]{0,9}", hostile(), 1..6),
            crlf in any::<bool>(),
        ) {
            let sections: Vec<Section> =
                texts.iter().map(|(name, text)| section(name, text, text)).collect();
            let written = text(&sections, &Plain);
            let written = if crlf { written.replace('\n', "\r\n") } else { written };
            prop_assert_eq!(sorted(read(&written)), sorted(sections), "{}", written);
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
    fn the_longest_lose_their_details_and_nobody_else() {
        let long = |name: &str, length| section(name, "failure", &"x".repeat(length));
        let others = vec![long("a", 40_000), long("b", 15_000), section("c", "success", "")];
        assert_eq!(room_beside(&[], &Plain), LIMIT - FRAME, "alone it has all of it");
        let room = room_beside(&others, &Plain);
        assert_eq!(room, LIMIT / 4 - FRAME, "at least its share");
        let fitted = fitting([others, vec![long("d", room)]].concat(), &Plain);
        assert!(text(&fitted, &Plain).len() <= LIMIT);
        let lengths: Vec<usize> = fitted.iter().map(|section| section.details.len()).collect();
        assert_eq!(lengths, ["left out".len(), 15_000, 0, room]);
    }

    #[test]
    fn two_hundred_sections_have_room_for_their_feet() {
        let sections: Vec<Section> =
            (0..200).map(|n| section(&format!("variant {n}"), "success", "")).collect();
        assert!(text(&sections, &Plain).len() < LIMIT);
    }
}
