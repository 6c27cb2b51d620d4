//! Which mapping of a sync links to which, and through which fields: the shape of `frappe-sync/graph@1`.

use std::collections::BTreeMap;

use frappe_sync_mapper::{EffectiveMapping, LinkRule};
use frappe_sync_model::{Direction, DocType, FieldName, MappingName, PerSide, SyncName};
use serde::{Deserialize, Serialize};

use crate::order::{LinkingField, linking_fields, order_of};

/// The DocType of DocTypes, which names no document that could be missing.
const DOCTYPE: &str = "DocType";

/// The dependency graph of a sync, `frappe-sync/graph@1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphReport {
    /// `frappe-sync/graph@1`.
    pub format: String,
    /// The sync.
    pub sync: SyncName,
    /// The graph.
    #[serde(flatten)]
    pub graph: MappingGraph,
}

impl GraphReport {
    /// Describes the mappings of a sync, which come in any order.
    pub fn new(sync: SyncName, mappings: &[EffectiveMapping]) -> Self {
        Self {
            format: "frappe-sync/graph@1".to_owned(),
            sync,
            graph: MappingGraph::of(mappings),
        }
    }
}

/// Mappings that link to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingGraph {
    /// The mappings, in the order in which a run works on them.
    pub nodes: Vec<GraphNode>,
    /// Which links to which, in the order of the mappings that link and then of those linked to.
    pub edges: Vec<GraphEdge>,
    /// Mappings that link to each other in a circle.
    pub cycles: Vec<GraphCycle>,
    /// Links that lead out of the sync: what they name must be there already.
    pub outside: Vec<OutsideLink>,
}

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphNode {
    /// Its name.
    pub mapping: MappingName,
    /// Its DocType on each side.
    pub doctypes: PerSide<DocType>,
    /// Which way its changes go.
    pub direction: Direction,
    /// How far it is from those that link to nothing, in links; members of a circle are on one level.
    pub level: usize,
}

/// One mapping links to another, or to itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphEdge {
    /// The mapping that links.
    pub from: MappingName,
    /// The mapping that is linked to.
    pub to: MappingName,
    /// Where it leads in the order of work.
    pub leads: Leads,
    /// Both belong to one circle.
    pub in_cycle: bool,
    /// A document cannot be saved without one of these links.
    pub required: bool,
    /// Through which fields.
    pub fields: Vec<GraphField>,
}

/// Where a link leads in the order of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leads {
    /// To a mapping that is worked on before: what it names is there.
    Earlier,
    /// To a mapping that is worked on later, as one link of every circle must: it is set in a second pass.
    Later,
    /// To the mapping itself, as a tree's parent does: its documents are ordered among themselves.
    ToItself,
}

/// A field that links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphField {
    /// Its name on each side.
    pub field: PerSide<FieldName>,
    /// The child table that holds it, on each side; none for a field of the document itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<PerSide<FieldName>>,
    /// What kind of link it is.
    pub kind: GraphFieldKind,
    /// A document cannot be saved without it, on at least one side.
    pub required: bool,
}

/// A kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphFieldKind {
    /// It names documents of one DocType.
    Link,
    /// It names documents of the DocType that another field holds: any, but parties come first.
    Dynamic,
}

/// Mappings that link to each other in a circle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphCycle {
    /// The mappings, in the order in which a run works on them.
    pub mappings: Vec<MappingName>,
    /// Every link of some circle among them is required, so that its documents may turn out not to be
    /// creatable. Where it is not, an optional link is left open and set in a second pass.
    pub required: bool,
}

/// Fields that link to documents which no mapping of the sync carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideLink {
    /// The mapping that links.
    pub from: MappingName,
    /// What it links to on each side; none for a Dynamic Link.
    pub doctypes: Option<PerSide<DocType>>,
    /// Through which fields.
    pub fields: Vec<GraphField>,
}

impl MappingGraph {
    /// Describes mappings, which come in any order.
    pub fn of(mappings: &[EffectiveMapping]) -> Self {
        let (mappings, order) = order_of(mappings);
        let mut place = vec![0; mappings.len()];
        let mut group_of = vec![0; mappings.len()];
        let mut nodes = Vec::with_capacity(mappings.len());
        let mut cycles = Vec::new();
        for (group, (members, &level)) in order.groups.iter().zip(&order.levels).enumerate() {
            for &member in members {
                place[member] = nodes.len();
                group_of[member] = group;
                nodes.push(GraphNode {
                    mapping: mappings[member].name.clone(),
                    doctypes: mappings[member].doctypes.clone(),
                    direction: mappings[member].direction,
                    level,
                });
            }
            if members.len() > 1 {
                let mut circles = order.mandatory_cycles.iter().flatten();
                cycles.push(GraphCycle {
                    mappings: members
                        .iter()
                        .map(|&it| mappings[it].name.clone())
                        .collect(),
                    required: circles.any(|member| members.contains(member)),
                });
            }
        }

        let mut edges: BTreeMap<(usize, usize), GraphEdge> = BTreeMap::new();
        let mut outside: BTreeMap<(usize, Option<&DocType>), OutsideLink> = BTreeMap::new();
        for linking in linking_fields(&mappings) {
            let field = described(&linking);
            let from = linking.from;
            for &to in &linking.to {
                let (source, target) = (place[from], place[to]);
                let edge = edges.entry((source, target)).or_insert_with(|| GraphEdge {
                    from: mappings[from].name.clone(),
                    to: mappings[to].name.clone(),
                    leads: match target.cmp(&source) {
                        std::cmp::Ordering::Less => Leads::Earlier,
                        std::cmp::Ordering::Equal => Leads::ToItself,
                        std::cmp::Ordering::Greater => Leads::Later,
                    },
                    in_cycle: from != to && group_of[from] == group_of[to],
                    required: false,
                    fields: Vec::new(),
                });
                edge.required |= field.required;
                edge.fields.push(field.clone());
            }
            if linking.to.is_empty() {
                let doctypes = match &linking.field.link {
                    LinkRule::Link { doctypes } if doctypes.a == DOCTYPE => continue,
                    LinkRule::Link { doctypes } => Some(doctypes),
                    LinkRule::Dynamic { .. }
                    | LinkRule::Row { .. }
                    | LinkRule::None
                    | LinkRule::File
                    | LinkRule::FilesInText => None,
                };
                let key = (place[from], doctypes.map(|doctypes| &doctypes.a));
                let link = outside.entry(key).or_insert_with(|| OutsideLink {
                    from: mappings[from].name.clone(),
                    doctypes: doctypes.cloned(),
                    fields: Vec::new(),
                });
                link.fields.push(field);
            }
        }
        Self {
            nodes,
            edges: edges.into_values().collect(),
            cycles,
            outside: outside.into_values().collect(),
        }
    }
}

fn described(linking: &LinkingField<'_>) -> GraphField {
    GraphField {
        field: linking.field.names.clone(),
        table: linking.table.map(|table| table.names.clone()),
        kind: match linking.field.link {
            LinkRule::Dynamic { .. } => GraphFieldKind::Dynamic,
            LinkRule::Link { .. }
            | LinkRule::Row { .. }
            | LinkRule::None
            | LinkRule::File
            | LinkRule::FilesInText => GraphFieldKind::Link,
        },
        required: linking.is_mandatory(),
    }
}
