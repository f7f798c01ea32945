//! A YAML document as a tree whose nodes know their lines.
//!
//! In: text. Out: nodes by number. A newcomer's trap: an alias is the number of the node that it names, so
//! that the tree is never bigger than its text; but whoever walks through aliases of aliases meets the same
//! nodes billions of times, and needs a budget for that.
//!
//! Specification: <https://yaml.org/spec/1.2.2/>

use saphyr_parser::{Event, Parser};
use std::collections::HashMap;

/// A node's place in its tree.
pub(super) type NodeId = usize;

/// A document, read.
#[derive(Default)]
pub(super) struct YamlTree {
    nodes: Vec<(u32, YamlNode)>,
}

enum YamlNode {
    Scalar(String),
    Sequence(Vec<NodeId>),
    /// Keys and values by turns.
    Mapping(Vec<NodeId>),
}

impl YamlTree {
    /// Reads the first document; the line of what is no YAML, and why.
    pub(super) fn read(text: &str) -> Result<YamlTree, (u32, String)> {
        let mut tree = YamlTree::default();
        // Nodes without an anchor have number 0, which no alias names.
        let mut anchors: HashMap<usize, NodeId> = HashMap::new();
        // With their anchors: a node can be named once it is complete, so that none stands inside itself.
        let mut open: Vec<(NodeId, usize)> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) =
                event.map_err(|error| (to_u32(error.marker().line()), error.info().to_owned()))?;
            let line = to_u32(span.start.line());
            let (node, anchor, opens) = match event {
                Event::Scalar(text, _, anchor, _) => {
                    (YamlNode::Scalar(text.into_owned()), anchor, false)
                }
                Event::SequenceStart(anchor, _) => (YamlNode::Sequence(Vec::new()), anchor, true),
                Event::MappingStart(anchor, _) => (YamlNode::Mapping(Vec::new()), anchor, true),
                Event::Alias(anchor) => {
                    let target = anchors.get(&anchor);
                    let id = *target.ok_or((line, "an alias of nothing".to_owned()))?;
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

    /// The node that all others stand below.
    pub(super) fn root(&self) -> Option<NodeId> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// The line where a node starts, from 1.
    pub(super) fn line(&self, id: NodeId) -> u32 {
        self.nodes[id].0
    }

    /// The value of a key.
    pub(super) fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.entries(id).find(|(name, _)| self.text(*name) == key).map(|(_, value)| value)
    }

    /// Keys and values of a mapping.
    pub(super) fn entries(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> {
        let children = match &self.nodes[id].1 {
            YamlNode::Mapping(children) => children.as_slice(),
            YamlNode::Sequence(_) | YamlNode::Scalar(_) => &[],
        };
        children.chunks_exact(2).map(|pair| (pair[0], pair[1]))
    }

    /// How many nodes stand right below one, and how many bytes in it.
    pub(super) fn size(&self, id: NodeId) -> usize {
        match &self.nodes[id].1 {
            YamlNode::Scalar(text) => text.len(),
            YamlNode::Sequence(children) | YamlNode::Mapping(children) => children.len(),
        }
    }

    /// The items of a sequence; a scalar that says something is its only one.
    pub(super) fn items(&self, id: Option<NodeId>) -> Vec<NodeId> {
        match id.map(|id| (id, &self.nodes[id].1)) {
            Some((_, YamlNode::Sequence(children))) => children.clone(),
            Some((id, YamlNode::Scalar(_))) if !self.text(id).is_empty() => vec![id],
            Some((_, YamlNode::Scalar(_) | YamlNode::Mapping(_))) | None => Vec::new(),
        }
    }

    /// What a scalar says; nothing for `null` and for what is none.
    pub(super) fn text(&self, id: NodeId) -> &str {
        match &self.nodes[id].1 {
            YamlNode::Scalar(text) if !matches!(text.as_str(), "~" | "null") => text,
            YamlNode::Scalar(_) | YamlNode::Sequence(_) | YamlNode::Mapping(_) => "",
        }
    }

    /// The texts of [`Tree::items`].
    pub(super) fn texts(&self, id: Option<NodeId>) -> Vec<&str> {
        self.items(id).into_iter().map(|id| self.text(id)).collect()
    }
}

fn to_u32(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
