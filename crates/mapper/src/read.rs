//! Reading typed values from the tree, each with a message for what it is not.

use crate::source::{Placed, Position, Source};
use crate::yaml::{Content, Key, Node};
use crate::yaml_error::{listed, suggestion};
use crate::{Diagnostic, nearest};

/// The keys of a part of the file, all known.
pub(crate) struct Section<'n> {
    entries: &'n [(Key, Node)],
}

impl<'n> Section<'n> {
    /// Finds a key's value.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// Finds a key with its value.
    pub(crate) fn entry(&self, key: &str) -> Option<&'n (Key, Node)> {
        self.entries.iter().find(|(known, _)| known.name == key)
    }
}

impl Source<'_> {
    /// Reads keys with values, of which only those in `known` are allowed.
    pub(crate) fn section<'n>(
        self,
        node: &'n Node,
        known: &[&str],
        expected: &str,
    ) -> Result<Section<'n>, Diagnostic> {
        let entries = self.entries(node, expected)?;
        for (key, _) in entries {
            if !known.contains(&key.name.as_str()) {
                return Err(self
                    .diagnostic(key.at, format!("unknown key `{}`", key.name))
                    .with_help(suggestion(&key.name, known)));
            }
        }
        Ok(Section { entries })
    }

    /// Reads keys with values, whatever the keys.
    pub(crate) fn entries<'n>(
        self,
        node: &'n Node,
        expected: &str,
    ) -> Result<&'n [(Key, Node)], Diagnostic> {
        match &node.content {
            Content::Keys(entries) => Ok(entries),
            _ => Err(self.mismatch(node, expected)),
        }
    }

    /// Reads a list.
    pub(crate) fn list<'n>(self, node: &'n Node, expected: &str) -> Result<&'n [Node], Diagnostic> {
        match &node.content {
            Content::List(items) => Ok(items),
            _ => Err(self.mismatch(node, expected)),
        }
    }

    /// Reads a text that is not empty.
    pub(crate) fn text<'n>(self, node: &'n Node, expected: &str) -> Result<&'n str, Diagnostic> {
        match &node.content {
            Content::Text(text) if !text.trim().is_empty() => Ok(text),
            Content::Number(_) | Content::Flag(_) => Err(self
                .mismatch(node, expected)
                .with_help("put it in quotes if it is meant as text")),
            _ => Err(self.mismatch(node, expected)),
        }
    }

    /// Reads `true` or `false`.
    pub(crate) fn flag(self, node: &Node) -> Result<bool, Diagnostic> {
        match node.content {
            Content::Flag(flag) => Ok(flag),
            _ => Err(self.mismatch(node, "`true` or `false`")),
        }
    }

    /// Reads one of some words; where nothing is given the first of them holds.
    pub(crate) fn choice<T: Copy, const CHOICES: usize>(
        self,
        node: Option<&Node>,
        choices: &[(&str, T); CHOICES],
    ) -> Result<T, Diagnostic> {
        let Some(node) = node else {
            return Ok(choices[0].1);
        };
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let Content::Text(text) = &node.content else {
            return Err(self.mismatch(node, &format!("one of {}", listed(&words))));
        };
        choices
            .iter()
            .find(|(word, _)| word == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let diagnostic = self.diagnostic(
                    node.at,
                    format!("expected one of {}, found `{text}`", listed(&words)),
                );
                match nearest(text, words.iter().copied()) {
                    Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
                    None => diagnostic,
                }
            })
    }

    /// Reads a list of names, none of them twice.
    pub(crate) fn names<T: From<String> + PartialEq>(
        self,
        node: &Node,
    ) -> Result<Vec<Placed<T>>, Diagnostic> {
        let mut names: Vec<Placed<T>> = Vec::new();
        for item in self.list(node, "a list of fieldnames")? {
            let text = self.text(item, "a fieldname")?;
            let value = T::from(text.to_owned());
            if names.iter().any(|known| known.value == value) {
                return Err(self.diagnostic(item.at, format!("`{text}` is named twice")));
            }
            names.push(Placed { value, at: item.at });
        }
        Ok(names)
    }

    /// Says that a value is not what was expected.
    pub(crate) fn mismatch(self, node: &Node, expected: &str) -> Diagnostic {
        let found = match &node.content {
            Content::Nothing => "nothing".to_owned(),
            Content::Flag(flag) => format!("`{flag}`"),
            Content::Number(_) => format!("the number `{}`", self.written(node.written_at)),
            Content::Text(text) if text.trim().is_empty() => "empty text".to_owned(),
            Content::Text(text) => format!("the text `{text}`"),
            Content::List(_) => "a list".to_owned(),
            Content::Keys(_) => "keys with values".to_owned(),
        };
        self.diagnostic(node.at, format!("expected {expected}, found {found}"))
    }

    /// Says that a key is missing.
    pub(crate) fn missing(self, at: Position, key: &str, example: &str) -> Diagnostic {
        self.diagnostic(at, format!("the key `{key}` is missing"))
            .with_help(format!("for example `{example}`"))
    }
}
