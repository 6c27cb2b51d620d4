//! What a DocType is: fields, columns, permissions, and the DocTypes that every site begins with.

mod automation;
mod builtin;
mod bulk;
mod column;
mod definition;
mod field;
mod installed;
mod meta;
mod oauth;

pub(crate) use builtin::{COUNTRIES, CURRENCIES, LANGUAGES, MODULES, ROLES};
pub(crate) use column::{
    ASSIGN, CREATION, DOCSTATUS, IDX, Layout, MODIFIED, MODIFIED_BY, NAME, OWNER, PARENT,
    PARENTFIELD, PARENTTYPE, Storage, StoreError, USER_TAGS,
};
pub(crate) use definition::merged_definition;
pub(crate) use field::Field;
pub(crate) use installed::definitions;
pub(crate) use meta::{Meta, scrub};
