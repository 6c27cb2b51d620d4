//! Saves that begin now and are committed later, as those of a slow server do (protocol 12.1).

use chrono::TimeDelta;
use frappe_sync_model::Side;
use frappe_sync_sandbox::{Action, Fault, Matcher, Method, Request};
use serde_json::{Map, Value, json};

use super::{Acted, Doer, Done};
use crate::world::book::LateSave;
use crate::world::dice::Dice;
use crate::world::kind::Kind;
use crate::world::site::World;

impl Doer<'_> {
    /// Begins to change a document.
    pub(super) fn edit_late(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        let values = self.changes(kind);
        commit_those_of(self.world, self.side, kind, &[&name]);
        let path = format!("/api/resource/{}/{}", kind.doctype(), name).replace(' ', "%20");
        self.begin(kind, Some(name), Request::new(Method::Put, &path), values);
        Ok(Done::Yes)
    }

    /// Begins to make a document.
    pub(super) fn create_late(&mut self) -> Acted {
        let Some(kind) = self.kind(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        let name = self.new_name(kind);
        let values = self.new_document(kind, name.as_deref());
        let path = format!("/api/resource/{}", kind.doctype());
        self.begin(kind, None, Request::new(Method::Post, &path), values);
        Ok(Done::Yes)
    }

    fn begin(
        &mut self,
        kind: Kind,
        name: Option<String>,
        request: Request,
        values: Map<String, Value>,
    ) {
        let site = &self.world.sites[self.side];
        let ticket = site.faults().push(Fault {
            matcher: Matcher::any(),
            action: Action::KeepRunning { millis: None },
        });
        let request = request
            .token("person-key", "person-secret")
            .json(&json!({ "data": values }));
        drop(site.exchange(&request));
        let due = self.world.time.now() + TimeDelta::seconds(self.dice.between(1, 300));
        self.world.book().late.push(LateSave {
            due,
            side: self.side,
            kind,
            name,
            ticket,
        });
    }
}

/// Commits the saves whose time has come.
pub(crate) fn commit_due(world: &World) {
    let now = world.time.now();
    commit(world, |late| late.due <= now);
}

/// Commits all saves.
pub(crate) fn commit_all(world: &World) {
    commit(world, |_| true);
}

/// Commits the saves of documents that a request speaks of: it would wait for their locks, and come after them.
pub(crate) fn commit_those_in(world: &World, side: Side, request: &Request) {
    let body = String::from_utf8_lossy(&request.body);
    let path = request.path.replace("%20", " ");
    commit(world, |late| {
        let speaks_of = |name: &String| path.contains(name) || body.contains(name);
        late.side == side && late.name.as_ref().is_some_and(speaks_of)
    });
}

/// Commits the saves of these documents.
pub(super) fn commit_those_of(world: &World, side: Side, kind: Kind, names: &[&str]) {
    commit(world, |late| {
        let is_one = |name: &String| names.contains(&name.as_str());
        (late.side, late.kind) == (side, kind) && late.name.as_ref().is_some_and(is_one)
    });
}

fn commit(world: &World, is_meant: impl Fn(&LateSave) -> bool) {
    loop {
        let late = {
            let mut book = world.book();
            match book.late.iter().position(&is_meant) {
                Some(place) => book.late.remove(place),
                None => return,
            }
        };
        let doer = Doer {
            world,
            side: late.side,
            dice: Dice::of(0),
        };
        let known = world.names(late.side, late.kind);
        let name: Vec<&str> = late.name.as_deref().into_iter().collect();
        let committed = doer.observed(late.kind, "late", &name, || {
            late.ticket.release();
            let mut names = world.names(late.side, late.kind);
            names.retain(|name| !known.contains(name));
            Ok(names.into_iter().map(|(name, _)| name).collect())
        });
        drop(committed);
    }
}
