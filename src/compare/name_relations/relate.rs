//! The rules by which a row and a test are related, and the remedy of each.

use super::words::{Extensions, plain_words};
use crate::known::Pattern;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use strum::IntoStaticStr;

/// How the name of a row differs from that of a test, the closest relation first.
#[derive(Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameRelation {
    /// The row differs from the test's name, or from a part of it, in upper and lower case only.
    Case,
    /// The row has the words of the test's name, or of a part of it, with other separators; case and the extension of a
    /// file may differ too.
    Separators,
    /// One of them has the extension of a file, such as `.t`, and the other does not.
    Extension,
    /// The test's name lacks the beginning of the row's.
    MissingPrefix,
    /// The row is the end of the test's name.
    EndOfName,
    /// The row names a file, and the test is a numbered point of it.
    PointsOfFile,
    /// The test's name has parameters, or the name of a project or suite, after the row's.
    Parameters,
    /// The row is the test's name up to a blank.
    CutAtBlank,
    /// The row names a file, class or suite, and the test is part of it.
    Group,
    /// The row has parameters, or words after a blank, that the test's name lacks.
    ShorterName,
}

impl NameRelation {
    /// The word that users see, as in the JSON report.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What makes a row match its test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameRemedy {
    /// This pattern in place of the row's.
    Row(String),
    /// This text before the name of every test, or else this pattern in place of the row's.
    Prefix { prefix: String, row: String },
}

/// A relation of a row and a test, with its remedy.
pub(super) type Related = (NameRelation, NameRemedy);

/// What follows the row in a test's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    Nothing,
    Points,
    Parameters,
    Blank,
    Part,
}

/// By what a tail begins with, the first that fits: its kind.
const TAILS: &[(&str, Tail)] = &[
    ("#", Tail::Points),
    ("[", Tail::Parameters),
    ("(", Tail::Parameters),
    ("<", Tail::Parameters),
    ("{", Tail::Parameters),
    (" [", Tail::Parameters),
    (" (", Tail::Parameters),
    (" <", Tail::Parameters),
    (" {", Tail::Parameters),
    (" › ", Tail::Part),
    (" » ", Tail::Part),
    (" > ", Tail::Part),
    (" / ", Tail::Part),
    (" :: ", Tail::Part),
    (" - ", Tail::Part),
    (" ", Tail::Blank),
    ("::", Tail::Part),
    (":", Tail::Part),
    (".", Tail::Part),
    ("/", Tail::Part),
    ("\\", Tail::Part),
];

impl Tail {
    /// The kind of a tail, with the text that marks it.
    fn parse(after: &str) -> Option<(Tail, &'static str)> {
        if after.is_empty() {
            return Some((Tail::Nothing, ""));
        }
        let (mark, tail) = TAILS.iter().find(|(mark, _)| after.starts_with(mark))?;
        let number = after.strip_prefix('/').filter(|number| !number.is_empty());
        let is_number = number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
        Some((if is_number { Tail::Parameters } else { *tail }, mark))
    }
}

/// In what a row and the part of a name with the same words differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    Nothing,
    Case,
    Separators,
    Extension,
}

impl Difference {
    fn between(row: &str, part: &str) -> Option<Difference> {
        let is_extended =
            |long: &str, short: &str| long.strip_prefix(short).is_some_and(|e| e.starts_with('.'));
        let words = |text, extensions| plain_words(text, extensions);
        if row == part {
            Some(Difference::Nothing)
        } else if row.eq_ignore_ascii_case(part) {
            Some(Difference::Case)
        } else if is_extended(row, part) || is_extended(part, row) {
            Some(Difference::Extension)
        } else {
            let (of_row, of_part) = (words(row, Extensions::Kept), words(part, Extensions::Kept));
            let is_same = of_row == of_part
                || words(row, Extensions::LeftOut) == of_part
                || of_row == words(part, Extensions::LeftOut);
            is_same.then_some(Difference::Separators)
        }
    }
}

/// A test's name, cut where the words of a row are.
#[derive(Debug)]
struct Cut<'n> {
    before: &'n str,
    part: &'n str,
    after: &'n str,
}

impl<'n> Cut<'n> {
    /// `in_row` and `in_name` are the common words; what surrounds them in the row belongs to the part if the name has
    /// the same there.
    fn new(row: &str, in_row: &Range<usize>, name: &'n str, in_name: &Range<usize>) -> Cut<'n> {
        let (lead, trail) = (&row[..in_row.start], &row[in_row.end..]);
        let has_lead = name[..in_name.start].ends_with(lead);
        let start = if has_lead { in_name.start - lead.len() } else { in_name.start };
        let has_trail = name[in_name.end..].starts_with(trail);
        let end = if has_trail { in_name.end + trail.len() } else { in_name.end };
        Cut { before: &name[..start], part: &name[start..end], after: &name[end..] }
    }

    /// Whether the part begins and ends where parts of names do.
    fn is_at_separators(&self) -> bool {
        !self.before.ends_with(is_inner) && !self.after.starts_with(is_inner)
    }

    /// Whether the part follows a separator that is no blank, and is not inside parameters.
    fn is_component(&self) -> bool {
        let count = |brackets: &[char]| self.before.matches(brackets).count();
        let is_outside = count(&['(', '[', '{']) == count(&[')', ']', '}']);
        is_outside && self.before.trim_end().ends_with(['.', '/', '\\', ':', '#', '›', '»', '>'])
    }

    /// `*.` and the like: any beginning of a name, up to the separator before the part.
    fn any_beginning(&self) -> String {
        let is_separator = |c: char| " ./\\:#›»".contains(c);
        let kept = self.before.trim_end_matches(is_separator).len();
        format!("*{}", Pattern::escape(&self.before[kept..]))
    }

    /// The beginning of the name up to the end of the part and a mark, then anything.
    fn beginning_and(&self, mark: &str) -> String {
        let beginning = Pattern::escape(&format!("{}{}{mark}", self.before, self.part));
        let backslash = if beginning.ends_with('\\') { "\\" } else { "" };
        format!("{beginning}{backslash}*")
    }
}

/// The pattern that a rule puts in place of the row's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rewrite {
    /// The test's name.
    Name,
    /// Any beginning, then the row.
    AnyBeginning,
    /// The test's name up to the end of the row's part, then anything.
    Beginning,
}

/// Where in the test's name the part is that a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Inside,
    /// At the start, or inside if it has several words: one word inside a name is chance.
    Anywhere,
    /// The same, or one word after a separator that is no blank, such as a method of a class.
    Component,
}

/// A way in which a row is related to a test.
struct Rule {
    difference: Difference,
    tail: Tail,
    place: Place,
    relation: NameRelation,
    rewrite: Rewrite,
}

impl Rule {
    const fn new(
        difference: Difference,
        tail: Tail,
        place: Place,
        relation: NameRelation,
        rewrite: Rewrite,
    ) -> Rule {
        Rule { difference, tail, place, relation, rewrite }
    }
}

/// A pair of names that no rule fits is not related.
const RULES: &[Rule] = {
    use {Difference as D, NameRelation as R, Place as P, Rewrite as W, Tail as T};
    &[
        Rule::new(D::Nothing, T::Nothing, P::Inside, R::EndOfName, W::AnyBeginning),
        Rule::new(D::Nothing, T::Points, P::Anywhere, R::PointsOfFile, W::Beginning),
        Rule::new(D::Nothing, T::Parameters, P::Component, R::Parameters, W::Beginning),
        Rule::new(D::Nothing, T::Blank, P::Start, R::CutAtBlank, W::Beginning),
        Rule::new(D::Nothing, T::Part, P::Anywhere, R::Group, W::Beginning),
        Rule::new(D::Case, T::Nothing, P::Anywhere, R::Case, W::Name),
        Rule::new(D::Separators, T::Nothing, P::Anywhere, R::Separators, W::Name),
        Rule::new(D::Separators, T::Parameters, P::Anywhere, R::Separators, W::Beginning),
        Rule::new(D::Separators, T::Points, P::Anywhere, R::Separators, W::Beginning),
        Rule::new(D::Separators, T::Part, P::Anywhere, R::Group, W::Beginning),
        Rule::new(D::Extension, T::Nothing, P::Anywhere, R::Extension, W::Name),
        Rule::new(D::Extension, T::Points, P::Anywhere, R::PointsOfFile, W::Beginning),
        Rule::new(D::Extension, T::Part, P::Anywhere, R::Group, W::Beginning),
    ]
};

/// Relates an exact row to a test whose name has all words of the row somewhere, `words` of them.
pub(super) fn relate_part(
    row: &str,
    in_row: &Range<usize>,
    name: &str,
    in_name: &Range<usize>,
    words: usize,
) -> Option<Related> {
    let cut = Cut::new(row, in_row, name, in_name);
    let difference = Difference::between(row, cut.part)?;
    let (tail, mark) = Tail::parse(cut.after)?;
    let is_inside = !cut.before.is_empty();
    let is_place = |place| match place {
        Place::Start => !is_inside,
        Place::Inside => is_inside,
        Place::Anywhere => !is_inside || words > 1,
        Place::Component => !is_inside || words > 1 || cut.is_component(),
    };
    let fits =
        |rule: &&Rule| (rule.difference, rule.tail) == (difference, tail) && is_place(rule.place);
    let rule = RULES.iter().find(fits).filter(|_| cut.is_at_separators())?;
    let pattern = match rule.rewrite {
        Rewrite::Name => Pattern::for_name(name),
        Rewrite::AnyBeginning => cut.any_beginning() + &Pattern::escape(row),
        Rewrite::Beginning => cut.beginning_and(mark),
    };
    Some((rule.relation, NameRemedy::Row(pattern)))
}

/// Relates an exact row to a test whose name is the end or the beginning of the row.
pub(super) fn relate_whole(row: &str, name: &str) -> Option<Related> {
    let pattern = Pattern::for_name(name);
    if let Some(prefix) = row.strip_suffix(name).filter(|prefix| is_prefix(prefix)) {
        let remedy = NameRemedy::Prefix { prefix: prefix.to_owned(), row: pattern };
        return Some((NameRelation::MissingPrefix, remedy));
    }
    let (tail, _) = Tail::parse(row.strip_prefix(name)?)?;
    let is_shorter = tail == Tail::Parameters || tail == Tail::Blank;
    is_shorter.then_some((NameRelation::ShorterName, NameRemedy::Row(pattern)))
}

/// Relates a wildcard with one `*`, at its end, to a test whose name has all words of its stem somewhere.
pub(super) fn relate_stem(
    pattern: &Pattern,
    in_stem: &Range<usize>,
    name: &str,
    in_name: &Range<usize>,
) -> Option<Related> {
    let cut = Cut::new(&pattern.as_str()[in_stem.clone()], &(0..in_stem.len()), name, in_name);
    if !cut.is_at_separators() {
        return None;
    }
    if !cut.before.is_empty() {
        let is_match = pattern.matches(&name[cut.before.len()..]);
        let row = cut.any_beginning() + pattern.as_str();
        return is_match.then_some((NameRelation::EndOfName, NameRemedy::Row(row)));
    }
    let (tail, mark) = Tail::parse(cut.after)?;
    let difference = Difference::between(&pattern.as_str()[in_stem.clone()], cut.part)?;
    let (relation, row) = match (difference, tail) {
        (Difference::Nothing, Tail::Nothing) => {
            (NameRelation::ShorterName, Pattern::for_name(name))
        }
        (_, Tail::Nothing) => return None,
        (Difference::Case, _) => (NameRelation::Case, cut.beginning_and(mark)),
        (Difference::Extension, _) => (NameRelation::Extension, cut.beginning_and(mark)),
        (Difference::Nothing | Difference::Separators, _) => {
            (NameRelation::Separators, cut.beginning_and(mark))
        }
    };
    Some((relation, NameRemedy::Row(row)))
}

/// Relates such a wildcard to a test whose name begins in the middle of its stem.
pub(super) fn relate_stem_end(pattern: &Pattern, offset: usize, name: &str) -> Option<Related> {
    let (prefix, row) = pattern.as_str().split_at_checked(offset)?;
    let is_match = is_prefix(prefix) && pattern.matches(&format!("{prefix}{name}"));
    let remedy = || NameRemedy::Prefix { prefix: prefix.to_owned(), row: row.to_owned() };
    is_match.then(|| (NameRelation::MissingPrefix, remedy()))
}

/// Whether a name can begin after this text.
fn is_prefix(text: &str) -> bool {
    !text.is_empty() && !text.ends_with(is_inner)
}

/// Whether names are not cut at this character.
fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
