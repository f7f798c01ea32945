//! Parses YAML into a tree whose nodes have line numbers.
//!
//! An alias is the id of its node, so the tree is never bigger than its text. But traversing aliases of aliases can
//! visit the same nodes billions of times, so a traversal needs a budget.
//!
//! Specification: <https://yaml.org/spec/1.2.2/>

use saphyr_parser::{Event, Parser};
use std::collections::HashMap;

/// The index of a node in its tree.
pub(super) type NodeId = usize;

/// A parsed document.
#[derive(Default)]
pub(super) struct YamlTree {
    nodes: Vec<(u32, YamlNode)>,
}

/// Why a file cannot be read, with a line.
pub(super) struct YamlError {
    pub line: u32,
    pub why: String,
}

pub(super) enum YamlNode {
    Scalar(String),
    Sequence(Vec<NodeId>),
    /// Alternating keys and values.
    Mapping(Vec<NodeId>),
}

impl YamlTree {
    /// Parses the first document.
    pub(super) fn read(text: &str) -> Result<YamlTree, YamlError> {
        let mut tree = YamlTree::default();
        // Nodes without an anchor have anchor 0, which no alias refers to.
        let mut anchors: HashMap<usize, NodeId> = HashMap::new();
        // With their anchors. Aliases can refer to complete nodes only, so no node contains itself.
        let mut open: Vec<(NodeId, usize)> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| YamlError {
                line: to_u32(error.marker().line()),
                why: error.info().to_owned(),
            })?;
            let line = to_u32(span.start.line());
            let (node, anchor, opens) = match event {
                Event::Scalar(text, _, anchor, _) => {
                    (YamlNode::Scalar(text.into_owned()), anchor, false)
                }
                Event::SequenceStart(anchor, _) => (YamlNode::Sequence(Vec::new()), anchor, true),
                Event::MappingStart(anchor, _) => (YamlNode::Mapping(Vec::new()), anchor, true),
                Event::Alias(anchor) => {
                    let why = || "an alias of an unknown anchor".to_owned();
                    let target = anchors.get(&anchor).copied();
                    let id = target.ok_or_else(|| YamlError { line, why: why() })?;
                    tree.add_child(open.last().map(|(id, _)| *id), id);
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    anchors.extend(open.pop().map(|(id, anchor)| (anchor, id)));
                    continue;
                }
                Event::DocumentEnd => break,
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_) => continue,
            };
            let id = tree.nodes.len();
            tree.nodes.push((line, node));
            tree.add_child(open.last().map(|(id, _)| *id), id);
            if opens {
                open.push((id, anchor));
            } else {
                anchors.insert(anchor, id);
            }
        }
        Ok(tree)
    }

    fn add_child(&mut self, parent: Option<NodeId>, child: NodeId) {
        let Some(parent) = parent else { return };
        match &mut self.nodes[parent].1 {
            YamlNode::Sequence(children) | YamlNode::Mapping(children) => children.push(child),
            YamlNode::Scalar(_) => {}
        }
    }

    pub(super) fn root(&self) -> Option<NodeId> {
        (!self.nodes.is_empty()).then_some(0)
    }

    pub(super) fn node(&self, id: NodeId) -> &YamlNode {
        &self.nodes[id].1
    }

    /// The line where a node starts, from 1.
    pub(super) fn line(&self, id: NodeId) -> u32 {
        self.nodes[id].0
    }

    /// The value of a key.
    pub(super) fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        let YamlNode::Mapping(children) = &self.nodes[id].1 else { return None };
        let mut entries = children.chunks_exact(2);
        entries.find(|entry| self.text(entry[0]) == key).map(|entry| entry[1])
    }

    /// The number of children of a node, or of bytes of a scalar.
    pub(super) fn size(&self, id: NodeId) -> usize {
        match &self.nodes[id].1 {
            YamlNode::Scalar(text) => text.len(),
            YamlNode::Sequence(children) | YamlNode::Mapping(children) => children.len(),
        }
    }

    /// The items of a sequence; a scalar that is not empty is a sequence of one.
    pub(super) fn items(&self, id: Option<NodeId>) -> Vec<NodeId> {
        let Some(id) = id else { return Vec::new() };
        match &self.nodes[id].1 {
            YamlNode::Sequence(children) => children.clone(),
            YamlNode::Scalar(_) if !self.text(id).is_empty() => vec![id],
            YamlNode::Scalar(_) | YamlNode::Mapping(_) => Vec::new(),
        }
    }

    /// The text of a scalar; empty for `null` and other nodes.
    pub(super) fn text(&self, id: NodeId) -> &str {
        match &self.nodes[id].1 {
            YamlNode::Scalar(text) if !matches!(text.as_str(), "~" | "null") => text,
            YamlNode::Scalar(_) | YamlNode::Sequence(_) | YamlNode::Mapping(_) => "",
        }
    }

    /// The texts of [`YamlTree::items`].
    pub(super) fn texts(&self, id: Option<NodeId>) -> Vec<&str> {
        self.items(id).into_iter().map(|id| self.text(id)).collect()
    }
}

fn to_u32(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
