//! Makes a draft fit both sites: what one of them lacks, or would misunderstand, is left out by name.

use std::collections::BTreeSet;

use frappe_sync_engine::Metas;
use frappe_sync_mapper::{
    EffectiveMapping, LeftOutReason, LinkRule, MappingFile, names_mean_the_same, parse, resolve,
};
use frappe_sync_model::{DocType, PerSide, Side};

use super::draft::Draft;
use crate::checks::{lonely_fields, travelling};

/// Returns what travels under a draft, all names taken for shared, or what is wrong with it.
pub(crate) fn effective(draft: &Draft, metas: &PerSide<Metas>) -> Result<EffectiveMapping, String> {
    // Whether names are shared is what is still to be found out, so it is no mistake here.
    let text = draft.text() + "shared_names: true\n";
    let file = read(&text, draft)?;
    let mappings = resolve(std::slice::from_ref(&file), metas);
    match mappings {
        Ok(mut mappings) => mappings.pop().ok_or_else(|| "nothing travels".to_owned()),
        Err(wrong) => Err(first_message(wrong.iter())),
    }
}

/// Reads a draft as the mapping file that it becomes.
pub(crate) fn read(text: &str, draft: &Draft) -> Result<MappingFile, String> {
    parse(text, draft.doctype.as_str()).map_err(|wrong| wrong.message)
}

pub(super) fn first_message<'w>(
    wrong: impl IntoIterator<Item = &'w frappe_sync_mapper::Diagnostic>,
) -> String {
    let first = wrong.into_iter().next();
    first.map_or_else(String::new, |diagnostic| diagnostic.message.clone())
}

/// Leaves out of a draft what cannot travel beside the DocTypes that are `covered`.
pub(super) fn fit(
    draft: &mut Draft,
    covered: &BTreeSet<DocType>,
    metas: &PerSide<Metas>,
    names: PerSide<&str>,
) -> Result<(), String> {
    loop {
        let mapping = effective(draft, metas)?;
        let mut is_new = false;
        for (path, why) in unfit(&mapping, covered, metas, names) {
            is_new |= draft.leave_out(&path, &why);
        }
        if !is_new {
            return Ok(());
        }
    }
}

fn unfit(
    mapping: &EffectiveMapping,
    covered: &BTreeSet<DocType>,
    metas: &PerSide<Metas>,
    names: PerSide<&str>,
) -> Vec<(String, String)> {
    let mut unfit = Vec::new();
    for side in Side::BOTH {
        let lonely = lonely_fields(mapping, side);
        let why = format!("only on `{}`", names[side]);
        unfit.extend(lonely.into_iter().map(|path| (path, why.clone())));
    }
    for left_out in &mapping.left_out {
        let differs = match &left_out.reason {
            LeftOutReason::KindsDiffer(here, across)
            | LeftOutReason::TargetsDiffer(here, across) => (here, across),
            _ => continue,
        };
        if left_out.side == Side::A {
            let (a, b) = differs;
            let why = format!("`{a}` on `{}`, `{b}` on `{}`", names.a, names.b);
            unfit.push((left_out.field.clone(), why));
        }
    }
    let handed_out = travelling(mapping).filter_map(|(path, field)| {
        let LinkRule::Link { doctypes } = &field.link else {
            return None;
        };
        let target = &doctypes.a;
        let is_handed_out = Side::BOTH.into_iter().any(|side| {
            let bundle = metas[side].get(&doctypes[side]);
            bundle.is_some_and(|bundle| !names_mean_the_same(&bundle.doctype))
        });
        (is_handed_out && !covered.contains(target)).then(|| {
            let why = format!("links to `{target}`, which is not mapped and named by each site");
            (path, why)
        })
    });
    unfit.extend(handed_out);
    unfit
}
