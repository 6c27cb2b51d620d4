//! The DocTypes of the world, as its people and its judges know them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One DocType that is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A tree, named by a field.
    Group,
    /// Named by a field, links to another of its own.
    Customer,
    /// Named by whoever makes it.
    Item,
    /// Numbered by each site on its own, with rows.
    Order,
    /// Numbered by each site on its own, with rows, and can be submitted.
    Voucher,
}

/// How documents of a kind get their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The value of this field.
    Field(&'static str),
    /// The name that is sent.
    Prompt,
    /// A series of the site.
    Series(&'static str),
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A line of text.
    Text,
    /// Text of several lines.
    LongText,
    /// HTML, which a site makes harmless.
    Html,
    /// A decimal.
    Number,
    /// One of these.
    Choice(&'static [&'static str]),
    /// 0 or 1.
    Flag,
    /// A day.
    Day,
    /// The name of a document.
    Link(Kind),
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    pub(crate) required: bool,
    /// May change after submit.
    pub(crate) after_submit: bool,
}

/// The rows of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) field: &'static str,
    pub(crate) doctype: &'static str,
    pub(crate) fields: &'static [Field],
}

/// Everything about a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) doctype: &'static str,
    pub(crate) named_by: NamedBy,
    pub(crate) fields: &'static [Field],
    pub(crate) rows: Option<Rows>,
    pub(crate) is_tree: bool,
    pub(crate) is_submittable: bool,
}

/// Written once by whoever makes a document or a row, and carried along: by it lineages are told apart.
pub(crate) const MARKER: &str = "marker";

/// The natural key of orders, where a mapping takes it for their identity.
pub(crate) const ORDER_KEY: &str = "ref_no";

const fn field(name: &'static str, holds: Holds) -> Field {
    Field {
        name,
        holds,
        required: false,
        after_submit: false,
    }
}

const fn required(name: &'static str, holds: Holds) -> Field {
    Field {
        name,
        holds,
        required: true,
        after_submit: false,
    }
}

const fn after_submit(name: &'static str, holds: Holds) -> Field {
    Field {
        name,
        holds,
        required: false,
        after_submit: true,
    }
}

const LINES: &[Field] = &[
    required("item", Holds::Link(Kind::Item)),
    field("qty", Holds::Number),
    field("note", Holds::Text),
];

const GROUP: Shape = Shape {
    doctype: "Group",
    named_by: NamedBy::Field("group_name"),
    fields: &[
        field("note", Holds::Text),
        field("parent_group", Holds::Link(Kind::Group)),
    ],
    rows: None,
    is_tree: true,
    is_submittable: false,
};

const CUSTOMER: Shape = Shape {
    doctype: "Customer",
    named_by: NamedBy::Field("customer_name"),
    fields: &[
        field("notes", Holds::LongText),
        field("phone", Holds::Text),
        field("credit_limit", Holds::Number),
        field("disabled", Holds::Flag),
        field("since", Holds::Day),
        field("customer_group", Holds::Link(Kind::Group)),
        field("main_customer", Holds::Link(Kind::Customer)),
        field("favourite", Holds::Link(Kind::Item)),
    ],
    rows: None,
    is_tree: false,
    is_submittable: false,
};

const ITEM: Shape = Shape {
    doctype: "Item",
    named_by: NamedBy::Prompt,
    fields: &[
        field("title", Holds::Text),
        field("price", Holds::Number),
        field("sort", Holds::Choice(&["Goods", "Service"])),
        field("description", Holds::Html),
        field("maker", Holds::Link(Kind::Customer)),
    ],
    rows: None,
    is_tree: false,
    is_submittable: false,
};

const ORDER: Shape = Shape {
    doctype: "Order",
    named_by: NamedBy::Series("ORD-.#####"),
    fields: &[
        field(ORDER_KEY, Holds::Text),
        required("customer", Holds::Link(Kind::Customer)),
        field("remarks", Holds::LongText),
        field("total", Holds::Number),
        field("order_date", Holds::Day),
    ],
    rows: Some(Rows {
        field: "items",
        doctype: "Order Line",
        fields: LINES,
    }),
    is_tree: false,
    is_submittable: false,
};

const VOUCHER: Shape = Shape {
    doctype: "Voucher",
    named_by: NamedBy::Series("V-.####"),
    fields: &[
        field("party", Holds::Link(Kind::Customer)),
        field("remarks", Holds::LongText),
        field("amount", Holds::Number),
        after_submit("memo", Holds::Text),
    ],
    rows: Some(Rows {
        field: "lines",
        doctype: "Voucher Line",
        fields: &[
            field("amount", Holds::Number),
            after_submit("note", Holds::Text),
        ],
    }),
    is_tree: false,
    is_submittable: true,
};

impl Kind {
    /// All kinds, those that others link to first.
    pub(crate) const ALL: [Self; 5] = [
        Self::Group,
        Self::Item,
        Self::Customer,
        Self::Order,
        Self::Voucher,
    ];

    /// Everything about it.
    pub(crate) fn shape(self) -> &'static Shape {
        match self {
            Self::Group => &GROUP,
            Self::Customer => &CUSTOMER,
            Self::Item => &ITEM,
            Self::Order => &ORDER,
            Self::Voucher => &VOUCHER,
        }
    }

    /// The DocType.
    pub(crate) fn doctype(self) -> &'static str {
        self.shape().doctype
    }

    /// Whether people choose its names.
    pub(crate) fn has_chosen_names(self) -> bool {
        !matches!(self.shape().named_by, NamedBy::Series(_))
    }

    /// The kind of a DocType.
    pub(crate) fn of_doctype(doctype: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.doctype() == doctype)
    }
}

/// Whether a document, in itself or in a row, links to another one.
pub(crate) fn links_to(of: Kind, document: &Map<String, Value>, kind: Kind, name: &str) -> bool {
    let links = |fields: &[Field], values: &Map<String, Value>| {
        fields.iter().any(|field| {
            let named = values.get(field.name).and_then(Value::as_str);
            field.holds == Holds::Link(kind) && named == Some(name)
        })
    };
    let is_amended =
        kind == of && document.get("amended_from").and_then(Value::as_str) == Some(name);
    let in_rows = of.shape().rows.is_some_and(|rows| {
        let list = document.get(rows.field).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .any(|row| links(rows.fields, row))
    });
    is_amended || in_rows || links(of.shape().fields, document)
}
