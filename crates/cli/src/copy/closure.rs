//! The documents of a copy with what they link to, level by level, and the mappings that they need.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_connector::FrappeSite;
use frappe_sync_engine::{Chosen, MissingLinked};
use frappe_sync_mapper::{EffectiveMapping, MappingFile, links_of, names_mean_the_same};
use frappe_sync_model::{
    BodyQuery, ConflictPolicy, Deletes, Direction, DocName, DocType, Identity, MappingName, Naming,
    PerSide, Selection, Side, Site as _, StateStore as _,
};
use frappe_sync_store::SyncState;

use super::there::{AskError, on, without_counterpart, without_name};
use super::wish::{Documents, Wish, check_fields, documents_of, no_doctype};
use crate::config::SiteConfig;
use crate::error::{CliError, ErrorKind};
use crate::failure;
use crate::init::{Draft, Workshop, effective, is_kept_by_each_site, read};

/// So many documents are in memory together.
const AT_ONCE: usize = 500;

/// What is copied, and under which mappings.
#[derive(Debug)]
pub(crate) struct CopySet {
    /// A mapping for each DocType that takes part.
    pub(crate) mappings: Vec<MappingFile>,
    /// The documents.
    pub(crate) chosen: Chosen,
    /// How many were asked for, of each DocType.
    pub(crate) asked: BTreeMap<DocType, usize>,
    /// DocTypes that are linked to and cannot come along, with the reason.
    pub(crate) left: BTreeMap<DocType, String>,
}

/// Finds the documents that are asked for and what they link to; writes nothing.
///
/// Links are followed to documents that the target lacks, and no further.
///
/// # Errors
///
/// Something that was asked for is not there, or cannot be copied; or a site cannot be asked.
pub(crate) async fn gather(
    wish: &Wish,
    sites: &PerSide<FrappeSite>,
    configs: &PerSide<SiteConfig>,
    store: Option<&SyncState>,
) -> Result<CopySet, CliError> {
    let names = PerSide::from_fn(|side| configs[side].name.clone());
    let mut gathering = Gathering {
        sites,
        store,
        workshop: Workshop::one_way(sites, &names, Direction::AToB),
        members: BTreeMap::new(),
        seen: Documents::new(),
        left: BTreeMap::new(),
    };
    let asked = gathering.asked(wish, configs).await?;
    let told = |error| match error {
        AskError::Site(side, error) => failure::of_site(error, &configs[side]),
        AskError::Cli(error) => error,
    };
    let followed = gathering.follow(&asked, wish.with_links).await;
    followed.map_err(told)?;
    gathering.unfinished().await.map_err(told)?;
    gathering.into_set(asked, wish.with_links)
}

/// Why a DocType takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Documents of it are asked for.
    Asked,
    /// Documents of it are linked to.
    Linked,
}

/// A DocType that takes part.
struct Member {
    draft: Draft,
    mapping: EffectiveMapping,
}

struct Gathering<'a> {
    sites: &'a PerSide<FrappeSite>,
    store: Option<&'a SyncState>,
    workshop: Workshop<'a>,
    members: BTreeMap<DocType, Member>,
    /// Everything that is asked for or linked to.
    seen: Documents,
    left: BTreeMap<DocType, String>,
}

impl Gathering<'_> {
    /// Finds what is asked for by name or filter.
    async fn asked(
        &mut self,
        wish: &Wish,
        configs: &PerSide<SiteConfig>,
    ) -> Result<Documents, CliError> {
        let read = self.workshop.survey.read(&wish.doctypes).await;
        read.map_err(|(side, error)| failure::of_site(error, &configs[side]))?;
        let mut asked = Documents::new();
        for doctype in &wish.doctypes {
            for side in Side::BOTH {
                if !self.workshop.survey.knows(side, doctype) {
                    return Err(no_doctype(&self.sites[side], &configs[side], doctype).await);
                }
            }
            self.admit(doctype, Role::Asked).map_err(|why| {
                CliError::new(ErrorKind::Usage, format!("`{doctype}` cannot be copied"))
                    .at("--doctype")
                    .remedy(why)
            })?;
            let meta = &self.workshop.survey.metas().a[doctype].doctype;
            check_fields(&wish.filters, meta)?;
            let found = documents_of(wish, &self.sites.a, &configs.a, doctype).await?;
            asked.insert(doctype.clone(), found);
        }
        Ok(asked)
    }

    /// Lets a DocType that was read take part, or says why it cannot.
    fn admit(&mut self, doctype: &DocType, role: Role) -> Result<(), String> {
        if self.members.contains_key(doctype) {
            return Ok(());
        }
        let draft = self.workshop.draft(doctype)?;
        let mut mapping = effective(&draft, self.workshop.survey.metas())?;
        if role == Role::Linked
            && mapping.identity == Identity::Create
            && is_named_by_code(&mapping)
        {
            mapping.identity = Identity::Name;
        }
        self.members
            .insert(doctype.clone(), Member { draft, mapping });
        Ok(())
    }

    /// Follows links from what is asked for: to the end of what is missing, or one step only.
    async fn follow(&mut self, asked: &Documents, to_the_end: bool) -> Result<(), AskError> {
        self.seen.clone_from(asked);
        let mut level = asked.clone();
        while !level.is_empty() {
            let links = self.links_of(&level).await?;
            let new = self.unseen(links);
            level = self.missing(new, to_the_end).await?;
            if !to_the_end {
                break;
            }
        }
        Ok(())
    }

    /// Reads documents, and returns what they link to.
    async fn links_of(&self, level: &Documents) -> Result<Documents, AskError> {
        let mut links = Documents::new();
        for (doctype, names) in level {
            let Some(member) = self.members.get(doctype) else {
                continue;
            };
            let names: Vec<DocName> = names.iter().cloned().collect();
            for names in names.chunks(AT_ONCE) {
                let query = BodyQuery {
                    meta: &member.mapping.meta.a,
                    selection: Selection::Names(names.to_vec()),
                    tables: member.mapping.table_fields(Side::A),
                };
                let documents = self.sites.a.documents(&query).await;
                for document in documents.map_err(on(Side::A))? {
                    for (doctype, name) in links_of(&member.mapping, Side::A, &document) {
                        links.entry(doctype).or_default().insert(name);
                    }
                }
            }
        }
        Ok(links)
    }

    /// Leaves out what was seen before, and what each site keeps for itself.
    fn unseen(&mut self, mut links: Documents) -> Documents {
        links.retain(|doctype, names| {
            if is_kept_by_each_site(doctype.as_str()) {
                return false;
            }
            let seen = self.seen.entry(doctype.clone()).or_default();
            names.retain(|name| seen.insert(name.clone()));
            !names.is_empty()
        });
        links
    }

    /// Lets DocTypes take part of which a document is missing on the target, or has another name there; returns the
    /// missing ones.
    async fn missing(&mut self, linked: Documents, are_made: bool) -> Result<Documents, AskError> {
        let mut missing = Documents::new();
        let mut unclear = Documents::new();
        for (doctype, names) in linked {
            if self.members.contains_key(&doctype) || !self.is_named_alike(&doctype) {
                unclear.insert(doctype, names);
                continue;
            }
            // A document under the same name is the same one, and a link to it needs no mapping.
            if are_made
                && !without_name(&self.sites.b, &doctype, &names)
                    .await?
                    .is_empty()
            {
                unclear.insert(doctype, names);
            }
        }
        let doctypes: BTreeSet<DocType> = unclear.keys().cloned().collect();
        let read = self.workshop.survey.read(&doctypes).await;
        read.map_err(|(side, error)| AskError::Site(side, error))?;
        for (doctype, names) in unclear {
            if let Err(why) = self.admit(&doctype, Role::Linked) {
                self.left.insert(doctype, why);
                continue;
            }
            let mapping = &self.members[&doctype].mapping;
            let alone = without_counterpart(self.sites, self.store, mapping, &names).await?;
            if !alone.is_empty() {
                missing.insert(doctype, alone);
            }
        }
        Ok(missing)
    }

    /// Lets what an earlier copy was writing when it ended take part, so that it is found out what became of it.
    async fn unfinished(&mut self) -> Result<(), AskError> {
        let Some(store) = self.store else {
            return Ok(());
        };
        let mut sources = Documents::new();
        for intent in store.open_intents().map_err(failure::of_state)? {
            let doctype = DocType::from(intent.mapping.as_str());
            let names = sources.entry(doctype).or_default();
            names.insert(intent.source.name);
        }
        let doctypes: BTreeSet<DocType> = sources.keys().cloned().collect();
        let read = self.workshop.survey.read(&doctypes).await;
        read.map_err(|(side, error)| AskError::Site(side, error))?;
        for (doctype, names) in sources {
            if self.admit(&doctype, Role::Linked).is_ok() {
                self.seen.entry(doctype).or_default().extend(names);
            }
        }
        Ok(())
    }

    /// Tells whether equal names of a DocType are known to mean the same document on both sites.
    fn is_named_alike(&self, doctype: &DocType) -> bool {
        Side::BOTH.into_iter().all(|side| {
            let bundle = self.workshop.survey.metas()[side].get(doctype);
            bundle.is_some_and(|bundle| names_mean_the_same(&bundle.doctype))
        })
    }

    fn into_set(self, asked: Documents, with_links: bool) -> Result<CopySet, CliError> {
        let mut chosen = Chosen {
            side: Side::A,
            asked: BTreeMap::new(),
            linked: BTreeMap::new(),
            missing: if with_links {
                MissingLinked::Made
            } else {
                MissingLinked::Left
            },
        };
        let mut mappings = Vec::new();
        for (doctype, member) in &self.members {
            let name = MappingName::from(doctype.as_str());
            let own = asked.get(doctype).cloned().unwrap_or_default();
            let mut linked = self.seen.get(doctype).cloned().unwrap_or_default();
            linked.retain(|name| !own.contains(name));
            chosen.asked.insert(name.clone(), own);
            chosen.linked.insert(name, linked);
            mappings.push(mapping_file(member).map_err(|why| {
                CliError::new(
                    ErrorKind::Failed,
                    format!("`{doctype}` cannot be mapped: {why}"),
                )
            })?);
        }
        let asked = asked
            .into_iter()
            .map(|(doctype, names)| (doctype, names.len()))
            .collect();
        Ok(CopySet {
            mappings,
            chosen,
            asked,
            left: self.left,
        })
    }
}

/// Tells whether neither site names documents by a series: the app's own code does, from what they hold, or a hash.
/// One that is linked to and there under the same name is then the same one, as a template of taxes.
fn is_named_by_code(mapping: &EffectiveMapping) -> bool {
    Side::BOTH.into_iter().all(|side| {
        let naming = &mapping.meta[side].doctype.naming;
        matches!(naming, Naming::SiteGiven(rule) if rule.is_empty() || rule == "hash")
    })
}

/// Makes the mapping of a draft one of a copy: the source wins, and nothing is deleted.
fn mapping_file(member: &Member) -> Result<MappingFile, String> {
    // What the chosen documents link to is paired or looked for by name, so that no link is left out for its DocType.
    let text = member.draft.text() + "shared_names: true\n";
    let mut file = read(&text, &member.draft)?;
    file.identity.clone_from(&member.mapping.identity);
    file.direction = Direction::AToB;
    file.conflict = ConflictPolicy::A;
    file.prefer = Side::A;
    file.deletes = Deletes::Ignore;
    Ok(file)
}
