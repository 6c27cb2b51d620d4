//! Two sites' metadata, written as short tables.

use std::collections::BTreeMap;

use frappe_sync_mapper::{Diagnostic, EffectiveMapping, MappingFile, parse, resolve};
use frappe_sync_model::{DocType, DocTypeMeta, FieldKind, FieldMeta, MetaBundle, Naming, PerSide};

/// What both sites say of their DocTypes.
pub(crate) type World = PerSide<BTreeMap<DocType, MetaBundle>>;

/// One site's DocTypes.
#[derive(Clone, Default)]
pub(crate) struct Site {
    doctypes: BTreeMap<DocType, DocTypeMeta>,
}

impl Site {
    /// Adds a DocType; each line of `fields` is `name | fieldtype | options | flags`.
    pub(crate) fn with(mut self, name: &str, autoname: &str, fields: &str) -> Self {
        let meta = doctype(name, autoname, fields);
        self.doctypes.insert(meta.name.clone(), meta);
        self
    }

    /// Changes a DocType.
    pub(crate) fn changed(mut self, name: &str, change: impl FnOnce(&mut DocTypeMeta)) -> Self {
        change(
            self.doctypes
                .get_mut(name)
                .expect("the DocType is in the world"),
        );
        self
    }

    fn bundles(&self) -> BTreeMap<DocType, MetaBundle> {
        let bundle = |meta: &DocTypeMeta| MetaBundle {
            doctype: meta.clone(),
            children: meta
                .tables()
                .filter_map(|table| self.doctypes.get_key_value(table.options.as_str()))
                .map(|(name, child)| (name.clone(), child.clone()))
                .collect(),
        };
        self.doctypes
            .iter()
            .map(|(name, meta)| (name.clone(), bundle(meta)))
            .collect()
    }
}

/// Puts two sites side by side.
pub(crate) fn world(a: &Site, b: &Site) -> World {
    PerSide {
        a: a.bundles(),
        b: b.bundles(),
    }
}

/// Resolves files by their texts; their names are `1.yaml` and so on.
pub(crate) fn resolve_texts(
    texts: &[&str],
    world: &World,
) -> Result<Vec<EffectiveMapping>, Vec<Diagnostic>> {
    let files: Vec<MappingFile> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            parse(text, &format!("{}.yaml", index + 1)).expect("the text of a test parses")
        })
        .collect();
    resolve(&files, world)
}

/// Resolves one file that is right.
pub(crate) fn resolved(text: &str, world: &World) -> EffectiveMapping {
    let mappings = resolve_texts(&[text], world);
    let mut mappings = mappings.expect("the mapping of a test resolves");
    mappings.pop().expect("one file gives one mapping")
}

/// A small company: customers by name, orders by series.
pub(crate) fn company() -> Site {
    Site::default()
        .with(
            "Customer",
            "field:customer_name",
            "customer_name  | Data     |                | reqd unique
             naming_series  | Select   | CUST-          | set_only_once
             customer_group | Link     | Customer Group | reqd
             credit_limit   | Currency |                |
             disabled       | Check    |                |
             secret         | Password |                |
             age            | Int      |                | virtual
             total_billed   | Currency |                | read_only no_copy
             mobile_no      | Data     |                | fetch=contact.mobile_no
             territory      | Link     | Territory      | fetch=customer_group.territory if_empty
             details        | Section Break | |
             contacts       | Table    | Customer Contact |",
        )
        .with(
            "Customer Group",
            "field:group_name",
            "group_name | Data | | reqd",
        )
        .with(
            "Territory",
            "field:territory_name",
            "territory_name | Data | | reqd",
        )
        .with(
            "Customer Contact",
            "hash",
            "person   | Data  | | reqd
             phone    | Data  | |
             password | Password | |",
        )
        .with(
            "Sales Order",
            "naming_series:",
            "naming_series | Select | SO-      | set_only_once
             customer      | Link   | Customer | reqd
             po_no         | Data   |          |
             status        | Select |          | read_only no_copy
             amended_from  | Link   | Sales Order | read_only no_copy
             items         | Table  | Sales Order Item | reqd",
        )
        .with(
            "Sales Order Item",
            "hash",
            "item_code     | Data     | | reqd
             qty           | Float    | |
             delivered_qty | Float    | | read_only no_copy",
        )
        .with(
            "Address",
            "",
            "title | Data  |              | reqd
             links | Table | Dynamic Link |",
        )
        .with(
            "Dynamic Link",
            "hash",
            "link_doctype | Link         | DocType      | reqd
             link_name    | Dynamic Link | link_doctype | reqd",
        )
}

/// Makes one DocType from lines of `name | fieldtype | options | flags`.
fn doctype(name: &str, autoname: &str, fields: &str) -> DocTypeMeta {
    DocTypeMeta {
        name: name.into(),
        naming: Naming::of_autoname(autoname),
        is_submittable: false,
        is_tree: false,
        is_single: false,
        is_table: autoname == "hash",
        is_virtual: false,
        title_field: None,
        fields: fields
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(field)
            .collect(),
    }
}

fn field(line: &str) -> FieldMeta {
    let mut cells = line.split('|').map(str::trim);
    let mut cell = || cells.next().unwrap_or_default();
    let (name, fieldtype, options, flags) = (cell(), cell(), cell(), cell());
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let has = |flag: &str| flags.contains(&flag);
    FieldMeta {
        name: name.into(),
        label: name.to_owned(),
        fieldtype: fieldtype.to_owned(),
        kind: FieldKind::of_fieldtype(fieldtype),
        options: options.to_owned(),
        length: 0,
        required: has("reqd"),
        unique: has("unique"),
        read_only: has("read_only"),
        no_copy: has("no_copy"),
        fetch_from: flags
            .iter()
            .find_map(|flag| flag.strip_prefix("fetch="))
            .map(str::to_owned),
        fetch_if_empty: has("if_empty"),
        is_virtual: has("virtual"),
        set_only_once: has("set_only_once"),
        allow_on_submit: false,
        permlevel: u32::from(has("permlevel")),
        default: None,
    }
}
