//! Names of things, each with a type of its own so that they cannot be swapped.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Defines string ids that all have the same abilities.
macro_rules! string_ids {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into().into_boxed_str())
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into_boxed_str())
            }
        }

        impl FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self(text.into()))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }
    )+};
}

string_ids! {
    /// The name of a DocType, such as `Sales Order`.
    DocType;
    /// The `name` of one document or child row. Sites compare names under their collation (protocol
    /// 3.2), so this type's order is only good for a stable order of our own.
    DocName;
    /// A fieldname of a DocType, such as `customer_name`.
    FieldName;
    /// The name of a sync in the configuration.
    SyncName;
    /// The name of a mapping in its sync: the DocType on `a`, and after a colon the one on `b` where the
    /// two differ.
    MappingName;
    /// The id of one run, unique in a state file and ordered by time.
    RunId;
}

/// Where a value stands in a document: a field, or a field of one row of a child table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String")]
#[serde(from = "String")]
pub enum FieldPath {
    /// A field of the document itself.
    Field(FieldName),
    /// A whole child table: its rows, or their order.
    Table(FieldName),
    /// A field of a row; the row is named as on the side that the path speaks of.
    RowField(FieldName, DocName, FieldName),
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "{field}"),
            Self::Table(table) => write!(f, "{table}[]"),
            Self::RowField(table, row, field) => write!(f, "{table}[{row}].{field}"),
        }
    }
}

impl From<FieldPath> for String {
    fn from(path: FieldPath) -> Self {
        path.to_string()
    }
}

impl From<String> for FieldPath {
    fn from(text: String) -> Self {
        if let Some(table) = text.strip_suffix("[]") {
            return Self::Table(table.into());
        }
        // Fieldnames hold neither bracket nor dot, row names may: so split at the outermost.
        if let (Some(open), Some(close)) = (text.find('['), text.rfind("].")) {
            return Self::RowField(
                text[..open].into(),
                text[open + 1..close].into(),
                text[close + 2..].into(),
            );
        }
        Self::Field(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_as_it_was_written() {
        for path in [
            FieldPath::Field("status".into()),
            FieldPath::Table("items".into()),
            FieldPath::RowField("items".into(), "a[].b".into(), "qty".into()),
        ] {
            assert_eq!(FieldPath::from(path.to_string()), path);
        }
    }
}
