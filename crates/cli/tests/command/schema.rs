//! Checks a report against its JSON Schema, as far as ours use the language.

use serde_json::Value;

/// Panics with the place where `report` is not what `schema` says.
pub(crate) fn check(schema: &Value, report: &Value) {
    if let Err(problem) = validate(schema, schema, report, "$") {
        panic!("{problem}");
    }
}

fn validate(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix("#/$defs/").unwrap();
        return validate(root, &root["$defs"][name], value, at);
    }
    if let Some(expected) = schema.get("const")
        && expected != value
    {
        return Err(format!("{at} is {value}, not {expected}"));
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        return Err(format!("{at} is {value}, none of {choices:?}"));
    }
    for part in list(&schema["allOf"]) {
        validate(root, part, value, at)?;
    }
    for key in ["anyOf", "oneOf"] {
        let choices = list(&schema[key]);
        let fits = |choice: &&Value| validate(root, choice, value, at).is_ok();
        if !choices.is_empty() && choices.iter().filter(|choice| fits(choice)).count() != 1 {
            return Err(format!("{at} is {value}, which fits not one of {key}"));
        }
    }
    type_of(&schema["type"], value, at)?;
    if let Some(minimum) = schema["minimum"].as_f64()
        && value.as_f64().is_some_and(|number| number < minimum)
    {
        return Err(format!("{at} is {value}, less than {minimum}"));
    }
    if let Value::Array(items) = value
        && let Some(schema) = schema.get("items")
    {
        for (index, item) in items.iter().enumerate() {
            validate(root, schema, item, &format!("{at}[{index}]"))?;
        }
    }
    match value {
        Value::Object(_) => object(root, schema, value, at),
        _ => Ok(()),
    }
}

fn object(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for key in list(&schema["required"]) {
        if value.get(key.as_str().unwrap()).is_none() {
            return Err(format!("{at} lacks {key}"));
        }
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{key}");
        match (
            schema["properties"].get(key),
            &schema["additionalProperties"],
        ) {
            (Some(known), _) => validate(root, known, item, &at)?,
            (None, Value::Bool(false)) => return Err(format!("{at} is not in the schema")),
            (None, other @ Value::Object(_)) => validate(root, other, item, &at)?,
            (None, _) => {}
        }
    }
    Ok(())
}

fn type_of(expected: &Value, value: &Value, at: &str) -> Result<(), String> {
    let fits = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other} is not known here"),
    };
    let is_right = match expected {
        Value::String(name) => fits(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    };
    if is_right {
        Ok(())
    } else {
        Err(format!("{at} is {value}, not of type {expected}"))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
