//! Bodies of several parts, as `upload_file` takes them (RFC 7578, protocol 8, Files).
//!
//! They are put together here rather than by the HTTP client, so that a wire carries the same bytes, and so that no
//! read of a site ends within what closes the body: Werkzeug, which reads a form by pieces of 64 KiB, then takes a
//! carriage return of the delimiter for the last byte of the file (seen on 15.103 with Werkzeug 3.1.6).

use std::hash::{BuildHasher as _, RandomState};

/// The pieces by which a site reads a form.
const PIECE: usize = 64 * 1024;

/// The fields of a form, which ends with a file.
#[derive(Debug, Default)]
pub(crate) struct Multipart {
    fields: Vec<(&'static str, String)>,
}

impl Multipart {
    /// Adds a field of a form.
    pub(crate) fn field(&mut self, name: &'static str, value: &str) {
        self.fields.push((name, value.to_owned()));
    }

    /// Ends the form with a file; returns the content type and the body.
    pub(crate) fn with_file(
        self,
        name: &str,
        file_name: &str,
        content: &[u8],
    ) -> (String, Vec<u8>) {
        let mut draw = RandomState::new().hash_one(content.len());
        let mut padding = String::new();
        loop {
            let boundary = format!("frappe-sync-{draw:016x}{padding}");
            let head = self.head(&boundary, name, file_name);
            let tail = format!("\r\n--{boundary}--\r\n");
            let whole = head.len() + content.len() + tail.len();
            if whole / PIECE != (whole - tail.len()) / PIECE {
                // Every part has a boundary, so a longer one moves the end by more than its own length.
                padding.push('x');
                continue;
            }
            if holds(content, boundary.as_bytes()) {
                draw = draw.wrapping_add(1);
                continue;
            }
            let mut body = Vec::with_capacity(whole);
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(tail.as_bytes());
            return (format!("multipart/form-data; boundary={boundary}"), body);
        }
    }

    /// Writes all that comes before the content.
    fn head(&self, boundary: &str, name: &str, file_name: &str) -> String {
        let mut head = String::new();
        for (name, value) in &self.fields {
            head.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            quoted(file_name)
        ));
        head
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

    fn of(content: &[u8]) -> (String, Vec<u8>) {
        let mut multipart = Multipart::default();
        multipart.field("docname", "A 1");
        let (content_type, body) = multipart.with_file("file", "a\"b.bin", content);
        let boundary = content_type.split("boundary=").nth(1).unwrap_or_default();
        (boundary.to_owned(), body)
    }

    #[test]
    fn bytes_stand_in_the_body_as_they_are() {
        let content = b"\x00\r\n--x\r\n\xff";
        let (boundary, body) = of(content);
        let text = String::from_utf8_lossy(&body);
        assert!(text.starts_with(&format!("--{boundary}\r\n")), "{text}");
        assert!(text.ends_with(&format!("\r\n--{boundary}--\r\n")), "{text}");
        assert!(text.contains("filename=\"a%22b.bin\""), "{text}");
        assert!(holds(&body, content));
        assert!(!holds(content, boundary.as_bytes()));
    }

    #[test]
    fn no_read_of_64_kib_ends_within_what_closes_the_body() {
        for length in PIECE - 600..PIECE + 100 {
            let (boundary, body) = of(&vec![b'x'; length]);
            let close = format!("\r\n--{boundary}--\r\n").len();
            let (content_ends, ends) = (body.len() - close, body.len());
            assert_eq!(content_ends / PIECE, ends / PIECE, "{length}");
            assert!(boundary.len() <= 70, "{boundary}");
        }
    }
}
