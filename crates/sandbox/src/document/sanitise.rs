//! Makes HTML in values harmless and complete (protocol 5.5). An approximation of Frappe's filter: the same effect on scripts, event
//! attributes, open tags and bare ampersands, not the same bytes on every odd document.

/// Tags that stay tags; every other one is shown as text.
const ALLOWED: [&str; 86] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "map",
    "menu",
    "meta",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "select",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "video",
];

/// Tags without an end.
const VOID: [&str; 8] = ["area", "br", "col", "hr", "img", "input", "link", "meta"];

/// Tags that end where the next of their kind begins.
const SELF_ENDING: [&str; 8] = ["p", "li", "td", "th", "tr", "option", "dt", "dd"];

/// Escapes tags that are not allowed, drops attributes that run code, closes what is open. Text without any tag stays as it is.
pub(super) fn sanitise(text: &str) -> String {
    let mut clean = Cleaner {
        text: String::with_capacity(text.len()),
        open: Vec::new(),
        tags: 0,
    };
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        clean.push_text(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find('>').filter(|_| begins_tag(rest)) else {
            clean.text.push_str("&lt;");
            rest = &rest[1..];
            continue;
        };
        clean.push_tag(&rest[1..end]);
        rest = &rest[end + 1..];
    }
    clean.push_text(rest);
    while let Some(tag) = clean.open.pop() {
        clean.push_end(&tag);
    }
    if clean.tags == 0 {
        text.to_owned()
    } else {
        clean.text
    }
}

struct Cleaner {
    text: String,
    /// Names of the tags that wait for their end.
    open: Vec<String>,
    tags: usize,
}

impl Cleaner {
    fn push_text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(place) = rest.find(['&', '>']) {
            self.text.push_str(&rest[..place]);
            rest = &rest[place..];
            self.text.push_str(match rest.as_bytes()[0] {
                b'>' => "&gt;",
                _ if begins_entity(rest) => "&",
                _ => "&amp;",
            });
            rest = &rest[1..];
        }
        self.text.push_str(rest);
    }

    /// Takes what stands between `<` and `>`.
    fn push_tag(&mut self, inner: &str) {
        self.tags += 1;
        let is_end = inner.starts_with('/');
        let name: String = inner
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        if !ALLOWED.contains(&name.as_str()) {
            self.text.push_str("&lt;");
            self.push_text(inner);
            self.text.push_str("&gt;");
        } else if is_end {
            self.close(&name);
        } else {
            self.open(&name, inner);
        }
    }

    fn open(&mut self, name: &str, inner: &str) {
        let repeats = self.open.last().is_some_and(|last| last == name);
        if repeats && SELF_ENDING.contains(&name) {
            self.close(name);
        }
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes(&inner[name.len()..]) {
            let runs_code = attribute.to_lowercase().starts_with("on")
                || value.trim_start().to_lowercase().starts_with("javascript:");
            if !runs_code {
                self.text.push_str(&format!(
                    " {attribute}=\"{}\"",
                    value.replace('"', "&quot;")
                ));
            }
        }
        self.text.push('>');
        if !VOID.contains(&name) {
            self.open.push(name.to_owned());
        }
    }

    /// Ends a tag and those inside of it. An end without a beginning goes.
    fn close(&mut self, name: &str) {
        let Some(place) = self.open.iter().rposition(|open| open == name) else {
            return;
        };
        for tag in self.open.split_off(place).into_iter().rev() {
            self.push_end(&tag);
        }
    }

    fn push_end(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }
}

fn begins_tag(text: &str) -> bool {
    text[1..].starts_with(|letter: char| letter == '/' || letter.is_ascii_alphabetic())
}

/// Whether `&name;` or `&#number;` stands here.
fn begins_entity(text: &str) -> bool {
    text[1..].split_once(';').is_some_and(|(name, _)| {
        let name = name.strip_prefix('#').unwrap_or(name);
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Names and values, whatever their quotes.
fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text.trim_end_matches('/').trim();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace());
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        let Some(after) = after.trim_start().strip_prefix('=') else {
            found.push((name, ""));
            rest = after.trim_start();
            continue;
        };
        let after = after.trim_start();
        let quote = after
            .chars()
            .next()
            .filter(|letter| matches!(letter, '"' | '\''));
        let (value, next) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        found.push((name, value));
        rest = next.trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_escaped_and_event_attributes_dropped() {
        assert_eq!(
            sanitise("<b>x</b><script>alert(1)</script>"),
            "<b>x</b>&lt;script&gt;alert(1)&lt;/script&gt;"
        );
        assert_eq!(
            sanitise("<img src='a b' onerror=\"x()\"/>"),
            "<img src=\"a b\">"
        );
        assert_eq!(
            sanitise("<a href=javascript:x() class=y>z</a>"),
            "<a class=\"y\">z</a>"
        );
    }

    #[test]
    fn comparisons_are_no_tags() {
        assert_eq!(sanitise("1 < 2 and 3 > 2 & more"), "1 < 2 and 3 > 2 & more");
    }

    #[test]
    fn markup_is_completed() {
        assert_eq!(
            sanitise("<b>bold</b> & <i>open"),
            "<b>bold</b> &amp; <i>open</i>"
        );
        assert_eq!(
            sanitise("<p>one<p>two &nbsp; 1 > 0"),
            "<p>one</p><p>two &nbsp; 1 &gt; 0</p>"
        );
        assert_eq!(
            sanitise("<ul><li>a<li>b</ul></b>"),
            "<ul><li>a</li><li>b</li></ul>"
        );
    }
}
