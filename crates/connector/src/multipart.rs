//! Bodies of several parts, as `upload_file` takes them (RFC 7578, protocol 8, Files).
//!
//! They are put together here rather than by the HTTP client, so that a wire carries the same bytes.

use std::hash::{BuildHasher as _, RandomState};

/// A body under way.
#[derive(Debug)]
pub(crate) struct Multipart {
    boundary: String,
    body: Vec<u8>,
}

impl Multipart {
    /// Begins a body that will hold `content`, which its boundary must not appear in.
    pub(crate) fn for_content(content: &[u8]) -> Self {
        let mut draw = RandomState::new().hash_one(content.len());
        let mut boundary = format!("frappe-sync-{draw:016x}");
        while holds(content, boundary.as_bytes()) {
            draw = draw.wrapping_add(1);
            boundary = format!("frappe-sync-{draw:016x}");
        }
        Self {
            body: Vec::with_capacity(content.len() + 1024),
            boundary,
        }
    }

    /// Adds a field of a form.
    pub(crate) fn field(&mut self, name: &str, value: &str) {
        self.head(&format!("name=\"{name}\""), None);
        self.body.extend_from_slice(value.as_bytes());
        self.body.extend_from_slice(b"\r\n");
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, name: &str, file_name: &str, content: &[u8]) {
        let parameters = format!("name=\"{name}\"; filename=\"{}\"", quoted(file_name));
        self.head(&parameters, Some("application/octet-stream"));
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
    }

    /// Ends the body; returns its content type with it.
    pub(crate) fn end(mut self) -> (String, Vec<u8>) {
        let last = format!("--{}--\r\n", self.boundary);
        self.body.extend_from_slice(last.as_bytes());
        let content_type = format!("multipart/form-data; boundary={}", self.boundary);
        (content_type, self.body)
    }

    fn head(&mut self, parameters: &str, content_type: Option<&str>) {
        let mut head = format!(
            "--{}\r\nContent-Disposition: form-data; {parameters}\r\n",
            self.boundary
        );
        if let Some(content_type) = content_type {
            head.push_str(&format!("Content-Type: {content_type}\r\n"));
        }
        head.push_str("\r\n");
        self.body.extend_from_slice(head.as_bytes());
    }
}

/// Writes what would end a quoted parameter as browsers do.
fn quoted(text: &str) -> String {
    text.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else {
        return true;
    };
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_in_the_body_as_they_are() {
        let content = b"\x00\r\n--x\r\n\xff";
        let mut multipart = Multipart::for_content(content);
        multipart.field("docname", "A 1");
        multipart.file("file", "a\"b.bin", content);
        let (content_type, body) = multipart.end();
        let boundary = content_type.split("boundary=").nth(1).unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.starts_with(&format!("--{boundary}\r\n")), "{text}");
        assert!(text.ends_with(&format!("\r\n--{boundary}--\r\n")), "{text}");
        assert!(text.contains("filename=\"a%22b.bin\""), "{text}");
        assert!(holds(&body, content));
        assert!(!holds(content, boundary.as_bytes()));
    }
}
