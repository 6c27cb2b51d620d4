//! Baselines read back as they were written, and nothing else is read as one.

use std::collections::HashMap;

use frappe_sync_model::{
    Baseline, DocName, FieldBaseline, FieldName, FieldPath, Fingerprint, PerSide, RowBaseline,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use crate::codec::{Dictionary, decode, encode};
use crate::error::{Failure, Unreadable};
use crate::tests::sample::baseline;

/// Numbers from 1, as rows have.
#[derive(Default)]
struct WordList {
    words: Vec<String>,
    ids: HashMap<String, u64>,
}

impl Dictionary for WordList {
    fn id_of(&mut self, text: &str) -> Result<u64, Failure> {
        let next = self.words.len() as u64 + 1;
        let id = *self.ids.entry(text.to_owned()).or_insert(next);
        if id == next {
            self.words.push(text.to_owned());
        }
        Ok(id)
    }

    fn text_of(&mut self, id: u64) -> Result<&str, Failure> {
        let word = usize::try_from(id)
            .ok()
            .and_then(|id| self.words.get(id.checked_sub(1)?));
        Ok(word.ok_or(Unreadable::UnknownWord(id))?)
    }
}

fn field_names() -> impl Strategy<Value = FieldName> {
    prop_oneof![
        "[a-d]".prop_map(FieldName::from),
        any::<String>().prop_map(FieldName::from)
    ]
}

fn doc_names() -> impl Strategy<Value = DocName> {
    prop_oneof![
        "[a-c]".prop_map(DocName::from),
        any::<String>().prop_map(DocName::from)
    ]
}

fn fingerprints() -> impl Strategy<Value = Option<Fingerprint>> {
    prop_oneof![
        Just(None),
        (0..4_u64).prop_map(|bits| Some(Fingerprint::from_u64(bits))),
        any::<u64>().prop_map(|bits| Some(Fingerprint::from_u64(bits))),
    ]
}

fn fields() -> impl Strategy<Value = std::collections::BTreeMap<FieldName, FieldBaseline>> {
    let field = (fingerprints(), fingerprints()).prop_map(|(a, b)| PerSide { a, b });
    btree_map(field_names(), field, 0..6)
}

fn rows() -> impl Strategy<Value = RowBaseline> {
    (doc_names(), doc_names(), fields()).prop_map(|(a, b, fields)| RowBaseline {
        names: PerSide { a, b },
        fields,
    })
}

fn paths() -> impl Strategy<Value = FieldPath> {
    prop_oneof![
        field_names().prop_map(FieldPath::Field),
        field_names().prop_map(FieldPath::Table),
        (field_names(), doc_names(), field_names())
            .prop_map(|(table, row, field)| FieldPath::RowField(table, row, field)),
    ]
}

fn baselines() -> impl Strategy<Value = Baseline> {
    (
        fields(),
        btree_map(field_names(), vec(rows(), 0..4), 0..3),
        btree_set(paths(), 0..3),
        btree_set(paths(), 0..3),
    )
        .prop_map(|(fields, tables, refused, rewritten)| Baseline {
            fields,
            tables,
            refused,
            rewritten,
        })
}

proptest! {
    #[test]
    fn a_baseline_reads_back_as_it_was_written(baseline in baselines()) {
        let mut words = WordList::default();
        let bytes = encode(&baseline, &mut words).unwrap();
        prop_assert_eq!(decode(&bytes, &mut words).unwrap(), baseline.clone());
        prop_assert_eq!(encode(&baseline, &mut words).unwrap(), bytes);
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_refused(baseline in baselines(), cut in any::<prop::sample::Index>()) {
        let mut words = WordList::default();
        let mut bytes = encode(&baseline, &mut words).unwrap();
        prop_assert!(decode(&bytes[..cut.index(bytes.len())], &mut words).is_err());
        bytes.push(0);
        prop_assert!(decode(&bytes, &mut words).is_err());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(mut bytes in vec(any::<u8>(), 0..80)) {
        let mut words = WordList::default();
        words.id_of("only").unwrap();
        if let Some(version) = bytes.first_mut() {
            *version = 1;
        }
        if let Ok(baseline) = decode(&bytes, &mut words) {
            let again = encode(&baseline, &mut words).unwrap();
            prop_assert_eq!(decode(&again, &mut words).unwrap(), baseline);
        }
    }
}

#[test]
fn an_unknown_version_is_refused() {
    let mut words = WordList::default();
    let mut bytes = encode(&baseline(1), &mut words).unwrap();
    bytes[0] = 2;
    let refused = decode(&bytes, &mut words).unwrap_err();
    assert!(matches!(
        refused,
        Failure::Unreadable(Unreadable::UnknownVersion {
            found: 2,
            supported: 1
        })
    ));
}

/// The stored form itself: a change of it needs a new version.
#[test]
fn version_1_is_written_as_ever() {
    let bytes = encode(&baseline(0x1122), &mut WordList::default()).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex, @"01030b0022110000000000000c0023110000000000000024110000000000000a0101040102723101027331012b0025110000000000000118011202723105");
}

#[test]
fn equal_fingerprints_are_written_once() {
    let settled = |bits: u64| PerSide {
        a: Some(Fingerprint::from_u64(bits)),
        b: Some(Fingerprint::from_u64(bits)),
    };
    let thirty = |bits: fn(u64) -> u64| Baseline {
        fields: (0..30)
            .map(|n| (format!("field_{n}").into(), settled(bits(n))))
            .collect(),
        ..Baseline::default()
    };
    let size = |baseline: &Baseline| encode(baseline, &mut WordList::default()).unwrap().len();
    assert_eq!(size(&thirty(|n| n)), 5 + 30 * 10);
    assert_eq!(size(&thirty(|_| 7)), 5 + 30 * 2 + 8);
}
