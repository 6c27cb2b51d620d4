"use strict";

/* Text and values, made harmless: whatever a site holds becomes text nodes, never markup. */

/** Makes an element; children are elements or text. */
function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") element.className = value;
    else if (key === "on") for (const [name, listen] of Object.entries(value)) element.addEventListener(name, listen);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/* Control characters, what turns the direction of writing, and what cannot be seen at all. */
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff]|\r(?!\n)/gu;

/** Returns text as nodes; characters that hide or steer are shown by their number. */
function visible(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > at) nodes.push(text.slice(at, found.index));
    const number = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.push(make("span", { class: "hidden-character", title: "a character that cannot be seen" }, `U+${number}`));
    at = found.index + found[0].length;
  }
  if (at < text.length || nodes.length === 0) nodes.push(text.slice(at));
  return nodes;
}

/** Returns a name or other short text, kept apart from the writing direction around it. */
function isolated(text, properties) {
  return make("bdi", { dir: "auto", ...properties }, visible(text));
}

/** Returns a sentence in which names stand between backticks, as nodes. */
function named(text) {
  return text.split("`").flatMap((part, place, all) => {
    if (place % 2 === 0) return visible(part);
    if (place === all.length - 1) return visible("`" + part);
    if (part === "a" || part === "b") return make("span", { class: `side side-${part}` }, part);
    return make("code", {}, isolated(part));
  });
}

/** Returns a sentence of ours. */
function sentence(text) {
  return longText(text, named);
}

const number = new Intl.NumberFormat("en");

/** Returns "1 document", "2 documents". */
function count(amount, one, many) {
  return `${number.format(amount)} ${amount === 1 ? one : many || one + "s"}`;
}

/** Cuts text without breaking a character in two. */
function head(text, length) {
  const code = text.charCodeAt(length - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? length - 1 : length);
}

const LONGEST_SHOWN = 320;

/** Returns text, shortened where it is long, with a button that shows all of it. */
function longText(text, nodes) {
  if (text.length <= LONGEST_SHOWN) {
    return make("bdi", { dir: "auto", class: "text" }, nodes ? nodes(text) : edges(text));
  }
  const shown = make("bdi", { dir: "auto", class: "text" }, visible(head(text, LONGEST_SHOWN)), "…");
  const button = make("button", { type: "button", class: "more-text", "aria-expanded": "false" });
  let isWhole = false;
  const label = () => {
    button.textContent = isWhole ? "Show less" : `Show all ${count(text.length, "character")}`;
    button.setAttribute("aria-expanded", String(isWhole));
  };
  button.addEventListener("click", () => {
    isWhole = !isWhole;
    shown.replaceChildren(...visible(isWhole ? text : head(text, LONGEST_SHOWN)), isWhole ? "" : "…");
    label();
  });
  label();
  const cut = make("span", { class: "print-only faint" }, `(${count(text.length, "character")} in all)`);
  return make("span", { class: "long" }, shown, " ", button, cut);
}

/** Returns text with the spaces at its ends made visible. */
function edges(text) {
  const [, before, middle, after] = /^( *)(.*?)( *)$/su.exec(text);
  const spaces = (run) => (run ? make("span", { class: "space" }, "␣".repeat(run.length)) : "");
  return [spaces(before), ...visible(middle), spaces(after)];
}

/** Returns what differs between two texts: pieces that stay, go and come, word by word. */
function wordDifference(before, after) {
  const words = (text) => text.match(/[\p{L}\p{N}\p{M}_]+|\s+|[^\s]/gu) || [];
  const [old, now] = [words(before), words(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end += 1;
  const gone = old.slice(start, old.length - end);
  const come = now.slice(start, now.length - end);
  const middle = gone.length * come.length <= 40000 ? longestCommon(gone, come) : [["-", gone], ["+", come]];
  return [["=", old.slice(0, start)], ...middle, ["=", end ? old.slice(-end) : []]];
}

/** Returns the pieces of two lists of words by their longest common part. */
function longestCommon(old, now) {
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = old[i] === now[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  const pieces = [];
  const add = (kind, word) => {
    const last = pieces[pieces.length - 1];
    if (last && last[0] === kind) last[1].push(word);
    else pieces.push([kind, [word]]);
  };
  let [i, j] = [0, 0];
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      add("=", old[i]);
      i += 1;
      j += 1;
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
      add("-", old[i]);
      i += 1;
    } else {
      add("+", now[j]);
      j += 1;
    }
  }
  while (i < old.length) add("-", old[i++]);
  while (j < now.length) add("+", now[j++]);
  return pieces;
}
