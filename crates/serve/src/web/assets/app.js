/* Which view is shown, and when it is drawn again. */

let drawn = 0;

function place() {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

function view([sync, what, ...rest]) {
  if (!sync) return syncsView();
  if (!what) return syncView(sync);
  if (what === "conflicts") return conflictsView(sync);
  if (what === "parked") return parkedView(sync);
  if (what === "runs" && rest[0]) return runView(sync, rest[0]);
  if (what === "why") return whyView(sync, rest[0], rest[1]);
  return Promise.reject(new Refused(404, { message: "there is no such page" }));
}

function places([sync, what]) {
  const links = [["All syncs", "#/", !sync]];
  if (sync) {
    const own = `#/${encodeURIComponent(sync)}`;
    links.push([sync, own, !what || what === "runs"], ["Conflicts", `${own}/conflicts`, what === "conflicts"],
      ["Parked", `${own}/parked`, what === "parked"], ["Why", `${own}/why`, what === "why"]);
  }
  document.getElementById("places").replaceChildren(...links.map(([text, href, here]) =>
    el("a", { href, "aria-current": here ? "page" : undefined }, text)));
}

async function draw() {
  const mine = ++drawn;
  const where = place();
  const main = document.getElementById("main");
  const told = document.getElementById("connection");
  document.getElementById("key").textContent = token() ? "Token" : "Enter the token";
  try {
    const made = await view(where);
    if (mine !== drawn) return;
    places(where);
    document.title = where.length ? `${where[0]} · frappe-sync` : "frappe-sync";
    main.replaceChildren(made);
    told.textContent = "";
  } catch (error) {
    if (mine !== drawn) return;
    places(where);
    if (error instanceof Refused) {
      told.textContent = "";
      main.replaceChildren(el("p", { class: "note bad" }, error.message), ...error.remedy.map((text) => el("p", {}, text)),
        error.status === 401 ? el("button", { type: "button", class: "strong", onclick: askForToken }, "Enter the token") : "");
    } else {
      told.textContent = "frappe-sync does not answer";
    }
  }
}

/* What a person works on is not drawn anew under their hands. */
function mayRefresh() {
  const [, what] = place();
  return document.visibilityState === "visible" && !document.getElementById("ask").open
    && (what === undefined) && !document.querySelector("iframe");
}

document.getElementById("key").addEventListener("click", askForToken);
window.addEventListener("hashchange", () => draw().then(() => document.getElementById("main").focus({ preventScroll: true })));
setInterval(() => { if (mayRefresh()) draw(); }, 2000);
draw();
