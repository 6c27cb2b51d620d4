/* The inbox: both values side by side, and what a person decides. */

const chosen = new Set();

async function conflictsView(name) {
  const told = await call(at(name, "conflicts"));
  const waiting = told.conflicts.filter((conflict) => conflict.id !== null);
  for (const id of [...chosen]) if (!waiting.some((conflict) => conflict.id === id)) chosen.delete(id);
  const count = el("span", {}, "");
  const many_ = el("div", { class: "many row", role: "group", "aria-label": "Decide many" });
  const tell = () => {
    count.textContent = `${chosen.size} chosen`;
    many_.hidden = chosen.size === 0;
  };
  const decideMany = (take) => async () => {
    const ids = [...chosen];
    const text = `${many(ids.length, "conflict")} are decided for ${take}. What the other site holds is kept in the journal for 90 days.`;
    if (!(await ask(`Decide ${many(ids.length, "conflict")}?`, el("p", {}, text), `Take ${take}`))) return;
    const done = await order(at(name, "conflicts", "resolve"), { conflicts: ids, take });
    if (done) toast(said(done));
    chosen.clear();
    draw();
  };
  many_.append(count, el("span", { class: "grow" }),
    el("button", { type: "button", onclick: decideMany("a") }, "Take ", side("a")),
    el("button", { type: "button", onclick: decideMany("b") }, "Take ", side("b")));
  const boxes = waiting.map((conflict) => inboxEntry(name, conflict, tell));
  const all = el("input", {
    type: "checkbox",
    onchange: (event) => {
      for (const box of document.querySelectorAll("[data-conflict]")) {
        box.checked = event.target.checked;
        if (box.checked) chosen.add(Number(box.dataset.conflict));
        else chosen.delete(Number(box.dataset.conflict));
      }
      tell();
    },
  });
  tell();
  return el("div", {},
    el("h1", {}, `Conflicts in ${name}`),
    waiting.length ? el("label", { class: "row small" }, all, "all of them") : el("p", { class: "faint" }, "No conflict waits."),
    told.more ? el("p", { class: "faint" }, `${told.more} more are not shown.`) : null,
    boxes, many_);
}

function inboxEntry(sync, conflict, tell) {
  const body = el("div", { class: "body", hidden: true });
  const box = el("input", {
    type: "checkbox", "data-conflict": conflict.id, checked: chosen.has(conflict.id),
    "aria-label": `Choose conflict ${conflict.id}`,
    onchange: (event) => {
      if (event.target.checked) chosen.add(conflict.id);
      else chosen.delete(conflict.id);
      tell();
    },
  });
  const open = el("button", {
    type: "button", "aria-expanded": "false",
    onclick: async () => {
      const shows = body.hidden;
      body.hidden = !shows;
      open.setAttribute("aria-expanded", String(shows));
      if (shows && !body.hasChildNodes()) await fill(sync, conflict, body);
    },
  }, "Compare");
  return el("section", { class: "conflict", "aria-label": `${conflict.doctype} ${conflict.a_name}` },
    el("div", { class: "head" }, box,
      el("span", {}, el("strong", {}, conflict.doctype), " ", el("a", { href: whyLink(sync, conflict.doctype, conflict.a_name) }, conflict.a_name),
        conflict.a_name === conflict.b_name ? "" : ` (${conflict.b_name} on b)`),
      el("code", {}, conflict.path), el("span", { class: "grow" }),
      el("span", { class: "faint small" }, conflict.seen ? when(conflict.seen) : ""), open),
    body);
}

async function fill(sync, conflict, body) {
  body.replaceChildren(el("p", { class: "faint" }, "Reading both sites…"));
  let told;
  try {
    told = await call(at(sync, "conflicts", String(conflict.id)));
  } catch (error) {
    body.replaceChildren(el("p", { class: "note bad" }, error.message));
    return;
  }
  const values = told.values;
  const decide = (take, text) => async () => {
    const done = await order(at(sync, "conflicts", "resolve"), { conflicts: [conflict.id], take });
    if (done) toast(`${text}: ${said(done)}`);
    draw();
  };
  const column = (name, other) => el("section", {},
    el("div", { class: "row" }, side(name), el("span", { class: "small faint" },
      told.exists[name] ? `saved ${told.modified[name] || "?"} by ${told.users[name] || "?"}` : "this document is not there")),
    el("span", { class: "value" }, marked(values[name], values[other])),
    el("button", { type: "button", onclick: decide(name, `${name} stands`) }, `Take ${name}`));
  const kind = typeof values.a === "object" && values.a !== null ? "json" : typeof values.a;
  const can = kind !== "json" && typeof values.b !== "object" || values.a === null || values.b === null;
  const write = el("textarea", { "aria-label": "Your own value", value: values.a === null ? "" : String(values.a) });
  const own = async () => {
    const text = write.value;
    const value = (typeof values.a === "number" || typeof values.b === "number") && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
    await decide({ value }, "Your value stands")();
  };
  body.replaceChildren(
    el("div", { class: "both" }, column("a", "b"), column("b", "a")),
    can && !conflict.path.startsWith("(") ? el("details", {},
      el("summary", {}, "Write another value, or merge both"),
      write, el("div", { class: "row" },
        el("button", { type: "button", onclick: () => { write.value = [shown(values.a), shown(values.b)].join("\n"); } }, "Put both in"),
        el("button", { type: "button", class: "strong", onclick: own }, "This stands"))) : null);
}

function said(done) {
  const words = { done: "settled", over: "it was over", queued: "the next run carries it out", changed: "somebody saved it meanwhile; it waits" };
  const outcomes = (done.resolved || []).map((one) => one.outcome || "failed");
  const counts = new Map();
  for (const one of outcomes) counts.set(one, (counts.get(one) || 0) + 1);
  return [...counts].map(([one, count]) => (outcomes.length > 1 ? `${count} ` : "") + (words[one] || one)).join(", ");
}
