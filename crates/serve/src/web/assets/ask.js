/* Asks the program. The token is kept for as long as this tab is open, and nowhere else. */

const KEY = "frappe-sync-token";

function token() {
  return sessionStorage.getItem(KEY) || "";
}

class Refused extends Error {
  constructor(status, told) {
    super(told.message || `the answer was ${status}`);
    this.status = status;
    this.remedy = told.remedy || [];
  }
}

async function call(path, order) {
  const headers = {};
  if (token()) headers.Authorization = `Bearer ${token()}`;
  if (order !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method: order === undefined ? "GET" : "POST",
    headers,
    body: order === undefined ? undefined : JSON.stringify(order),
  });
  let told = {};
  try { told = await answer.json(); } catch { /* What is no JSON has no more to tell. */ }
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

function at(sync, ...parts) {
  return ["/api/syncs", sync, ...parts].map((part, place) => (place ? encodeURIComponent(part) : part)).join("/");
}

async function askForToken() {
  const input = el("input", { type: "password", autocomplete: "off", "aria-label": "Token", value: token() });
  const hint = el("p", { class: "faint small" }, "It is the one that ", el("code", {}, "serve:"),
    " in frappe-sync.yaml names, and is kept until this tab is closed.");
  if (!(await ask("The token", [input, hint], "Use it"))) return;
  if (input.value) sessionStorage.setItem(KEY, input.value);
  else sessionStorage.removeItem(KEY);
  draw();
}

/* Does what a person asked for, and says what came of it. */
async function order(path, body, done) {
  try {
    const told = await call(path, body);
    if (done) toast(done);
    return told;
  } catch (error) {
    if (error.status === 401) {
      await askForToken();
      return undefined;
    }
    toast([error.message, ...(error.remedy || [])].join(" — "), true);
    return undefined;
  }
}
