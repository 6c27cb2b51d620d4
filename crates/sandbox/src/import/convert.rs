//! What becomes of a cell.

use serde_json::{Value, json};

use crate::schema::Field;
use crate::site::Transaction;
use crate::value::{Cell, cint, flt};

impl Transaction<'_> {
    /// Turns the text of a cell into a value. `Err`: why the whole table is turned down.
    pub(super) fn value_of(&mut self, field: Option<&Field>, text: &str) -> Result<Value, String> {
        let Some(field) = field else {
            return Ok(json!(text));
        };
        let cell = Cell::text(text);
        Ok(match &*field.fieldtype {
            "Select" => {
                let options: Vec<&str> = field
                    .options
                    .lines()
                    .filter(|one| !one.is_empty())
                    .collect();
                if !options.is_empty() && !options.contains(&text) {
                    return Err(format!("Value must be one of {}", options.join(", ")));
                }
                json!(text)
            }
            "Link" => {
                if self.site.database.row(&field.options, &cell).is_none() {
                    return Err(format!("Value {text} missing for {}", field.options));
                }
                json!(text)
            }
            "Check" => match text.to_lowercase().as_str() {
                "t" | "true" | "y" | "yes" => json!(1),
                "f" | "false" | "n" | "no" => json!(0),
                _ => json!(cint(&cell)),
            },
            "Int" => json!(cint(&cell)),
            "Float" | "Percent" | "Currency" => json!(flt(&cell)),
            "Duration" => match seconds(text) {
                Some(seconds) => json!(seconds),
                None => {
                    return Err(format!(
                        "Value {text} must be in the valid duration format: d h m s"
                    ));
                }
            },
            _ => json!(text),
        })
    }
}

/// Reads `1d 2h 3m 4s`.
fn seconds(text: &str) -> Option<i64> {
    let mut seconds = 0;
    for part in text.split_whitespace() {
        let (number, unit) = part.split_at_checked(part.len() - 1)?;
        let number: i64 = number.parse().ok()?;
        seconds += number
            * match unit {
                "d" => 86_400,
                "h" => 3_600,
                "m" => 60,
                "s" => 1,
                _ => return None,
            };
    }
    Some(seconds)
}
