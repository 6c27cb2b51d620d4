//! The kinds of documents that a storm goes over.

use crate::{Names, Sales};

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// Named by people, linked to.
    Group,
    /// Named by people, renamed, linked to and linking.
    Customer,
    /// Named by people, renamed, linked to from rows.
    Item,
    /// Named by a series of each site, with rows.
    Order,
    /// Named by a series, with rows, submitted, cancelled and amended.
    Sale,
    /// Named by a series, submitted, linking to a sale.
    Delivery,
}

impl Kind {
    /// All of them, those that others link to first.
    pub(super) const ALL: [Self; 6] = [
        Self::Group,
        Self::Customer,
        Self::Item,
        Self::Order,
        Self::Sale,
        Self::Delivery,
    ];

    /// Returns the field that tells a document apart from every other; nobody edits it.
    pub(super) fn marker(self) -> &'static str {
        match self {
            Self::Group => "note",
            Self::Customer => "phone",
            Self::Item => "item_name",
            Self::Order => "remarks",
            Self::Sale | Self::Delivery => "title",
        }
    }

    /// Tells whether people choose the names, which both sites then have alike.
    pub(super) fn is_named_by_people(self) -> bool {
        matches!(self, Self::Group | Self::Customer | Self::Item)
    }

    /// Tells whether its documents are submitted.
    pub(super) fn is_submittable(self) -> bool {
        matches!(self, Self::Sale | Self::Delivery)
    }

    /// Returns the fields that people write tokens into.
    pub(super) fn texts(self) -> &'static [&'static str] {
        match self {
            Self::Group | Self::Order => &[],
            Self::Customer => &["notes"],
            Self::Item => &["description"],
            Self::Sale => &["terms", "note"],
            Self::Delivery => &["note"],
        }
    }

    /// Returns the other fields that are alike on both sites.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Group => &[],
            Self::Customer => &["credit_limit", "since", "disabled"],
            Self::Item => &["price", "kind"],
            Self::Order => &["order_date", "total"],
            Self::Sale => &["company", "posting_date", "docstatus"],
            Self::Delivery => &["docstatus"],
        }
    }

    /// Returns the links, each with the kind that it points to.
    pub(super) fn links(self) -> &'static [(&'static str, Self)] {
        match self {
            Self::Group | Self::Item => &[],
            Self::Customer => &[
                ("customer_group", Self::Group),
                ("main_customer", Self::Customer),
            ],
            Self::Order => &[("customer", Self::Customer)],
            Self::Sale => &[("previous", Self::Sale), ("amended_from", Self::Sale)],
            Self::Delivery => &[("sale", Self::Sale)],
        }
    }

    /// Returns the fields of its rows, which stand in `items`. The first is the item: a link of an order's rows.
    pub(super) fn row_fields(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Order => Some(&["item", "qty", "rate", "note"]),
            Self::Sale => Some(&["item", "qty", "note"]),
            _ => None,
        }
    }

    /// Returns the item field of its rows where that is a link.
    pub(super) fn row_link(self) -> Option<Self> {
        (self == Self::Order).then_some(Self::Item)
    }
}

/// The DocTypes of one storm.
#[derive(Clone, Debug)]
pub(super) struct DocTypes {
    pub(super) names: Names,
    pub(super) sales: Sales,
}

impl DocTypes {
    /// Returns the DocType of a kind.
    pub(super) fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Group => &self.names.group,
            Kind::Customer => &self.names.customer,
            Kind::Item => &self.names.item,
            Kind::Order => &self.names.order,
            Kind::Sale => &self.sales.sale,
            Kind::Delivery => &self.sales.delivery,
        }
    }

    /// Returns the mapping file of a kind.
    pub(super) fn mapping(&self, kind: Kind) -> String {
        let identity = if kind.is_named_by_people() {
            ""
        } else {
            "identity: create\n"
        };
        format!(
            "version: 1\ndoctype: {}\n{identity}deletes: propagate\n",
            self.of(kind)
        )
    }
}
