//! The log of operations, and what was kept before writes.

use frappe_sync_model::{
    Batch, BeforeImage, DocKey, Document, IntentId, OperationAction, OperationRecord, PerSide,
    RunId, Side, StateStore, UndoMark, UndoStep,
};
use serde_json::{Map, Value};

use crate::StateFile;
use crate::tests::sample::{customer, moment, names, pair, stored_pairs, sync_of};

fn operation(number: i64, action: OperationAction) -> OperationRecord {
    OperationRecord {
        id: None,
        run: RunId::new(format!("run-{}", number / 10)),
        mapping: customer(),
        side: Side::B,
        action,
        names: PerSide {
            a: "C-1".into(),
            b: "C-1-b".into(),
        },
        at: moment(number),
        reason: "changed on `a`".to_owned(),
        intent: Some(IntentId(number)),
        modified: None,
        creation: None,
        undo: None,
    }
}

#[test]
fn operations_come_back_in_their_order_with_how_far_an_undo_got() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let operations = vec![
        operation(11, OperationAction::Create),
        operation(12, OperationAction::Merge),
        operation(21, OperationAction::Update),
    ];
    sync.commit(&Batch {
        operations: operations.clone(),
        ..Batch::default()
    })
    .unwrap();
    let stored = sync.operations("run-1").unwrap();
    let bare: Vec<_> = stored
        .iter()
        .map(|stored| OperationRecord {
            id: None,
            ..stored.clone()
        })
        .collect();
    assert_eq!(bare, operations[..2]);
    let name = &names(&["C-1-b"])[0];
    let last = sync.operations_of(&customer(), Side::B, name, 1).unwrap();
    assert_eq!(last[0].action, OperationAction::Update);

    let mut mark = UndoMark {
        by: RunId::new("undo-1"),
        at: moment(30),
        step: UndoStep::Begun,
    };
    let id = stored[0].id.unwrap();
    sync.begin_undo(&[id], &mark).unwrap();
    let undo = |place: usize| sync.operations("run-1").unwrap()[place].undo.clone();
    assert_eq!((undo(0), undo(1)), (Some(mark.clone()), None));
    mark.step = UndoStep::Done;
    sync.commit(&Batch {
        undone: vec![(id, mark.clone())],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(undo(0), Some(mark));

    assert_eq!(file.prune_operations(moment(20)).unwrap(), 2);
    assert!(sync.operations("run-1").unwrap().is_empty());
    assert_eq!(sync.operations("run-2").unwrap().len(), 1);
}

#[test]
fn an_image_comes_back_whole_and_goes_with_its_sync_alone() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let pair = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    let document = Document {
        key: DocKey {
            name: "C-1-b".into(),
            modified: pair.sides.b.modified.clone(),
            creation: None,
            owner: String::new(),
            lft: None,
        },
        modified_by: "clerk@example.com".to_owned(),
        docstatus: 0,
        fields: Map::from_iter([("website".to_owned(), Value::from("https://old.example"))]),
        tables: Default::default(),
    };
    let whole = BeforeImage {
        intent: IntentId(7),
        at: moment(1),
        pair: Some(pair),
        document: Some(document),
    };
    let made = BeforeImage {
        intent: IntentId(8),
        at: moment(9),
        pair: None,
        document: None,
    };
    sync.keep(&customer(), &[whole.clone(), made.clone()])
        .unwrap();
    assert_eq!(sync.image(IntentId(7)).unwrap(), Some(whole));
    assert_eq!(sync.image(IntentId(8)).unwrap(), Some(made));
    assert_eq!(sync.image(IntentId(9)).unwrap(), None);

    let other = file.sync(&"another".into());
    assert_eq!(other.image(IntentId(7)).unwrap(), None);
    assert_eq!(other.prune_images(moment(99)).unwrap(), 0);
    assert_eq!(sync.prune_images(moment(5)).unwrap(), 1);
    assert_eq!(sync.image(IntentId(7)).unwrap(), None);
    assert!(sync.image(IntentId(8)).unwrap().is_some());
}
