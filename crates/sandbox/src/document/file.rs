//! File documents and their bytes: names, addresses, hashes (protocol 8, Files).

use std::sync::Arc;

use super::record::Record;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{MODIFIED, MODIFIED_BY, NAME};
use crate::site::Transaction;
use crate::value::{Cell, cint, format_stamp_in_full};

/// The largest file in MB where the settings do not say: that of Frappe 15.
const MAX_FILE_SIZE: i64 = 25;

impl Transaction<'_> {
    /// Gives a File that is about to be inserted its name, address, hash and size, and stores its bytes.
    pub(crate) fn prepare_new_file(&mut self, record: &mut Record) -> Attempt<()> {
        if record.get("folder").to_text().is_empty() && !record.get("is_home_folder").is_truthy() {
            let folder = match record.text("attached_to_doctype").as_str() {
                "" => "Home",
                _ => "Home/Attachments",
            };
            record.set("folder", Cell::text(folder));
        }
        let url = record.text("file_url");
        if !url.is_empty() {
            let is_private = i64::from(url.starts_with("/private"));
            record.set("is_private", Cell::Int(is_private));
        }
        let name = match record.text("file_name") {
            name if name.is_empty() && url.is_empty() => {
                return Err(Failure::shown(
                    Kind::Mandatory,
                    "Fields `file_name` or `file_url` must be set for File",
                ));
            }
            name if name.is_empty() => last_part(&url).to_owned(),
            name => name.replace('/', ""),
        };
        record.set("file_name", Cell::text(&*name));
        if let Some((_, extension)) = name.rsplit_once('.') {
            record.set("file_type", Cell::text(extension.to_uppercase()));
        }
        if record.get("is_folder").is_truthy() {
            return Ok(());
        }
        self.check_references(record)?;
        let content = self.content.take();
        if is_remote(&url) {
            return Ok(());
        }
        let content = match content {
            Some(content) if !content.is_empty() => self.as_kept(&name, content),
            _ => match self.site.database.stored(&url) {
                Some(bytes) => Arc::clone(bytes),
                None => return Err(not_on_disk(if url.is_empty() { &name } else { &url })),
            },
        };
        self.check_size(content.len())?;
        self.keep(record, &url, content)
    }

    /// Stores the bytes under an address of their own, unless they are stored already (protocol 8).
    fn keep(&mut self, record: &mut Record, url: &str, content: Arc<[u8]>) -> Attempt<()> {
        let hash = format!("{:x}", md5::compute(&content));
        let is_private = record.get("is_private").is_truthy();
        record.set("content_hash", Cell::text(&*hash));
        record.set("is_private", Cell::Int(i64::from(is_private)));
        let size = i64::try_from(content.len()).unwrap_or(i64::MAX);
        record.set("file_size", Cell::Int(size));
        let same = self.files_where(|file| {
            file.text("content_hash") == hash && file.get("is_private").is_truthy() == is_private
        })?;
        let stored = same.into_iter().map(|file| file.text("file_url"));
        let mut on_disk = stored.filter(|url| self.site.database.stored(url).is_some());
        if let Some(known) = on_disk.next() {
            if url.is_empty() {
                record.set("file_url", Cell::text(known));
            }
            return Ok(());
        }
        let name = self.free_name(&record.text("file_name"), &hash, is_private);
        let safe: String = name
            .chars()
            .map(|letter| match letter {
                '/' | '\\' | '%' | '?' | '#' => '_',
                other => other,
            })
            .collect();
        let url = address(&safe, is_private);
        record.set("file_name", Cell::text(name));
        record.set("file_url", Cell::text(&*url));
        self.site.database.store_bytes(&url, Some(content));
        Ok(())
    }

    /// A name that no stored file has: with the end of its hash before the extension where it is taken.
    fn free_name(&mut self, name: &str, hash: &str, is_private: bool) -> String {
        let mut suffix = hash[hash.len() - 6..].to_owned();
        let mut free = name.to_owned();
        while self
            .site
            .database
            .stored(&address(&free, is_private))
            .is_some()
        {
            free = match name.rsplit_once('.') {
                Some((stem, extension)) => format!("{stem}{suffix}.{extension}"),
                None => format!("{name}{suffix}"),
            };
            suffix = self.site.random.letters(6);
        }
        free
    }

    /// The bytes as the site keeps them: a JPEG is written anew, without what cameras put into it.
    fn as_kept(&mut self, name: &str, content: Arc<[u8]>) -> Arc<[u8]> {
        const START: &[u8] = &[0xff, 0xd8];
        const OURS: &[u8] = b"\xff\xd8\xff\xfe\x00\x09sandbox";
        let lower = name.to_lowercase();
        let is_jpeg = (lower.ends_with(".jpg") || lower.ends_with(".jpeg"))
            && content.starts_with(START)
            && !content.starts_with(OURS);
        let strips = self.setting("strip_exif_metadata_from_uploaded_images") != 0;
        if is_jpeg && strips {
            return [OURS, &content[START.len()..]].concat().into();
        }
        content
    }

    fn check_size(&self, size: usize) -> Attempt<()> {
        let limit = match self.setting("max_file_size") {
            0 => MAX_FILE_SIZE,
            limit => limit,
        };
        if i64::try_from(size).unwrap_or(i64::MAX) <= limit * 1_048_576 {
            return Ok(());
        }
        let text = format!("File size exceeded the maximum allowed size of {limit}.0 MB");
        Err(Failure::shown(Kind::MaxFileSizeReached, text))
    }

    fn setting(&self, name: &str) -> i64 {
        let settings = self.site.database.single("System Settings");
        settings
            .and_then(|settings| settings.get(name))
            .map_or(0, cint)
    }

    /// Checks a File before it is stored, and moves its bytes where it became private or public.
    pub(crate) fn prepare_file(&mut self, record: &mut Record, stored: &Record) -> Attempt<()> {
        if record.get("is_folder").is_truthy() {
            return Ok(());
        }
        self.check_references(record)?;
        let url = record.text("file_url");
        if is_remote(&url) {
            return Ok(());
        }
        let is_private = record.get("is_private").is_truthy();
        if is_private != stored.get("is_private").is_truthy() {
            self.move_bytes(record, &url, is_private)?;
        }
        let url = record.text("file_url");
        match self.site.database.stored(&url) {
            Some(_) => Ok(()),
            None => Err(Failure::shown(
                Kind::FileNotFound,
                format!("File {url} does not exist"),
            )),
        }
    }

    fn move_bytes(&mut self, record: &mut Record, old: &str, is_private: bool) -> Attempt<()> {
        let new = address(last_part(old), is_private);
        if new == old {
            return Ok(());
        }
        let Some(bytes) = self.site.database.stored(old).cloned() else {
            return Err(not_on_disk(old));
        };
        if self.site.database.stored(&new).is_some() {
            let text = format!("A file with same name {new} already exists");
            return Err(Failure::shown(Kind::FileExists, text));
        }
        self.site.database.store_bytes(old, None);
        self.site.database.store_bytes(&new, Some(bytes));
        record.set("file_url", Cell::text(&*new));
        // Every File of these bytes follows in silence.
        let hash = record.text("content_hash");
        let own = record.name().clone();
        for mut file in
            self.files_where(|file| file.text("content_hash") == hash && !file.is_named(&own))?
        {
            file.set("file_url", Cell::text(&*new));
            file.set("is_private", Cell::Int(i64::from(is_private)));
            self.store_changed(&file)?;
        }
        self.follow_in_document(record, old, &new)
    }

    /// Writes a file's new address where the document that it is attached to holds the old one. No hook hears of it, but
    /// `modified` moves.
    fn follow_in_document(&mut self, record: &mut Record, old: &str, new: &str) -> Attempt<()> {
        let (doctype, name) = (
            record.text("attached_to_doctype"),
            record.get("attached_to_name").clone(),
        );
        if doctype.is_empty() || !name.is_truthy() {
            return Ok(());
        }
        let mut document = self.load(&doctype, &name)?;
        let field = match record.text("attached_to_field") {
            field if field.is_empty() => {
                let holding = document.meta.fields.iter().find(|field| {
                    field.column.is_some() && document.value(field).as_text() == Some(old)
                });
                match holding {
                    Some(field) => field.fieldname.to_string(),
                    None => return Ok(()),
                }
            }
            field => field,
        };
        record.set("attached_to_field", Cell::text(&*field));
        document.set(&field, Cell::text(new));
        document.cells[MODIFIED] = Cell::text(format_stamp_in_full(self.site.stamp()));
        document.cells[MODIFIED_BY] = Cell::text(self.user());
        if document.meta.is_single {
            self.store_single(&document)
        } else {
            self.store_changed(&document)
        }
    }

    fn check_references(&self, record: &Record) -> Attempt<()> {
        if record.text("attached_to_doctype").is_empty()
            || record.get("attached_to_name").is_truthy()
        {
            return Ok(());
        }
        Err(Failure::invalid(
            "Attached To Name must be a string or an integer",
        ))
    }

    /// Removes the bytes of a File that is being deleted, unless another File shares them.
    pub(crate) fn forget_bytes(&mut self, record: &Record) {
        let hash = record.text("content_hash");
        let own = record.name().clone();
        let shared = self
            .files_where(|file| file.text("content_hash") == hash && !file.is_named(&own))
            .is_ok_and(|files| !files.is_empty());
        if !hash.is_empty() && !shared {
            self.site
                .database
                .store_bytes(&record.text("file_url"), None);
        }
    }

    /// All File documents for which something holds, by name.
    pub(crate) fn files_where(&mut self, holds: impl Fn(&Record) -> bool) -> Attempt<Vec<Record>> {
        let meta = self.meta("File")?;
        let Some(table) = self.site.database.table("File") else {
            return Ok(Vec::new());
        };
        let rows = table.rows();
        let mut files: Vec<Record> = rows
            .map(|(_, row)| Record::stored(Arc::clone(&meta), meta.layout.complete(row)))
            .filter(|file| !file.get("is_folder").is_truthy() && holds(file))
            .collect();
        files.sort_by_key(|file| file.cells[NAME].to_text().into_owned());
        Ok(files)
    }
}

/// Whether an address is on another site.
fn is_remote(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

fn address(name: &str, is_private: bool) -> String {
    let folder = if is_private {
        "/private/files"
    } else {
        "/files"
    };
    format!("{folder}/{name}")
}

fn last_part(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

fn not_on_disk(path: &str) -> Failure {
    let text = format!("[Errno 2] No such file or directory: '{path}'");
    Failure::bare(Kind::FileNotFound, text)
}
