//! The headings above a row, and the options that directives set for their sections.

use super::directive::SectionOptions;
use super::lines::truncate;
use crate::known::pattern::regex_budget::RegexBudget;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Maximum bytes kept of a heading: each row below it has them.
const MAX_HEADING_LEN: usize = 1_000;

/// The current section of a list, with those around it.
pub(in crate::known) struct Sections {
    /// The options of the list itself, outside of every heading.
    root: SectionOptions,
    /// Outermost first.
    stack: Vec<Section>,
    path: Arc<[String]>,
    levels: Arc<[u8]>,
    /// The codes that `allow` directives suppress, each from a line on.
    pub allowed_codes: Vec<(u32, BTreeSet<&'static str>)>,
}

struct Section {
    level: u8,
    title: String,
    options: SectionOptions,
}

impl Default for Sections {
    fn default() -> Sections {
        Sections {
            root: SectionOptions::default(),
            stack: Vec::new(),
            path: Arc::new([]),
            levels: Arc::new([]),
            allowed_codes: Vec::new(),
        }
    }
}

impl Sections {
    /// Begins the section of a heading in this 1-based line; it has the options of the one around it.
    pub(in crate::known) fn enter(&mut self, line: u32, level: u8, mut title: String) {
        truncate(&mut title, MAX_HEADING_LEN);
        while self.stack.pop_if(|section| section.level >= level).is_some() {}
        let options = self.options().clone();
        self.stack.push(Section { level, title, options });
        self.update_path(line);
    }

    fn update_path(&mut self, line: u32) {
        self.path = self.stack.iter().map(|section| section.title.clone()).collect();
        self.levels = self.stack.iter().map(|section| section.level).collect();
        self.update_allowed_codes(line);
    }

    /// Ends the sections of this level and of deeper ones, before this 1-based line.
    pub(in crate::known) fn leave(&mut self, line: u32, level: u8) {
        while self.stack.pop_if(|section| section.level >= level).is_some() {}
        self.update_path(line);
    }

    /// The headings, outermost first.
    pub(in crate::known) fn path(&self) -> &Arc<[String]> {
        &self.path
    }

    /// The levels of these headings.
    pub(in crate::known) fn levels(&self) -> &Arc<[u8]> {
        &self.levels
    }

    /// The options of the current section.
    pub(in crate::known) fn options(&self) -> &SectionOptions {
        self.stack.last().map_or(&self.root, |section| &section.options)
    }

    /// Applies a directive in this 1-based line to the current section. Returns the parts that are not valid.
    pub(in crate::known) fn apply<'l>(
        &mut self,
        line: u32,
        directive: &'l str,
        budget: &mut RegexBudget,
    ) -> Vec<&'l str> {
        let options = self.stack.last_mut().map_or(&mut self.root, |section| &mut section.options);
        let invalid = options.apply(line, directive, budget);
        self.update_allowed_codes(line);
        invalid
    }

    fn update_allowed_codes(&mut self, from: u32) {
        let codes = &self.options().allow;
        let latest = self.allowed_codes.last();
        if latest.map_or(!codes.is_empty(), |(_, latest)| latest != codes) {
            let codes = codes.clone();
            self.allowed_codes.push((from, codes));
        }
    }
}
