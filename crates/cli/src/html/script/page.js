/* The page: its lists, the search, links into it, and paper. */

const ACTIONS = ["create", "update", "submit", "cancel", "delete", "rename"];

/* Conflicts by the documents that they are about, so that a step can tell that it is one's outcome. */
const conflictOf = new Map();
for (const conflict of plan.conflicts) {
  conflictOf.set(JSON.stringify([conflict.doctype, conflict.a_name, conflict.b_name]), conflict);
}

function conflictsIn(operation) {
  const doctypes = { [operation.site]: operation.doctype, [other(operation.site)]: operation.counterpart?.doctype };
  const names = { [operation.site]: operation.name, [other(operation.site)]: operation.counterpart?.name };
  return conflictOf.get(JSON.stringify([doctypes.a, names.a, names.b]));
}

/* The step that writes the value that won; where each site wins some values, the one with more of them. */
const stepOf = new Map();
for (const operation of plan.operations) {
  const conflict = conflictsIn(operation);
  const decided = (step) => (step ? step.changes.filter((change) => change.rule).length : -1);
  if (conflict && decided(operation) > decided(stepOf.get(conflict))) stepOf.set(conflict, operation);
}

/** Returns the address of a document in the desk of a site; none where that is no web address. */
function deskLink(letter, doctype, name) {
  if (!/^https?:\/\//u.test(plan.sites[letter])) return null;
  const slug = doctype.toLowerCase().replaceAll(" ", "-");
  const base = plan.sites[letter].replace(/\/+$/u, "");
  return make("a", { class: "desk", href: `${base}/app/${encodeURIComponent(slug)}/${encodeURIComponent(name)}`, target: "_blank", rel: "noopener noreferrer" }, "open on ", side(letter));
}

/** Returns the leaves of a value as text. */
function leaves(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  return Object.values(value).map(leaves).join("\n");
}

function wordsOfOperation(operation) {
  const words = [operation.action, operation.doctype, operation.name, operation.counterpart?.name, operation.reason];
  for (const change of operation.changes) {
    words.push(change.path, leaves(change.from), leaves(change.to), leaves(change.other_name), change.rule);
  }
  return words.filter(Boolean).join("\n");
}

/** Returns in a few words what an operation touches. */
function touched(operation) {
  const names = [...new Set(operation.changes.map((change) => parsed(change.path)).map((place) => place.table ?? place.field))];
  const first = names.slice(0, 4).join(", ");
  return names.length > 4 ? `${first} and ${names.length - 4} more` : first;
}

/** Returns the facts that an operation rests on. */
function grounds(operation) {
  const facts = [["Rule", sentence(operation.reason)]];
  const conflict = conflictsIn(operation);
  if (conflict) facts.push(["Conflict", make("span", {}, conflict.fields.flatMap((field, place) => [place ? ", " : "", isolated(field)]), ": ", conflict.winner ? [side(conflict.winner), " wins, "] : "waits for a person, ", sentence(conflict.reason))]);
  if (operation.after.length) facts.push(["After", make("span", {}, operation.after.slice(0, 20).flatMap((id, place) => [place ? ", " : "", make("a", { href: `#op=${id}` }, `step ${id}`)]), operation.after.length > 20 ? ` and ${operation.after.length - 20} more` : "")]);
  const base = ["a", "b"].filter((letter) => operation.base[`${letter}_modified`]).flatMap((letter, place) => [place ? " · " : "", side(letter), " ", isolated(operation.base[`${letter}_modified`].replace(/\.\d+$/u, ""))]);
  if (base.length) facts.push(["Decided on", make("span", {}, "the state saved ", base)]);
  const links = [
    operation.name !== null && operation.action !== "create" ? deskLink(operation.site, operation.doctype, operation.name) : null,
    operation.counterpart ? deskLink(other(operation.site), operation.counterpart.doctype, operation.counterpart.name) : null,
  ].filter(Boolean);
  if (links.length) facts.push(["Documents", make("span", {}, links.flatMap((link, place) => [place ? " · " : "", link]))]);
  return make("dl", { class: "grounds" }, facts.map(([term, fact]) => make("div", {}, make("dt", {}, term), make("dd", {}, fact))));
}

function documentRow(operation) {
  const { counterpart, site } = operation;
  let from = null;
  if (operation.name === null) from = ["on ", side(other(site)), ", a new name on ", side(site)];
  else if (counterpart && counterpart.name !== operation.name) from = ["from ", isolated(counterpart.name), " on ", side(other(site))];
  from = from && make("span", { class: "faint" }, from);
  const name = isolated(nameOf(operation), { class: "name" });
  const summary = make("summary", {},
    make("span", { class: `action kind-${operation.action}` }, operation.action),
    make("span", { class: "title" }, name, " ", from),
    conflictsIn(operation) ? make("span", { class: "badge kind-conflict" }, "conflict") : null,
    make("span", { class: "touched faint" }, isolated(touched(operation))));
  const body = make("div", { class: "body" });
  const element = make("details", { class: "document", id: `op=${operation.id}` }, summary, body);
  let isFilled = false;
  element.fill = () => {
    if (isFilled) return;
    isFilled = true;
    body.append(...changesOf(operation), grounds(operation));
  };
  element.addEventListener("toggle", () => { if (element.open) element.fill(); });
  return element;
}

/** Picks the changes that a conflict is about; its rule is told once. */
function ofConflict(conflict) {
  return (change) => {
    if (!change.rule && !conflict.fields.includes(change.path)) return null;
    return { ...change, rule: change.rule === conflict.reason ? null : change.rule };
  };
}

function conflictRow(conflict) {
  const step = stepOf.get(conflict);
  return make("article", { class: "card" },
    make("h4", {}, isolated(conflict.doctype), " ", isolated(conflict.a_name), conflict.a_name === conflict.b_name ? null : [" ", side("a"), " · ", isolated(conflict.b_name), " ", side("b")]),
    make("p", {}, "both changed ", conflict.fields.flatMap((field, place) => [place ? ", " : "", make("code", {}, isolated(field))])),
    make("p", {}, conflict.winner ? [make("strong", {}, "the value of "), side(conflict.winner), make("strong", {}, " wins")] : make("strong", {}, "waits for a person"), ": ", sentence(conflict.reason),
      step ? [" · ", make("a", { href: `#op=${step.id}` }, `step ${step.id}`)] : null),
    step ? changesOf(step, ofConflict(conflict)) : null);
}

function parkedRow(parked) {
  const cause = parked.cause.exc_type || parked.cause.kind.replaceAll("_", " ");
  return make("article", { class: "card" },
    make("h4", {}, isolated(parked.doctype), " ", isolated(parked.name), " on ", side(parked.site), " ", make("span", { class: "badge kind-parked" }, isolated(cause))),
    make("p", {}, sentence(parked.message)));
}

function noteRow(note) {
  return make("article", { class: "card" },
    make("h4", {}, isolated(note.doctype), note.name === null ? null : [" ", isolated(note.name)], " on ", side(note.site), " ", make("span", { class: "badge" }, note.kind.replaceAll("_", " "))),
    make("p", {}, sentence(note.message)));
}

/** Returns the operations by site and DocType, in the order of the first of each. */
function groups() {
  const found = new Map();
  for (const operation of plan.operations) {
    const key = `${operation.site}/${operation.doctype}`;
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(operation);
  }
  return [...found.values()];
}

const lists = [];
const add = (place, list) => {
  lists.push(list);
  document.getElementById(place).append(list.element);
};
const urgent = [
  ["conflicts", "Conflicts", plan.conflicts, conflictRow, "conflict"],
  ["parked", "Parked", plan.parked, parkedRow, "parked"],
];
for (const [id, title, items, row, tone] of urgent) {
  if (items.length) add("urgent", new List({ id, title, items, row, tone, words: leaves, isOpen: true, first: 10 }));
}
const SMALL = 60;
for (const operations of groups()) {
  const { site, doctype } = operations[0];
  add("lists", new List({
    id: `list-${lists.length}`,
    title: [isolated(doctype), " on ", side(site)],
    hint: ACTIONS.map((action) => [action, operations.filter((operation) => operation.action === action).length]).filter(([, amount]) => amount).map(([action, amount]) => `${number.format(amount)} to ${action}`).join(", "),
    items: operations,
    row: documentRow,
    words: wordsOfOperation,
    isOpen: plan.operations.length <= SMALL,
    facets: (operation) => ({ do: operation.action, to: operation.site }),
  }));
}
if (plan.notes.length) add("lists", new List({ id: "notes", title: "Notes", items: plan.notes, row: noteRow, words: leaves, isOpen: plan.notes.length <= SMALL }));
if (plan.operations.length === 0) {
  document.getElementById("lists").append(make("p", { class: "notice calm" }, "Nothing is to be written: both sites hold the same."));
}

const search = document.getElementById("search");
const chosen = { do: new Set(), to: new Set(), doctype: null };
const chips = new Map();

/** Makes a switch that shows only what has one thing done to it, or goes to one site. */
function chip(facet, value, label) {
  const button = make("button", { type: "button", class: `chip kind-${value}`, "aria-pressed": "false" }, label);
  button.addEventListener("click", () => {
    if (!chosen[facet].delete(value)) chosen[facet].add(value);
    filter();
  });
  chips.set(`${facet}=${value}`, button);
  document.getElementById("chips").append(button);
}

function tidyHash() {
  const told = new URLSearchParams();
  if (search.value.trim()) told.set("q", search.value.trim());
  for (const facet of ["do", "to"]) if (chosen[facet].size) told.set(facet, [...chosen[facet]].join(","));
  if (chosen.doctype) told.set("doctype", chosen.doctype);
  // Where the address cannot be changed, only the link to share is missing.
  try { history.replaceState(null, "", `#${told}`); } catch { /* nothing else depends on it */ }
}

/** Shows what fits the search and the switches. */
function filter() {
  const words = folded(search.value).split(/\s+/u).filter(Boolean);
  const isFiltered = words.length > 0 || chosen.do.size > 0 || chosen.to.size > 0 || chosen.doctype !== null;
  const passes = (item, place, list) => {
    const facets = list.facets(item);
    if (chosen.do.size && !chosen.do.has(facets.do)) return false;
    if (chosen.to.size && !chosen.to.has(facets.to)) return false;
    if (chosen.doctype !== null && item.doctype !== chosen.doctype) return false;
    return words.length === 0 || words.every((word) => list.text(place).includes(word));
  };
  let amount = 0;
  for (const list of lists) {
    const matching = list.show(passes, isFiltered || unfolded || list.wasOpen);
    if (list.row === documentRow) amount += matching;
  }
  // Where few are found, what was found in them is shown.
  if (words.length && amount <= 5) {
    for (const list of lists) for (const element of list.elements.values()) unfoldDocument(element);
  }
  for (const [key, button] of chips) {
    const [facet, value] = key.split("=");
    button.setAttribute("aria-pressed", String(chosen[facet].has(value)));
  }
  const found = document.getElementById("found");
  found.replaceChildren(isFiltered ? `${number.format(amount)} of ${count(plan.operations.length, "document")}` : count(plan.operations.length, "document"));
  if (chosen.doctype !== null) found.append(" · only ", isolated(chosen.doctype));
  if (isFiltered) found.append(" · ", make("button", { type: "button", class: "plain", on: { click: clear } }, "show all"));
  highlight(words);
}

function clear() {
  search.value = "";
  chosen.do.clear();
  chosen.to.clear();
  chosen.doctype = null;
  tidyHash();
  filter();
}

/** Marks the words that were searched for, where the browser can do so without changing the page. */
function highlight(words) {
  if (!("highlights" in CSS)) return;
  CSS.highlights.delete("found");
  if (words.length === 0) return;
  const ranges = [];
  for (const list of lists) {
    const walker = document.createTreeWalker(list.element, NodeFilter.SHOW_TEXT);
    while (ranges.length < 2000 && walker.nextNode()) {
      const text = walker.currentNode.data.toLowerCase();
      if (text.length !== walker.currentNode.data.length) continue;
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0 && ranges.length < 2000; at = text.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + word.length);
          ranges.push(range);
        }
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}

/** Goes to a step. */
function goTo(id) {
  const operation = steps.get(id);
  if (!operation) return;
  if (!lists.some((list) => list.matching.includes(operation))) {
    search.value = "";
    chosen.do.clear();
    chosen.to.clear();
    chosen.doctype = null;
    filter();
  }
  for (const list of lists) {
    const element = list.find(operation);
    if (!element) continue;
    unfoldDocument(element);
    element.scrollIntoView({ block: "start" });
    element.querySelector("summary").focus({ preventScroll: true });
    element.classList.add("target");
    setTimeout(() => element.classList.remove("target"), 2000);
  }
}

/** Does what the address asks for: `q`, `do`, `to`, `doctype`, `op` and `unfold`. */
function follow() {
  const asked = new URLSearchParams(location.hash.slice(1));
  if (asked.has("op")) {
    goTo(Number(asked.get("op")));
    return;
  }
  if (!["q", "do", "to", "doctype", "unfold"].some((key) => asked.has(key))) return;
  search.value = asked.get("q") || "";
  for (const facet of ["do", "to"]) chosen[facet] = new Set((asked.get(facet) || "").split(",").filter((value) => chips.has(`${facet}=${value}`)));
  chosen.doctype = asked.get("doctype");
  filter();
  if (asked.get("unfold") === "all") unfoldAll();
}

/** Shows everything that fits, with what changes in it. */
function unfoldAll() {
  unfolded = true;
  for (const list of lists) {
    for (const element of list.elements.values()) unfoldDocument(element);
    list.makeAll();
  }
}

function foldAll() {
  unfolded = false;
  for (const list of lists) for (const element of list.elements.values()) if (element.fill) element.open = false;
}

for (const action of ACTIONS) {
  const amount = plan.operations.filter((operation) => operation.action === action).length;
  if (amount) chip("do", action, `${action} ${number.format(amount)}`);
}
for (const letter of ["a", "b"]) {
  const amount = plan.operations.filter((operation) => operation.site === letter).length;
  if (amount && amount < plan.operations.length) chip("to", letter, ["to ", side(letter)]);
}
document.getElementById("toolbar").hidden = plan.operations.length === 0;
document.getElementById("unfold").addEventListener("click", () => {
  unfolded = true;
  for (const list of lists) {
    for (const element of list.elements.values()) unfoldDocument(element);
    list.element.open = true;
  }
});
document.getElementById("fold").addEventListener("click", foldAll);
for (const link of document.querySelectorAll("[data-show-doctype]")) {
  const { showSite, showDoctype } = link.dataset;
  link.href = `#${new URLSearchParams({ to: showSite, doctype: showDoctype })}`;
  link.addEventListener("click", () => document.getElementById("documents").scrollIntoView());
}
let waiting;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { tidyHash(); filter(); }, 120);
});
search.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    search.focus();
  }
});
let foldedBefore = null;
window.addEventListener("beforeprint", () => {
  foldedBefore = { unfolded, open: lists.map((list) => list.element.open) };
  unfoldAll();
});
window.addEventListener("afterprint", () => {
  if (!foldedBefore) return;
  unfolded = foldedBefore.unfolded;
  lists.forEach((list, place) => { list.element.open = foldedBefore.open[place]; });
  foldedBefore = null;
});
window.addEventListener("hashchange", follow);
filter();
follow();
document.documentElement.dataset.ready = "yes";
