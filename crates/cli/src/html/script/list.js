/* Lists that are made as far as they are looked at. */

const STEP = 100;

/** A foldable list of items, of which only those near the window are made. */
class List {
  /** `row` makes the element of an item, `words` returns its text to search in, `first` is how many are made at first. */
  constructor({ id, title, hint, items, row, words, isOpen, tone, facets, first }) {
    this.items = items;
    this.first = first || STEP;
    this.row = row;
    this.words = words;
    this.facets = facets || (() => ({}));
    this.wasOpen = isOpen;
    this.texts = new Array(items.length);
    this.matching = items;
    this.made = 0;
    this.elements = new Map();
    this.number = make("span", { class: "count" });
    this.body = make("div", { class: "items" });
    this.more = make("button", { type: "button", class: "more", on: { click: () => this.make(STEP) } });
    this.element = make("details", { class: `list ${tone || ""}`, id }, make("summary", {}, make("h3", {}, title, " ", this.number), hint ? make("span", { class: "faint" }, hint) : null), this.body, this.more);
    this.element.addEventListener("toggle", () => { if (this.element.open && this.made === 0) this.make(this.first); });
    // A list with few at first stands before other things, and grows only when it is asked to.
    if (!first && "IntersectionObserver" in window) {
      new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting) && this.made > 0) this.make(STEP); }, { rootMargin: "400px" }).observe(this.more);
    }
    this.show(() => true, isOpen);
  }

  /** Returns the text of an item, made when it is first searched. */
  text(place) {
    if (this.texts[place] === undefined) this.texts[place] = folded(this.words(this.items[place]));
    return this.texts[place];
  }

  /** Shows the items that pass, folded or not. Returns how many they are. */
  show(passes, isOpen) {
    this.matching = this.items.filter((item, place) => passes(item, place, this));
    this.made = 0;
    this.elements.clear();
    this.body.replaceChildren();
    this.number.textContent = this.matching.length === this.items.length
      ? number.format(this.items.length)
      : `${number.format(this.matching.length)} of ${number.format(this.items.length)}`;
    this.element.hidden = this.matching.length === 0;
    this.element.open = isOpen;
    if (isOpen) this.make(this.first);
    else this.tellMore();
    return this.matching.length;
  }

  /** Makes the next items. */
  make(amount) {
    const end = Math.min(this.made + amount, this.matching.length);
    const fragment = document.createDocumentFragment();
    for (; this.made < end; this.made += 1) {
      const item = this.matching[this.made];
      const element = this.row(item);
      if (unfolded) unfoldDocument(element);
      this.elements.set(item, element);
      fragment.append(element);
    }
    this.body.append(fragment);
    this.tellMore();
  }

  /** Makes all items, as for paper. */
  makeAll() {
    this.element.open = true;
    this.make(this.matching.length);
  }

  /** Makes the items up to one, and returns its element. */
  find(item) {
    const place = this.matching.indexOf(item);
    if (place < 0) return null;
    this.element.open = true;
    this.make(Math.max(0, place + 1 - this.made));
    return this.elements.get(item);
  }

  tellMore() {
    const left = this.matching.length - this.made;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${number.format(Math.min(STEP, left))} more of ${number.format(left)}`;
  }
}

/** All documents are shown with what changes in them. */
let unfolded = false;

function unfoldDocument(element) {
  if (element.fill) {
    element.fill();
    element.open = true;
  }
}

/** Returns text as it is searched: without regard to case and to how characters are composed. */
function folded(text) {
  return text.normalize("NFC").toLowerCase();
}
