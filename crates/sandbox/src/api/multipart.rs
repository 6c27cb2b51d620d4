//! Bodies of several parts, as browsers send files (RFC 7578).

/// One part.
pub(super) struct Part {
    /// The name of the form's field.
    pub(super) name: String,
    /// The name of the file, where it is one.
    pub(super) file_name: Option<String>,
    /// Its bytes.
    pub(super) content: Vec<u8>,
}

/// Reads the parts of a body; none where it has no such content type.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Vec<Part> {
    let Some(boundary) = boundary(content_type) else {
        return Vec::new();
    };
    let line = format!("--{boundary}");
    let next = format!("\r\n{line}");
    let mut parts = Vec::new();
    let Some(start) = find(body, line.as_bytes()) else {
        return parts;
    };
    let mut rest = &body[start + line.len()..];
    // The last boundary ends with two dashes.
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let Some(end) = find(part, next.as_bytes()) else {
            break;
        };
        parts.extend(parsed(&part[..end]));
        rest = &part[end + next.len()..];
    }
    parts
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name.trim() == "boundary").then(|| value.trim().trim_matches('"'))
    })
}

fn parsed(part: &[u8]) -> Option<Part> {
    let end = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&part[..end]);
    let disposition = head.lines().find(|line| {
        line.to_ascii_lowercase()
            .starts_with("content-disposition:")
    })?;
    Some(Part {
        name: parameter(disposition, "name")?,
        file_name: parameter(disposition, "filename"),
        content: part[end + 4..].to_vec(),
    })
}

/// Reads a quoted parameter of a header; browsers write quotes and line ends in it as `%22`, `%0D` and `%0A`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let marker = format!("; {name}=\"");
    let start = header.find(&marker)? + marker.len();
    let value = header[start..].split('"').next()?;
    Some(
        value
            .replace("%22", "\"")
            .replace("%0D", "\r")
            .replace("%0A", "\n"),
    )
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_a_file_are_told_apart_and_bytes_stay_as_they_are() {
        let body = b"--X\r\nContent-Disposition: form-data; name=\"docname\"\r\n\r\nA 1\r\n\
            --X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b.bin\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n\x00\r\n--Y\r\n\xff\r\n--X--\r\n";
        let parts = parts("multipart/form-data; boundary=X", body);
        assert_eq!(parts.len(), 2);
        assert_eq!(
            (parts[0].name.as_str(), &parts[0].content[..]),
            ("docname", &b"A 1"[..])
        );
        assert_eq!(parts[1].file_name.as_deref(), Some("a\"b.bin"));
        assert_eq!(parts[1].content, b"\x00\r\n--Y\r\n\xff");
    }
}
