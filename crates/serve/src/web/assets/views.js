/* What is seen of a sync. */

const OUTCOMES = {
  converged: ["good", "together"],
  partial: ["change", "something waits"],
  stopped: ["bad", "stopped by a guard"],
  failed: ["bad", "failed"],
};

function outcome(run) {
  if (!run) return tag("", "never ran");
  if (!run.outcome) return run.finished ? tag("bad", "failed") : tag("", "not ended");
  const [kind, text] = OUTCOMES[run.outcome] || ["", run.outcome];
  return tag(kind, text);
}

function work(running) {
  if (running === "verify") return "comparing both sites";
  const { only, sweep } = running.run;
  if (only.length) return `running for ${only.join(", ")}`;
  return sweep ? "running, and reading every key" : "running";
}

function progressOf(sync) {
  if (!sync.running) return sync.waiting ? el("p", { class: "faint small" }, "waits for a place") : null;
  const live = sync.progress || {};
  const place = [live.phase, live.mapping].filter(Boolean).join(" · ");
  const count = live.total ? ` ${live.done} of ${live.total}` : "";
  return el("div", {},
    el("p", { class: "small busy" }, work(sync.running), place ? `: ${place}${count}` : ""),
    live.total ? el("progress", { max: live.total, value: live.done, "aria-label": "Documents" }) : null);
}

function summaryOf(summary) {
  const words = Object.entries(summary || {}).filter(([name, count]) => count > 0 && name !== "unchanged");
  return words.length ? words.map(([name, count]) => `${name} ${count}`).join(", ") : "nothing to do";
}

function waits(sync) {
  const tags = [];
  const waiting = sync.waiting_for_people || {};
  const link = (place, kind, text) => el("a", { href: `#/${encodeURIComponent(sync.sync)}/${place}`, class: `tag ${kind}` }, text);
  if (waiting.conflicts) tags.push(link("conflicts", "bad", many(waiting.conflicts, "conflict")));
  if (waiting.parked) tags.push(link("parked", "change", `${waiting.parked} parked`));
  if (waiting.unknown) tags.push(tag("change", `${waiting.unknown} unknown`));
  return tags;
}

function lagOf(sync) {
  if (!sync.last_run) return null;
  const success = sync.last_success && sync.last_success.started;
  if (sync.lag && sync.lag.behind_seconds) return `${span(sync.lag.behind_seconds)} behind, ${sync.lag.queued} queued`;
  return success ? ["what was saved before ", when(success), " is on both"] : "never yet together";
}

function buttons(sync) {
  const run = (body, said) => () => order(at(sync.sync, "run"), body, said).then(draw);
  return el("div", { class: "row" },
    el("button", { type: "button", class: "strong", onclick: run({}, `${sync.sync} runs as soon as there is a place`) }, "Run now"),
    el("button", {
      type: "button",
      onclick: () => order(at(sync.sync, sync.paused ? "resume" : "pause"), {}, sync.paused ? "It goes on" : "It is held back").then(draw),
    }, sync.paused ? "Resume" : "Pause"));
}

function card(sync) {
  return el("li", { class: "card" },
    el("div", { class: "row" },
      el("h3", {}, el("a", { href: `#/${encodeURIComponent(sync.sync)}` }, sync.sync)),
      outcome(sync.last_run), sync.paused ? tag("change", "paused") : null, waits(sync)),
    sync.failure ? el("p", { class: "note bad small" }, sync.failure) : null,
    facts([
      ["Sites", [side("a"), " ", sync.sites.a.name, " ", side("b"), " ", sync.sites.b.name]],
      ["Last run", sync.last_run ? [when(sync.last_run.started), ` · ${summaryOf(sync.last_run.summary)}`] : null],
      ["State", lagOf(sync)],
      ["Next", sync.paused ? "when it is resumed" : sync.due ? when(sync.due) : "when it is asked for"],
    ]),
    progressOf(sync));
}

async function syncsView() {
  const told = await call("/api/syncs");
  return el("div", {},
    el("h1", {}, many(told.syncs.length, "sync")),
    el("p", { class: "faint small" }, `frappe-sync ${told.version}`),
    el("ul", { class: "cards" }, told.syncs.map(card)));
}

async function oneOf(name) {
  const told = await call("/api/syncs");
  const found = told.syncs.find((sync) => sync.sync === name);
  if (!found) throw new Refused(404, { message: `there is no sync ${name}` });
  return found;
}

async function syncView(name) {
  const sync = await oneOf(name);
  const runs = await call(`${at(name, "history")}?limit=15`).catch(() => ({ runs: [] }));
  const frame = el("div", {});
  const plan = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    const told = await order(at(name, "plan"), {});
    button.disabled = false;
    if (told) frame.replaceChildren(el("iframe", { src: told.page, title: `Plan of ${name}`, sandbox: "allow-scripts" }));
  };
  const rows = (runs.runs || []).map((run) => el("tr", {},
    el("td", { class: "when" }, when(run.started)),
    el("td", {}, outcome(run)),
    el("td", { class: "number" }, run.seconds === null || run.seconds === undefined ? "" : span(run.seconds)),
    el("td", {}, run.error || (run.outcome === "failed" ? "—" : summaryOf(run.summary))),
    el("td", {}, el("a", { href: `#/${encodeURIComponent(name)}/runs/${encodeURIComponent(run.run_id)}` }, el("code", {}, run.run_id.slice(0, 8))))));
  return el("div", {},
    el("div", { class: "row" }, el("h1", {}, name), outcome(sync.last_run), sync.paused ? tag("change", "paused") : null, waits(sync)),
    sync.failure ? el("p", { class: "note bad" }, sync.failure) : null,
    facts([
      ["Site a", [side("a"), " ", sync.sites.a.name, " ", el("span", { class: "faint" }, sync.sites.a.url)]],
      ["Site b", [side("b"), " ", sync.sites.b.name, " ", el("span", { class: "faint" }, sync.sites.b.url)]],
      ["Schedule", sync.schedule ? [el("code", {}, sync.schedule), ` ${sync.described || ""}`] : "none"],
      ["Next", sync.paused ? "when it is resumed" : sync.due ? when(sync.due) : "when it is asked for"],
      ["Last success", sync.last_success ? when(sync.last_success.started) : null],
      ["State", lagOf(sync)],
    ]),
    progressOf(sync),
    el("div", { class: "row actions" }, buttons(sync),
      el("button", { type: "button", onclick: () => order(at(name, "run"), { sweep: true }, "A run that reads every key begins as soon as there is a place").then(draw) }, "Sweep"),
      el("button", { type: "button", onclick: () => order(at(name, "verify"), {}, "Both sites are compared as soon as there is a place").then(draw) }, "Verify"),
      el("button", { type: "button", onclick: plan }, "Show a plan")),
    frame,
    el("h2", {}, "Runs"),
    table(["Began", "Ended", "Took", "Did", "Run"], rows, "It never ran."));
}

async function runView(name, run) {
  const told = await call(at(name, "runs", run));
  return el("div", {}, el("h1", {}, `Run ${run.slice(0, 8)}`),
    el("pre", { class: "value card" }, JSON.stringify(told, null, 2)));
}

async function parkedView(name) {
  const told = await call(at(name, "parked"));
  const retry = (entry) => () => order(at(name, "parked", "retry"), { doctype: entry.doctype, name: entry.name }, "It is tried again").then(draw);
  const rows = told.parked.map((entry) => el("tr", {},
    el("td", {}, side(entry.site)),
    el("td", {}, entry.doctype, el("br", {}), el("a", { href: whyLink(name, entry.doctype, entry.name) }, entry.name)),
    el("td", {}, entry.message),
    el("td", { class: "when" }, when(entry.since), el("br", {}), el("span", { class: "faint small" }, many(entry.attempts, "try").replace("trys", "tries"))),
    el("td", {}, el("button", { type: "button", onclick: retry(entry) }, "Retry"))));
  return el("div", {},
    el("div", { class: "row" }, el("h1", {}, `Parked in ${name}`),
      told.parked.length ? el("button", { type: "button", onclick: () => order(at(name, "parked", "retry"), {}, "All of them are tried again").then(draw) }, "Retry all") : null),
    el("p", { class: "faint small" }, "A parked document holds back only what links to it, and is tried again by itself."),
    table(["Site", "Document", "What the site says", "Since", ""], rows, "Nothing is parked."));
}

function whyLink(sync, doctype, name) {
  return `#/${encodeURIComponent(sync)}/why/${encodeURIComponent(doctype)}/${encodeURIComponent(name)}`;
}

async function whyView(sync, doctype, name) {
  const box = el("div", {});
  const inputs = [
    el("input", { "aria-label": "DocType", placeholder: "DocType", value: doctype || "" }),
    el("input", { "aria-label": "Name", placeholder: "Name", value: name || "" }),
  ];
  const form = el("form", {
    class: "row",
    onsubmit: (event) => {
      event.preventDefault();
      location.hash = whyLink(sync, inputs[0].value, inputs[1].value);
    },
  }, inputs, el("button", { class: "strong" }, "Tell"));
  if (doctype && name) {
    const query = new URLSearchParams({ doctype, name });
    const told = await call(`${at(sync, "why")}?${query}`);
    box.append(...whyOf(told));
  }
  return el("div", {}, el("h1", {}, "One document's story"), form, box);
}

function whyOf(told) {
  const documents = ["a", "b"].map((name) => {
    const one = told.documents[name];
    return el("section", {}, el("div", { class: "row" }, side(name), el("strong", {}, one.doctype), one.name || "no document"),
      el("p", { class: "small faint" }, one.exists ? `saved ${one.modified || "?"} by ${one.modified_by || "?"}` : "it is not there, or not to be seen"));
  });
  const mark = (value, other, standing) => el("td", {}, el("span", { class: "value" }, marked(value, other)),
    standing === "changed" ? el("div", {}, tag("change", "changed")) : null);
  const values = (told.values || []).map((one) => el("tr", {},
    el("td", {}, el("code", {}, one.names.a === one.names.b ? one.names.a : `${one.names.a} / ${one.names.b}`)),
    mark(one.values.a, one.values.b, one.baselines.a), mark(one.values.b, one.values.a, one.baselines.b),
    el("td", { class: "small" }, one.rule)));
  const operations = (told.operations || []).map((one) => el("tr", {},
    el("td", { class: "when" }, when(one.at)), el("td", {}, side(one.side), " ", one.action), el("td", {}, one.reason || ""),
    el("td", {}, el("a", { href: `#/${encodeURIComponent(told.sync)}/runs/${encodeURIComponent(one.run)}` }, el("code", {}, one.run.slice(0, 8))))));
  const parked = (told.parked || []).map((one) => el("p", { class: "note" }, `parked: ${one.message}`));
  return [
    told.next && told.next.because ? el("p", { class: "note" }, el("strong", {}, "Next: "), told.next.because) : null,
    ...parked,
    el("div", { class: "both actions" }, documents),
    el("h2", {}, "Values"), table(["Field", side("a"), side("b"), "Rule"], values, "None is mapped."),
    el("h2", {}, "What runs wrote"), table(["When", "Did", "Because", "Run"], operations, "Nothing that is remembered."),
    el("details", { class: "actions" }, el("summary", {}, "All of it as JSON"), el("pre", { class: "value card" }, JSON.stringify(told, null, 2))),
  ].filter(Boolean);
}
