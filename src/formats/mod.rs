//! The results formats we read: one file a format, each turning bytes into events.
//!
//! In: the bytes of one file, already unpacked if it was compressed. Out: events into a
//! [`RunBuilder`], which owns their meaning. A format is recognised by its content alone. To add one:
//! a file with `ABOUT`, `sniff` and `read`, a variant of [`Format`] and its line in `Format::facts`.

mod encoding;
mod junit;
mod lines;
mod message;
mod subunit;
mod window;
mod xml;

use crate::model::{End, Outcome, RunBuilder, Sink};
use std::io::Read;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// subunit version 1: smbtorture, Samba's selftest.
    Subunit,
    /// JUnit XML in its dialects.
    Junit,
}

/// What a user should know of a format.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// What it is, and which tools write it.
    pub title: &'static str,
    /// What a test's name is made of.
    pub names: &'static str,
    /// What stands in the file, and the outcome it means.
    pub outcomes: &'static [(&'static str, Outcome)],
    /// What shows that a run is incomplete.
    pub incomplete: &'static str,
    /// Where the format is described.
    pub link: &'static str,
}

/// What distinguishes a format: its names for `--format`, the first of them the one we write.
struct Facts {
    names: &'static [&'static str],
    sniff: fn(&[u8]) -> bool,
    about: About,
}

/// How a reader left a file.
struct Ended {
    line: u32,
    end: End,
}

impl Ended {
    fn unreadable(line: u32, what: &dyn std::fmt::Display) -> Ended {
        Ended { line, end: End::Unreadable { what: what.to_string() } }
    }
}

impl Format {
    /// Every format, in the order in which they are tried.
    pub const ALL: [Format; 2] = [Format::Junit, Format::Subunit];

    /// How many first bytes of a file [`Format::sniff`] should be given.
    pub const SNIFFED: usize = 16 << 10;

    /// The name, as in `--format`.
    pub fn name(self) -> &'static str {
        self.facts().names[0]
    }

    /// The format of this name or alias.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.facts().names.contains(&name))
    }

    /// The format of a file by its first bytes.
    pub fn sniff(head: &[u8]) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.claims(head))
    }

    /// Whether a file that begins so looks like this format.
    pub fn claims(self, head: &[u8]) -> bool {
        (self.facts().sniff)(&encoding::head_text(head))
    }

    /// What a user should know of it.
    pub fn about(self) -> About {
        self.facts().about
    }

    /// Reads a whole file into a builder, which it finishes. An input that fails on the way is
    /// unreadable from there on.
    pub fn read<S: Sink>(self, input: impl Read, mut builder: RunBuilder<'_, S>) {
        let Ended { line, end } = match self {
            Format::Subunit => subunit::read(input, &mut builder),
            Format::Junit => junit::read(input, &mut builder),
        };
        builder.finish(line, end);
    }

    fn facts(self) -> Facts {
        match self {
            Format::Subunit => Facts {
                names: &["subunit", "smbtorture"],
                sniff: subunit::sniff,
                about: subunit::ABOUT,
            },
            Format::Junit => Facts { names: &["junit"], sniff: junit::sniff, about: junit::ABOUT },
        }
    }
}
