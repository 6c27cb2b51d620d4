//! Measures how fast pairs are committed and looked up, and how much room they take.
//!
//! `cargo run --release -p frappe-sync-store --example speed -- 200000 10`: pairs in all, and child rows
//! of each. Every pair has thirty fields, ten of them empty; every row ten, five of them empty.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use frappe_sync_model::{
    Baseline, Batch, DocKey, DocName, FieldBaseline, FieldName, Fingerprint, MappingName, Pair,
    PairSide, PerSide, RowBaseline, Side, SiteTime, StateStore, Todo, TodoReason,
};
use frappe_sync_store::{StateFile, SyncState};

/// Pairs of one commit, as after one read-back.
const BATCH: u64 = 200;

/// The value of all empty fields.
const EMPTY: u64 = 1;

/// Spreads numbers over all bits, as fingerprints are.
fn spread(number: u64) -> u64 {
    number
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn fields(prefix: &str, seed: u64, count: u64, empty: u64) -> Vec<(FieldName, FieldBaseline)> {
    (0..count)
        .map(|n| {
            let bits = if n < empty {
                EMPTY
            } else {
                spread(seed * 64 + n)
            };
            let both = Some(Fingerprint::from_u64(bits));
            (format!("{prefix}_{n}").into(), PerSide { a: both, b: both })
        })
        .collect()
}

fn pair(number: u64, rows: u64) -> Pair {
    let second = i64::try_from(number).unwrap_or_default();
    let time = |offset: i64| {
        chrono::DateTime::from_timestamp_micros((1_700_000_000 + second + offset) * 1_000_000 + 1)
            .map(|moment| SiteTime::from_naive(moment.naive_utc()))
    };
    let side = |name: String, offset| PairSide {
        name: name.into(),
        creation: time(offset),
        owner: format!("clerk-{}@example.com", number % 40),
        modified: time(offset + 60),
    };
    let row = |n: u64| {
        let seed = number * 1000 + n;
        RowBaseline {
            names: PerSide {
                a: format!("{:010x}", spread(seed) >> 24).into(),
                b: format!("{:010x}", spread(seed + 500) >> 24).into(),
            },
            fields: fields("item", seed, 10, 5).into_iter().collect(),
        }
    };
    Pair {
        id: None,
        mapping: MappingName::from("Sales Order"),
        sides: PerSide {
            a: side(format!("SAL-ORD-2026-{number:06}"), 0),
            b: side(format!("SO-BR-{number:07}"), 500),
        },
        open: false,
        gone: None,
        baseline: Baseline {
            fields: fields("field", number, 30, 10).into_iter().collect(),
            tables: [("items".into(), (0..rows).map(row).collect())].into(),
            ..Baseline::default()
        },
    }
}

fn report(what: &str, count: u64, took: Duration) {
    let seconds = took.as_secs_f64();
    let count_f64 = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    println!(
        "{what:<44} {count:>8} in {seconds:>7.2} s  {:>9.0} /s",
        count_f64 / seconds
    );
}

/// Times `work` on all numbers, a batch at a time, without the making of its input.
fn batches<T>(
    all: u64,
    make: impl Fn(std::ops::Range<u64>) -> T,
    mut work: impl FnMut(T) -> Result<(), Box<dyn Error>>,
) -> Result<Duration, Box<dyn Error>> {
    let mut took = Duration::ZERO;
    for start in (0..all).step_by(usize::try_from(BATCH)?) {
        let input = make(start..(start + BATCH).min(all));
        let began = Instant::now();
        work(input)?;
        took += began.elapsed();
    }
    Ok(took)
}

fn measure(sync: &SyncState, all: u64, rows: u64) -> Result<(), Box<dyn Error>> {
    let mapping = MappingName::from("Sales Order");
    let names = |range: std::ops::Range<u64>| -> Vec<DocName> {
        // In an order that is not that of the rows.
        range
            .map(|n| format!("SAL-ORD-2026-{:06}", n.wrapping_mul(7919) % all).into())
            .collect()
    };
    let todos = |range: std::ops::Range<u64>| -> Vec<Todo> {
        range
            .map(|n| {
                let side = pair(n, 0).sides.a;
                Todo {
                    key: DocKey {
                        name: side.name,
                        modified: side.modified,
                        creation: side.creation,
                        owner: side.owner,
                        lft: None,
                    },
                    reason: TodoReason::Seen,
                }
            })
            .collect()
    };
    let took = batches(all, todos, |todos| {
        Ok(sync.stage(&mapping, Side::A, &todos, None)?)
    })?;
    report("documents queued, 200 to a commit", all, took);

    let took = batches(
        all,
        |range| Batch {
            done: range
                .clone()
                .map(|n| (mapping.clone(), Side::A, pair(n, 0).sides.a.name))
                .collect(),
            pairs: range.map(|n| pair(n, rows)).collect(),
            ..Batch::default()
        },
        |batch| Ok(sync.commit(&batch)?),
    )?;
    report("pairs made, 200 to a commit", all, took);

    let took = batches(all, names, |names| {
        sync.counterparts(&mapping, Side::A, &names)?;
        Ok(())
    })?;
    report("counterparts by name", all, took);

    let took = batches(all, names, |names| {
        sync.pairs(&mapping, Side::A, &names)?;
        Ok(())
    })?;
    report("pairs by name, with baselines", all, took);

    let some = all.min(20_000);
    let mut last = None;
    let took = batches(
        some,
        |_| (),
        |()| {
            let mut pairs = sync.pairs_after(&mapping, last, usize::try_from(BATCH)?)?;
            last = pairs.last().and_then(|pair| pair.id);
            for pair in &mut pairs {
                pair.sides.a.modified = Some(SiteTime::new("2027-01-01 00:00:00"));
            }
            sync.commit(&Batch {
                pairs,
                ..Batch::default()
            })?;
            Ok(())
        },
    )?;
    report("pairs read and written again", some, took);

    let began = Instant::now();
    let counts = sync.counts(&mapping)?;
    println!(
        "{:<44} {:>8.2} ms",
        "counts",
        began.elapsed().as_secs_f64() * 1e3
    );
    assert_eq!(counts.pairs, all);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse());
    let all = arguments.next().transpose()?.unwrap_or(200_000);
    let rows = arguments.next().transpose()?.unwrap_or(5);
    let folder = tempfile::tempdir_in(".")?;
    let path = folder.path().join("state.db");
    let file = StateFile::open(&path)?;
    measure(&file.sync(&"hq-branch".into()), all, rows)?;

    let began = Instant::now();
    let scratch = file.scratch_copy()?;
    println!(
        "{:<44} {:>8.2} ms",
        "throw-away copy",
        began.elapsed().as_secs_f64() * 1e3
    );
    drop((scratch, file));
    let size = fs::metadata(&path)?.len();
    println!("{:<44} {:>8} bytes each, {rows} rows", "file", size / all);
    Ok(())
}
