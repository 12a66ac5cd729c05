// A table that is updated in place: a row stays the same element as long as its key stays, so that focus, selection
// and what is unfolded survive an update each second.

/** An element with attributes and children; text is always text, never markup. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A state as a word in its colour. */
export function state(word, tone) {
  return el("span", { class: "state", "data-tone": tone }, word);
}

export class Rows {
  #columns;
  #body;
  #rows = new Map();
  #nothing;

  /**
   * @param table the element to fill
   * @param columns [{ name, right, lead, cell: (item) => node | [nodes] | text }]
   * @param nothing what to say when there are no rows
   */
  constructor(table, columns, nothing) {
    this.#columns = columns;
    const head = el("tr", {}, columns.map(({ name, right }) => el("th", { scope: "col", "data-align": right ? "right" : null }, name)));
    this.#body = el("tbody");
    table.replaceChildren(el("thead", {}, head), this.#body);
    this.#nothing = el("tr", {}, el("td", { class: "none", colspan: columns.length }, nothing));
  }

  /** Shows `items` in their order; `describe` gives each its key, and the attributes of its row. */
  show(items, describe) {
    const before = this.#rows;
    this.#rows = new Map();
    const wanted = [];
    for (const item of items) {
      const { key, attributes = {}, detail } = describe(item);
      const row = before.get(key) ?? this.#row();
      before.delete(key);
      this.#rows.set(key, row);
      for (const [name, value] of Object.entries(attributes)) {
        if (value === null) row.element.removeAttribute(name);
        else if (row.element.getAttribute(name) !== String(value)) row.element.setAttribute(name, value);
      }
      this.#columns.forEach((column, i) => fill(row.cells[i], column.cell(item)));
      wanted.push(row.element);
      if (detail) {
        row.detail ??= el("tr", { class: "detail" }, el("td", { colspan: this.#columns.length }));
        fill(row.detail.firstChild, detail);
        wanted.push(row.detail);
      } else {
        row.detail = null;
      }
    }
    place(this.#body, wanted.length > 0 ? wanted : [this.#nothing]);
  }

  #row() {
    const cells = this.#columns.map(({ name, right, lead }) =>
      el("td", { "data-label": name, "data-align": right ? "right" : null, class: lead ? "lead" : null }, el("div")));
    return { element: el("tr", {}, cells), cells: cells.map((cell) => cell.firstChild), detail: null };
  }
}

/** Puts `content` into `cell` unless it says the same already. */
function fill(cell, content) {
  const nodes = [content].flat().filter((node) => node !== null && node !== undefined);
  const next = el("div", {}, nodes);
  if (cell.innerHTML === next.innerHTML) return;
  const focused = cell.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  cell.replaceChildren(...next.childNodes);
  if (focused) cell.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}

/** Makes `wanted` the children of `parent`, moving only what is out of place. */
function place(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}
