/* What an operation changes: fields side by side, then rows of child tables. */

const plan = JSON.parse(document.getElementById("plan").textContent);
const steps = new Map(plan.operations.map((operation) => [operation.id, operation]));

/** Returns a badge with the letter of a site. */
function side(letter) {
  return make("span", { class: `side side-${letter}` }, letter);
}

function other(letter) {
  return letter === "a" ? "b" : "a";
}

/** Returns what is said of a document that a step makes or changes. */
function nameOf(operation) {
  return operation.name ?? operation.counterpart?.name ?? `step ${operation.id}`;
}

/** Returns a link to a step of this page. */
function stepLink(id) {
  const step = steps.get(id);
  const href = `#op=${id}`;
  if (!step) return make("span", {}, `the document made by step ${id}`);
  return make("a", { class: "step", href }, step.doctype, " ", isolated(nameOf(step)), make("small", {}, ` made by step ${id}`));
}

function isNothing(value) {
  return value === null || value === undefined || value === "";
}

function isStep(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 1 && Number.isInteger(value.op);
}

/** Returns a value as a person reads it. */
function shown(value) {
  if (isNothing(value)) return make("span", { class: "empty" }, "empty");
  if (isStep(value)) return stepLink(value.op);
  if (typeof value === "string") return longText(value);
  if (typeof value === "object") return make("code", {}, longText(JSON.stringify(value, null, 1)));
  return make("span", { class: "number" }, String(value));
}

/** Returns two values, with what differs in their text marked. */
function compared(from, to) {
  const areShort = typeof from === "string" && typeof to === "string" && from !== "" && to !== ""
    && from.length <= LONGEST_SHOWN && to.length <= LONGEST_SHOWN;
  if (!areShort) return [shown(from), shown(to)];
  const pieces = wordDifference(from, to);
  const kept = pieces.filter(([kind]) => kind === "=").reduce((sum, [, words]) => sum + words.join("").trim().length, 0);
  // Where hardly anything stayed, marks would be noise.
  if (kept * 4 < Math.min(from.length, to.length)) return [shown(from), shown(to)];
  const marked = (kind, tag) => make("bdi", { dir: "auto", class: "text" }, pieces
    .filter(([piece, words]) => words.length > 0 && (piece === "=" || piece === kind))
    .flatMap(([piece, words]) => (piece === "=" ? visible(words.join("")) : [make(tag, {}, edges(words.join("")))])));
  return [marked("-", "del"), marked("+", "ins")];
}

/** Takes a path apart: `field`, `table[]` or `table[row].field`. */
function parsed(path) {
  const found = /^([^[]*)\[(.*?)\](?:\.(.*))?$/su.exec(path);
  if (!found) return { field: path };
  return { table: found[1], row: found[2], field: found[3] };
}

/** Returns what is said below a value: its name on the other site, and the rule that decided. */
function asides(change, operation) {
  const notes = [];
  if (typeof change.other_name === "string") {
    notes.push(make("small", { class: "aside" }, "called ", isolated(change.other_name), " on ", side(other(operation.site))));
  }
  return notes;
}

function rule(change) {
  return change.rule ? make("small", { class: "rule" }, "both changed: ", sentence(change.rule)) : null;
}

const STAGES = ["draft", "submitted", "cancelled"];

/** Returns a value of a field, in the words of the form where it is a number there. */
function ofField(field, value) {
  const stage = field === "docstatus" ? STAGES[value] : undefined;
  return stage ? `${value} (${stage})` : value;
}

const CAPTIONS = { new: ["Value"], both: ["Now", "Will be"], gone: ["Held until now"] };

/** Returns the fields of an operation or of a row: the new alone, old beside new, or the old alone. */
function fieldTable(changes, operation, which) {
  const captions = CAPTIONS[which];
  const header = make("tr", {}, ["Field", ...captions].map((title) => make("th", { scope: "col" }, title)));
  const rows = changes.map((change) => {
    const [from, to] = [ofField(change.field, change.from), ofField(change.field, change.to)];
    const values = { new: [shown(to)], gone: [shown(from)] }[which] || compared(from, to);
    const cells = values.map((value, place) => {
      const isNew = which !== "gone" && place === values.length - 1;
      return make("td", { class: isNew ? "new" : "old", "data-label": captions[place] }, value, isNew ? asides(change, operation) : null);
    });
    return make("tr", {}, make("th", { scope: "row" }, isolated(change.field), rule(change)), cells);
  });
  return make("table", { class: which === "both" ? "fields" : "fields alone" }, make("thead", {}, header), make("tbody", {}, rows));
}

const FATES = { new: "new", changed: "changed", removed: "taken out" };

/** Returns which row it is, and what becomes of it. */
function rowTitle(table, row, name) {
  const key = (row?.key || []).filter((value) => !isNothing(value));
  const title = row ? `row ${row.number}` : `row ${name}`;
  const fate = row?.fate || "changed";
  return make("h5", {}, make("span", { class: `fate fate-${fate}` }, FATES[fate]), " ", isolated(table), ` ${title}`,
    key.length ? [" · ", key.flatMap((value, place) => (place ? [", ", shown(value)] : [shown(value)]))] : null);
}

/** Returns rows of a new document as a table, fields across. */
function newRows(table, rows, operation) {
  const fields = [...new Set(rows.flatMap((row) => row.changes.map((change) => change.field)))];
  const head = make("tr", {}, make("th", { scope: "col" }, "#"), fields.map((field) => make("th", { scope: "col" }, isolated(field))));
  const body = rows.map((row, place) => {
    const of = new Map(row.changes.map((change) => [change.field, change]));
    const cells = fields.map((field) => {
      const change = of.get(field);
      return make("td", {}, change ? [shown(change.to), asides(change, operation)] : null);
    });
    return make("tr", {}, make("th", { scope: "row" }, String(row.row?.number ?? place + 1)), cells);
  });
  return make("div", { class: "rows" },
    make("h5", {}, make("span", { class: "fate fate-new" }, count(rows.length, "new row")), " ", isolated(table)),
    make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": `rows of ${table}` },
      make("table", { class: "grid" }, make("thead", {}, head), make("tbody", {}, body))));
}

/** Returns a row that is taken out, with what it held. */
function removedRow(table, row, change, operation) {
  const held = typeof change.from === "object" && change.from !== null ? Object.entries(change.from) : [];
  const changes = held.filter(([, value]) => !isNothing(value) && value !== 0).map(([field, value]) => ({ field, from: value, to: null }));
  return make("div", { class: "rows" }, rowTitle(table, row.row, row.name),
    changes.length ? fieldTable(changes, operation, "gone") : null);
}

/** Returns the order of rows, before and after, by their numbers of now. */
function newOrder(table, change) {
  const before = Array.isArray(change.from) ? change.from : [];
  const after = Array.isArray(change.to) ? change.to : [];
  const line = after.map((name) => (before.indexOf(name) < 0 ? "new" : `row ${before.indexOf(name) + 1}`)).join(", ");
  return make("div", { class: "rows" }, make("h5", {}, make("span", { class: "fate fate-changed" }, "order"), " ", isolated(table)),
    make("p", {}, before.length && after.length ? `will stand as: ${line}` : [shown(change.from), " → ", shown(change.to)]));
}

/** Returns what an operation changes, as far as `pick` returns it. */
function changesOf(operation, pick = (change) => change) {
  const isNew = operation.action === "create";
  const own = [];
  const tables = new Map();
  for (const change of operation.changes.map(pick).filter(Boolean)) {
    const { table: tableName, row: name, field } = parsed(change.path);
    if (tableName === undefined) {
      own.push({ ...change, field });
      continue;
    }
    if (!tables.has(tableName)) tables.set(tableName, { order: null, rows: new Map() });
    const table = tables.get(tableName);
    if (field === undefined) {
      table.order = change;
      continue;
    }
    // A new row has no name yet, so its number tells it from the next.
    const key = `${change.row?.fate || ""}/${name}/${change.row?.fate === "new" ? change.row.number : ""}`;
    if (!table.rows.has(key)) table.rows.set(key, { name, row: change.row, changes: [] });
    table.rows.get(key).changes.push({ ...change, field });
  }
  const parts = [];
  if (own.length) parts.push(fieldTable(own, operation, isNew ? "new" : "both"));
  for (const [name, table] of tables) {
    const rows = [...table.rows.values()];
    const made = rows.filter((row) => isNew || row.row?.fate === "new");
    if (made.length) parts.push(newRows(name, made, operation));
    for (const row of rows.filter((one) => !made.includes(one))) {
      const isRemoved = row.row ? row.row.fate === "removed" : row.changes[0].field === "name" && row.changes[0].to === null;
      parts.push(isRemoved
        ? removedRow(name, { ...row, row: row.row || { number: row.name, key: [], fate: "removed" } }, row.changes[0], operation)
        : make("div", { class: "rows" }, rowTitle(name, row.row, row.name), fieldTable(row.changes, operation, "both")));
    }
    if (table.order) parts.push(newOrder(name, table.order));
  }
  return parts;
}
