//! Baselines as bytes, version 1.
//!
//! ```text
//! baseline  version(1) fields count(tables) table* count(refused) path* count(rewritten) path*
//! fields    count field*            by number
//! field     varint(step << 3 | tag) fingerprint{0,2}
//! table     varint(word) count(rows) row*
//! row       text(a) 0 | text(a) 1 text(b), fields
//! path      varint(word << 2 | kind) [text(row) varint(word)]
//! ```
//!
//! `step` is how much a field's number is above the one before it.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{
    Baseline, DocName, FieldBaseline, FieldName, FieldPath, PerSide, RowBaseline,
};

use crate::codec::Dictionary;
use crate::codec::bytes::{ByteReader, ByteWriter};
use crate::error::{Failure, Unreadable};

/// The version that is written.
const VERSION: u8 = 1;

/// What is known of a field, in three bits.
const NEITHER: u64 = 0;
const ONLY_A: u64 = 1;
const ONLY_B: u64 = 2;
const BOTH_EQUAL: u64 = 3;
const BOTH: u64 = 4;

/// What a path leads to, in two bits.
const FIELD: u64 = 0;
const TABLE: u64 = 1;
const ROW_FIELD: u64 = 2;

/// Writes a baseline, giving numbers to names that have none.
pub(crate) fn encode(
    baseline: &Baseline,
    dictionary: &mut impl Dictionary,
) -> Result<Vec<u8>, Failure> {
    let mut encoder = Encoder {
        bytes: ByteWriter::default(),
        dictionary,
    };
    encoder.bytes.byte(VERSION);
    encoder.fields(&baseline.fields)?;
    encoder.bytes.length(baseline.tables.len());
    for (table, rows) in &baseline.tables {
        encoder.word(table)?;
        encoder.bytes.length(rows.len());
        for row in rows {
            encoder.row(row)?;
        }
    }
    encoder.paths(&baseline.refused)?;
    encoder.paths(&baseline.rewritten)?;
    Ok(encoder.bytes.finish())
}

/// Reads a baseline.
pub(crate) fn decode(bytes: &[u8], dictionary: &mut impl Dictionary) -> Result<Baseline, Failure> {
    let mut decoder = Decoder {
        bytes: ByteReader::new(bytes),
        dictionary,
    };
    let found = decoder.bytes.byte()?;
    if found != VERSION {
        return Err(Unreadable::UnknownVersion {
            found,
            supported: VERSION,
        }
        .into());
    }
    let fields = decoder.fields()?;
    let mut tables = BTreeMap::new();
    for _ in 0..decoder.bytes.varint()? {
        let table = decoder.word()?;
        let mut rows = Vec::new();
        for _ in 0..decoder.bytes.varint()? {
            rows.push(decoder.row()?);
        }
        tables.insert(table, rows);
    }
    let refused = decoder.paths()?;
    let rewritten = decoder.paths()?;
    decoder.bytes.end()?;
    Ok(Baseline {
        fields,
        tables,
        refused,
        rewritten,
    })
}

struct Encoder<'d, D> {
    bytes: ByteWriter,
    dictionary: &'d mut D,
}

impl<D: Dictionary> Encoder<'_, D> {
    fn word(&mut self, name: &FieldName) -> Result<(), Failure> {
        let id = self.dictionary.id_of(name.as_str())?;
        self.bytes.varint(id);
        Ok(())
    }

    fn fields(&mut self, fields: &BTreeMap<FieldName, FieldBaseline>) -> Result<(), Failure> {
        let mut numbered = Vec::with_capacity(fields.len());
        for (name, baseline) in fields {
            numbered.push((self.dictionary.id_of(name.as_str())?, baseline));
        }
        numbered.sort_unstable_by_key(|&(id, _)| id);
        self.bytes.length(numbered.len());
        let mut last = 0;
        for (id, baseline) in numbered {
            let step = (id - last) << 3;
            last = id;
            match (baseline.a, baseline.b) {
                (None, None) => self.bytes.varint(step | NEITHER),
                (Some(a), None) => {
                    self.bytes.varint(step | ONLY_A);
                    self.bytes.fingerprint(a);
                }
                (None, Some(b)) => {
                    self.bytes.varint(step | ONLY_B);
                    self.bytes.fingerprint(b);
                }
                (Some(a), Some(b)) if a == b => {
                    self.bytes.varint(step | BOTH_EQUAL);
                    self.bytes.fingerprint(a);
                }
                (Some(a), Some(b)) => {
                    self.bytes.varint(step | BOTH);
                    self.bytes.fingerprint(a);
                    self.bytes.fingerprint(b);
                }
            }
        }
        Ok(())
    }

    fn row(&mut self, row: &RowBaseline) -> Result<(), Failure> {
        self.bytes.text(row.names.a.as_str());
        if row.names.a == row.names.b {
            self.bytes.byte(0);
        } else {
            self.bytes.byte(1);
            self.bytes.text(row.names.b.as_str());
        }
        self.fields(&row.fields)
    }

    fn paths(&mut self, paths: &BTreeSet<FieldPath>) -> Result<(), Failure> {
        self.bytes.length(paths.len());
        for path in paths {
            let (name, kind) = match path {
                FieldPath::Field(field) => (field, FIELD),
                FieldPath::Table(table) => (table, TABLE),
                FieldPath::RowField(table, ..) => (table, ROW_FIELD),
            };
            let id = self.dictionary.id_of(name.as_str())?;
            self.bytes.varint(id << 2 | kind);
            if let FieldPath::RowField(_, row, field) = path {
                self.bytes.text(row.as_str());
                self.word(field)?;
            }
        }
        Ok(())
    }
}

struct Decoder<'b, 'd, D> {
    bytes: ByteReader<'b>,
    dictionary: &'d mut D,
}

impl<D: Dictionary> Decoder<'_, '_, D> {
    fn word(&mut self) -> Result<FieldName, Failure> {
        let id = self.bytes.varint()?;
        self.name(id)
    }

    fn name(&mut self, id: u64) -> Result<FieldName, Failure> {
        Ok(FieldName::from(self.dictionary.text_of(id)?))
    }

    fn fields(&mut self) -> Result<BTreeMap<FieldName, FieldBaseline>, Failure> {
        let mut fields = BTreeMap::new();
        let mut id = 0_u64;
        for _ in 0..self.bytes.varint()? {
            let head = self.bytes.varint()?;
            id = id
                .checked_add(head >> 3)
                .ok_or(Unreadable::Malformed("a field beyond all words"))?;
            let baseline = match head & 0b111 {
                NEITHER => PerSide { a: None, b: None },
                ONLY_A => PerSide {
                    a: Some(self.bytes.fingerprint()?),
                    b: None,
                },
                ONLY_B => PerSide {
                    a: None,
                    b: Some(self.bytes.fingerprint()?),
                },
                BOTH_EQUAL => {
                    let both = Some(self.bytes.fingerprint()?);
                    PerSide { a: both, b: both }
                }
                BOTH => PerSide {
                    a: Some(self.bytes.fingerprint()?),
                    b: Some(self.bytes.fingerprint()?),
                },
                _ => return Err(Unreadable::Malformed("a field of an unknown kind").into()),
            };
            fields.insert(self.name(id)?, baseline);
        }
        Ok(fields)
    }

    fn row(&mut self) -> Result<RowBaseline, Failure> {
        let a = DocName::from(self.bytes.text()?);
        let b = match self.bytes.byte()? {
            0 => a.clone(),
            1 => DocName::from(self.bytes.text()?),
            _ => return Err(Unreadable::Malformed("a row of an unknown kind").into()),
        };
        Ok(RowBaseline {
            names: PerSide { a, b },
            fields: self.fields()?,
        })
    }

    fn paths(&mut self) -> Result<BTreeSet<FieldPath>, Failure> {
        let mut paths = BTreeSet::new();
        for _ in 0..self.bytes.varint()? {
            let head = self.bytes.varint()?;
            let name = self.name(head >> 2)?;
            paths.insert(match head & 0b11 {
                FIELD => FieldPath::Field(name),
                TABLE => FieldPath::Table(name),
                ROW_FIELD => {
                    let row = DocName::from(self.bytes.text()?);
                    FieldPath::RowField(name, row, self.word()?)
                }
                _ => return Err(Unreadable::Malformed("a path of an unknown kind").into()),
            });
        }
        Ok(paths)
    }
}
