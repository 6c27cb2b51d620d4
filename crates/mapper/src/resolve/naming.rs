//! Whether equal names mean the same document.

use frappe_sync_model::{DocTypeMeta, NameKeeping, Naming, Side};

use super::matter::Matter;
use super::problems::Problems;
use crate::effective::AUTOINCREMENT;
use crate::file::MappingFile;

/// DocTypes that name their documents by code from what people typed, such as a title and the company's
/// abbreviation. Their metadata looks as if the site handed the names out.
const NAMED_BY_TITLE: [&str; 11] = [
    "Account",
    "Bank Account",
    "Cost Center",
    "Department",
    "DocType",
    "Item Tax Template",
    "Purchase Taxes and Charges Template",
    "Role",
    "Sales Taxes and Charges Template",
    "User",
    "Warehouse",
];

/// Tells whether two sites that know a name mean the same document by it.
///
/// That is so where people choose the names, where names are UUIDs, which no two sites hand out twice, and of a Single,
/// which is called like its DocType.
pub fn names_mean_the_same(meta: &DocTypeMeta) -> bool {
    meta.is_single
        || meta.naming.is_chosen()
        || meta.naming == Naming::Uuid
        || NAMED_BY_TITLE.contains(&meta.name.as_str())
}

/// Says how a DocType's names come about, to stand in brackets.
pub(super) fn describe(naming: &Naming) -> String {
    match naming {
        Naming::SiteGiven(rule) if rule.is_empty() => "no rule for names".to_owned(),
        Naming::SiteGiven(rule) => format!("`{rule}`"),
        Naming::Prompt => "`prompt`".to_owned(),
        Naming::Field(field) => format!("`field:{field}`"),
        Naming::FormatOfFields(format) => format!("`format:{format}`"),
        Naming::Uuid => "`UUID`".to_owned(),
    }
}

/// Names that the database counts cannot be kept: a site gives the next number whatever it is sent (protocol 5.2).
pub(super) fn check_naming(file: &MappingFile, matter: &Matter<'_>, problems: &mut Problems<'_>) {
    if file.naming == NameKeeping::Own {
        return;
    }
    for side in Side::BOTH {
        let meta = matter.metas[side];
        let counts = matches!(&meta.naming, Naming::SiteGiven(rule) if rule == AUTOINCREMENT);
        if counts && file.direction.writes_to(side) {
            problems.add_with_help(
                file.places.naming.unwrap_or(file.places.doctypes[side]),
                format!(
                    "`{}` of `{side}` is numbered by the database (`autoincrement`), which keeps no name",
                    meta.name
                ),
                "leave `naming` out, or write `naming: own`".to_owned(),
            );
            return;
        }
    }
}
