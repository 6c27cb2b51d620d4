//! Expressions over a document, in the syntax of Jinja.
//!
//! They are sandboxed: an expression reaches the fields that it names and nothing else, reads no clock, and is stopped
//! after so many steps. What it names is known before it is evaluated.

mod helpers;
mod scan;

use std::fmt;
use std::sync::{Arc, LazyLock};

use frappe_sync_model::FieldName;
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

pub(crate) use scan::{Scope, Slip, places_of, scan};

/// The most steps that one evaluation takes.
const FUEL: u64 = 20_000;
/// The deepest that an expression is nested.
const DEPTH: usize = 64;
/// The longest text that an expression gives, in bytes.
const LONGEST: usize = 1_000_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    helpers::install(&mut environment);
    environment
});

/// An expression that was checked for what it names.
#[derive(Clone)]
pub struct Expression {
    text: String,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
    named: Vec<(Scope, FieldName)>,
}

impl Expression {
    /// Takes an expression whose words were checked by [`scan`].
    ///
    /// # Errors
    ///
    /// What is wrong with its syntax.
    pub(crate) fn new(text: &str, named: Vec<(Scope, FieldName)>) -> Result<Self, String> {
        match ENVIRONMENT.compile_expression_owned(text.to_owned()) {
            Ok(compiled) => Ok(Self {
                text: text.to_owned(),
                compiled: Arc::new(compiled),
                named,
            }),
            Err(error) => Err(said(&error)),
        }
    }

    /// Returns it as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Evaluates it over a document, or over a row and its document.
    ///
    /// Nothing comes back where a field that it names is not shown: what is unknown gives no value.
    ///
    /// # Errors
    ///
    /// Why it gives no value, without any value of the document.
    pub(crate) fn evaluate(
        &self,
        document: &Map<String, Value>,
        row: Option<&Map<String, Value>>,
    ) -> Result<Option<Value>, String> {
        let mut scopes = [
            ("doc", Map::new(), document),
            ("row", Map::new(), row.unwrap_or(document)),
        ];
        for (scope, field) in &self.named {
            let (_, named, held) = &mut scopes[match scope {
                Scope::Document => 0,
                Scope::Row => 1,
            }];
            let Some(value) = held.get(field.as_str()) else {
                return Ok(None);
            };
            named.insert(field.to_string(), value.clone());
        }
        let context: Map<String, Value> = scopes
            .into_iter()
            .map(|(name, fields, _)| (name.to_owned(), Value::Object(fields)))
            .collect();
        let given = self
            .compiled
            .eval(minijinja::Value::from(Serde(&context)))
            .map_err(|error| said(&error))?;
        plain(&given).map(Some)
    }
}

/// Takes a value that a field can hold.
fn plain(given: &minijinja::Value) -> Result<Value, String> {
    let value = match given.kind() {
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::from(u8::from(given.is_true())),
        ValueKind::Number => match given.as_i64() {
            Some(number) if given.is_integer() => Value::from(number),
            _ => f64::try_from(given.clone())
                .ok()
                .filter(|number| number.is_finite())
                .map(Value::from)
                .ok_or("it gives a number that no field can hold")?,
        },
        ValueKind::String => {
            let text = given.as_str().unwrap_or_default();
            if text.len() > LONGEST {
                return Err(format!("it gives a text longer than {LONGEST} bytes"));
            }
            Value::from(text)
        }
        ValueKind::Undefined => return Err("it gives no value".to_owned()),
        other => return Err(format!("it gives a {other}, which no field can hold")),
    };
    Ok(value)
}

/// Says an error in its own words; which value caused it is not told.
fn said(error: &minijinja::Error) -> String {
    let kind = error.kind().to_string();
    match error.detail() {
        Some(detail) => format!("{kind}: {detail}"),
        None => kind,
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}
