"use strict";

/* Makes what is seen. Text only ever becomes text: nothing from a site is read as HTML. */

function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "checked" || key === "disabled" || key === "value") made[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

function tag(kind, text) {
  return el("span", { class: `tag ${kind}` }, text);
}

function side(name) {
  return el("span", { class: `side ${name}` }, name);
}

function when(text) {
  if (!text) return el("span", { class: "faint" }, "never");
  const then = new Date(text);
  return el("time", { datetime: text, title: then.toLocaleString() }, ago(then));
}

function ago(then) {
  const seconds = Math.round((Date.now() - then.getTime()) / 1000);
  const ahead = seconds < 0;
  const amount = span(Math.abs(seconds));
  if (Math.abs(seconds) < 2) return "now";
  return ahead ? `in ${amount}` : `${amount} ago`;
}

function span(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

function many(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function facts(pairs) {
  const list = el("dl", { class: "facts" });
  for (const [name, value] of pairs) {
    if (value === undefined || value === null || value === false) continue;
    list.append(el("dt", {}, name), el("dd", {}, value));
  }
  return list;
}

function table(heads, rows, empty) {
  if (!rows.length) return el("p", { class: "faint" }, empty);
  return el("div", { class: "scroll", tabindex: "0" },
    el("table", {},
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, rows)));
}

function shown(value) {
  if (value === null || value === undefined) return "(empty)";
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  return JSON.stringify(value, null, 2);
}

/* What lies between a common beginning and a common end is marked. */
function marked(value, other) {
  const text = shown(value), beside = shown(other);
  if (text === beside || text.length > 20000) return [text];
  let first = 0;
  const most = Math.min(text.length, beside.length);
  while (first < most && text[first] === beside[first]) first += 1;
  let last = 0;
  while (last < most - first && text[text.length - 1 - last] === beside[beside.length - 1 - last]) last += 1;
  const middle = text.slice(first, text.length - last);
  return [text.slice(0, first), middle ? el("mark", {}, middle) : "", text.slice(text.length - last)];
}

function toast(text, bad) {
  const made = el("div", { class: bad ? "bad" : "" }, text);
  document.getElementById("toasts").append(made);
  setTimeout(() => made.remove(), bad ? 12000 : 5000);
}

/* Asks a person. Returns whether the answer is yes. */
function ask(title, body, yes) {
  const dialog = document.getElementById("ask");
  document.getElementById("ask-title").textContent = title;
  document.getElementById("ask-body").replaceChildren(...[body].flat());
  document.getElementById("ask-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}
