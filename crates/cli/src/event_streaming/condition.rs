//! Conditions of event_streaming, which are Python, as filters of Frappe.
//!
//! A filter says the same of a comparison of one field with a literal, and of several joined by `and`. Everything
//! else is told as it stands. The truth of a bare field (`doc.public`) is not a filter without knowing its kind.

use frappe_sync_model::Filter;
use serde_json::{Number, Value};

/// What became of a condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Translated {
    /// The parts that are filters.
    pub(super) filters: Vec<Filter>,
    /// The parts that are none, as they stand, each with the cause.
    pub(super) rest: Vec<(String, &'static str)>,
}

/// Makes filters of a condition, as far as they can say it.
pub(super) fn translate(condition: &str) -> Translated {
    let mut translated = Translated::default();
    let Some(tokens) = tokens(condition) else {
        let whole = condition.trim().to_owned();
        translated.rest.push((whole, "it is more than comparisons"));
        return translated;
    };
    for part in conjuncts(&tokens) {
        match comparison(part) {
            Ok(filter) => translated.filters.push(filter),
            Err(why) => translated.rest.push((shown(condition, part), why)),
        }
    }
    translated
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Literal(Value),
    Sign(&'static str),
}

/// A token, with where it begins and ends in the text.
type Placed = (Token, usize, usize);

const SIGNS: [&str; 14] = [
    "==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-",
];

fn tokens(text: &str) -> Option<Vec<Placed>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '\'' || first == '"' {
            let inner = &rest[1..];
            let end = inner.find(first)?;
            // An escape, or quotes in threes, can mean anything.
            if inner[..end].contains('\\')
                || inner.starts_with(first) && inner[1..].starts_with(first)
            {
                return None;
            }
            (Token::Literal(Value::from(&inner[..end])), end + 2)
        } else if first.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_')
                .unwrap_or(rest.len());
            let number: Number = serde_json::from_str(&rest[..end]).ok()?;
            (Token::Literal(Value::Number(number)), end)
        } else if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let token = match &rest[..end] {
                "True" => Token::Literal(Value::from(1)),
                "False" => Token::Literal(Value::from(0)),
                "None" => Token::Literal(Value::Null),
                word => Token::Word(word.to_owned()),
            };
            (token, end)
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            (Token::Sign(sign), sign.len())
        };
        tokens.push((token, at, at + length));
        at += length;
    }
    Some(tokens)
}

fn is_word(token: &Placed, word: &str) -> bool {
    matches!(&token.0, Token::Word(found) if found == word)
}

fn is_sign(token: &Placed, sign: &str) -> bool {
    matches!(&token.0, Token::Sign(found) if *found == sign)
}

/// Takes a condition apart at every `and` that binds the whole; one with an `or` outside of brackets is one part.
fn conjuncts(tokens: &[Placed]) -> Vec<&[Placed]> {
    let tokens = unwrapped(tokens);
    let mut depth = 0_i32;
    let mut parts = Vec::new();
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        if is_sign(token, "(") || is_sign(token, "[") {
            depth += 1;
        } else if is_sign(token, ")") || is_sign(token, "]") {
            depth -= 1;
        } else if depth == 0
            && ["or", "if", "else", "lambda"]
                .iter()
                .any(|word| is_word(token, word))
        {
            return vec![tokens];
        } else if depth == 0 && is_word(token, "and") {
            parts.push(&tokens[start..index]);
            start = index + 1;
        }
    }
    parts.push(&tokens[start..]);
    if parts.len() == 1 {
        return parts;
    }
    parts.into_iter().flat_map(conjuncts).collect()
}

/// Takes away brackets that hold all of it.
fn unwrapped(mut tokens: &[Placed]) -> &[Placed] {
    while let [first, inner @ .., last] = tokens {
        if !is_sign(first, "(") || !is_sign(last, ")") {
            break;
        }
        let mut depth = 0_i32;
        let mut closes_early = false;
        for token in inner {
            if is_sign(token, "(") || is_sign(token, "[") {
                depth += 1;
            } else if is_sign(token, ")") || is_sign(token, "]") {
                depth -= 1;
            }
            closes_early |= depth < 0 || is_sign(token, ",") && depth == 0;
        }
        if closes_early {
            break;
        }
        tokens = inner;
    }
    tokens
}

fn shown(condition: &str, part: &[Placed]) -> String {
    match part {
        [first, .., last] => condition[first.1..last.2].to_owned(),
        [only] => condition[only.1..only.2].to_owned(),
        [] => condition.trim().to_owned(),
    }
}

fn comparison(tokens: &[Placed]) -> Result<Filter, &'static str> {
    const MORE: &str = "it is no comparison of a field with a value";
    const BARE: &str = "whether a bare field holds depends on its kind";
    let tokens = unwrapped(tokens);
    if let Some((field, rest)) = field(tokens) {
        let (operator, right) = match rest {
            [] => return Err(BARE),
            [sign, right @ ..] if is_word(sign, "in") => ("in", right),
            [not, sign, right @ ..] if is_word(not, "not") && is_word(sign, "in") => {
                ("not in", right)
            }
            [is, not, right @ ..] if is_word(is, "is") && is_word(not, "not") => ("!=", right),
            [is, right @ ..] if is_word(is, "is") => ("=", right),
            [(Token::Sign(sign), ..), right @ ..] => (operator(sign).ok_or(MORE)?, right),
            _ => return Err(MORE),
        };
        return filter(field, operator, literal(right).ok_or(MORE)?);
    }
    if let [not, rest @ ..] = tokens
        && is_word(not, "not")
    {
        return Err(if matches!(field(rest), Some((_, []))) {
            BARE
        } else {
            MORE
        });
    }
    // A value before the sign.
    let [
        (Token::Literal(value), ..),
        (Token::Sign(sign), ..),
        right @ ..,
    ] = tokens
    else {
        return Err(MORE);
    };
    let turned = match operator(sign).ok_or(MORE)? {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        same => same,
    };
    match field(right) {
        Some((field, [])) => filter(field, turned, value.clone()),
        _ => Err(MORE),
    }
}

fn operator(sign: &str) -> Option<&'static str> {
    let known = ["!=", "<=", ">=", "<", ">"];
    if sign == "==" {
        return Some("=");
    }
    known.into_iter().find(|known| *known == sign)
}

fn filter(field: String, operator: &'static str, value: Value) -> Result<Filter, &'static str> {
    let is_list = value.is_array();
    match (operator, &value) {
        ("=", Value::Null) => Ok(Filter::new(field, "is", "not set")),
        ("!=", Value::Null) => Ok(Filter::new(field, "is", "set")),
        (_, Value::Null) => Err("nothing is compared by size with None"),
        ("=" | "!=", Value::String(text)) if text.is_empty() => {
            Err("to Frappe's filters an empty text and none are the same")
        }
        ("in" | "not in", _) if is_list => Ok(Filter::new(field, operator, value)),
        ("in" | "not in", _) => Err("it looks for a part of a text"),
        _ if is_list => Err("a field is compared with a list"),
        _ => Ok(Filter::new(field, operator, value)),
    }
}

/// Reads `doc.field`, `doc["field"]` or `doc.get("field")`, and returns what comes after it.
fn field(tokens: &[Placed]) -> Option<(String, &[Placed])> {
    let [doc, rest @ ..] = tokens else {
        return None;
    };
    if !is_word(doc, "doc") {
        return None;
    }
    match rest {
        [
            dot,
            get,
            open,
            (Token::Literal(Value::String(name)), ..),
            close,
            rest @ ..,
        ] if is_sign(dot, ".")
            && is_word(get, "get")
            && is_sign(open, "(")
            && is_sign(close, ")") =>
        {
            Some((name.clone(), rest))
        }
        [
            open,
            (Token::Literal(Value::String(name)), ..),
            close,
            rest @ ..,
        ] if is_sign(open, "[") && is_sign(close, "]") => Some((name.clone(), rest)),
        [dot, (Token::Word(name), ..), rest @ ..] if is_sign(dot, ".") => {
            // A method is called, or a part of the field is looked at.
            let goes_on = rest
                .first()
                .is_some_and(|next| is_sign(next, "(") || is_sign(next, "[") || is_sign(next, "."));
            (!goes_on).then(|| (name.clone(), rest))
        }
        _ => None,
    }
}

fn literal(tokens: &[Placed]) -> Option<Value> {
    match tokens {
        [(Token::Literal(value), ..)] => Some(value.clone()),
        [minus, (Token::Literal(Value::Number(number)), ..)] if is_sign(minus, "-") => {
            serde_json::from_str(&format!("-{number}")).ok()
        }
        [open, inner @ .., close]
            if is_sign(open, "[") && is_sign(close, "]")
                || is_sign(open, "(") && is_sign(close, ")") =>
        {
            let inner = match inner {
                [inner @ .., comma] if is_sign(comma, ",") => inner,
                inner if is_sign(open, "(") && inner.len() == 1 => return literal(inner),
                inner => inner,
            };
            if inner.is_empty() {
                return None;
            }
            let items = inner.split(|token| is_sign(token, ","));
            let items: Option<Vec<Value>> = items.map(literal).collect();
            items
                .filter(|items| !items.iter().any(|item| item.is_null() || item.is_array()))
                .map(Value::Array)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(condition: &str) -> String {
        let translated = translate(condition);
        let filters = translated.filters.into_iter().map(|filter| {
            let value: Value = filter.into();
            value.to_string()
        });
        let rest = translated
            .rest
            .into_iter()
            .map(|(text, _)| format!("REST {text}"));
        filters.chain(rest).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comparisons_joined_by_and_become_filters() {
        for (condition, filters) in [
            ("doc.public == 1", r#"["public","=",1]"#),
            ("doc.public==True", r#"["public","=",1]"#),
            (
                "doc.get('status') != \"Closed\"",
                r#"["status","!=","Closed"]"#,
            ),
            ("doc['grand_total'] >= 10.5", r#"["grand_total",">=",10.5]"#),
            ("doc.rate > -1", r#"["rate",">",-1]"#),
            ("0 < doc.rate", r#"["rate",">",0]"#),
            (
                "(doc.a == 1 and (doc.b in ['x', \"y\"])) and doc.c not in (1, 2,)",
                r#"["a","=",1] ["b","in",["x","y"]] ["c","not in",[1,2]]"#,
            ),
            (
                "doc.parent_task is None",
                r#"["parent_task","is","not set"]"#,
            ),
            (
                "doc.parent_task is not None",
                r#"["parent_task","is","set"]"#,
            ),
            ("doc.parent_task != None", r#"["parent_task","is","set"]"#),
        ] {
            assert_eq!(said(condition), filters, "{condition}");
        }
    }

    #[test]
    fn what_no_filter_says_is_told_as_it_stands() {
        for (condition, told) in [
            ("doc.public", "REST doc.public"),
            ("not doc.disabled", "REST not doc.disabled"),
            ("doc.a == 1 or doc.b == 2", "REST doc.a == 1 or doc.b == 2"),
            (
                "doc.a == 1 and doc.b.startswith('x')",
                r#"["a","=",1] REST doc.b.startswith('x')"#,
            ),
            ("doc.a == doc.b", "REST doc.a == doc.b"),
            ("doc.a == ''", "REST doc.a == ''"),
            ("1 < doc.a < 5", "REST 1 < doc.a < 5"),
            ("'x' in doc.tags", "REST 'x' in doc.tags"),
            ("doc.a in 'xyz'", "REST doc.a in 'xyz'"),
            ("doc.a == 'it\\'s'", "REST doc.a == 'it\\'s'"),
            (
                "frappe.db.exists('Item', doc.item)",
                "REST frappe.db.exists('Item', doc.item)",
            ),
            ("doc.a % 2 == 0", "REST doc.a % 2 == 0"),
            ("doc.a == 0x10", "REST doc.a == 0x10"),
            (
                "doc.a == 1 if doc.b == 2 else doc.c == 3",
                "REST doc.a == 1 if doc.b == 2 else doc.c == 3",
            ),
            (
                "not (doc.a == 1 and doc.b == 2)",
                "REST not (doc.a == 1 and doc.b == 2)",
            ),
            ("doc.a == 1 and", r#"["a","=",1] REST doc.a == 1 and"#),
            ("", "REST "),
        ] {
            assert_eq!(said(condition), told, "{condition}");
        }
    }
}
