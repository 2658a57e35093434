"use strict";
// Comfort only: the report is complete without it. Nothing here makes markup from text.
(() => {
  const tables = [...document.querySelectorAll("table.stack")];
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const states = new Map();

  const make = (tag, text, properties = {}) => Object.assign(document.createElement(tag), { textContent: text }, properties);
  const button = (text, action) => {
    const made = make("button", text, { type: "button" });
    made.addEventListener("click", action);
    return made;
  };
  const words = (cell) => {
    const clean = cell.cloneNode(true);
    clean.querySelectorAll("svg").forEach((svg) => svg.remove());
    return clean.textContent.replace(/\s+/g, " ").trim();
  };
  const rank = (cell) => {
    const text = (cell.dataset.sort ?? words(cell)).replace(/,(?=\d{3})/g, "");
    return { text, number: text === "" ? NaN : parseFloat(text) };
  };
  const before = (one, other) =>
    Number.isNaN(one.number) || Number.isNaN(other.number) || one.number === other.number
      ? collator.compare(one.text, other.text)
      : one.number - other.number;

  function filter(state) {
    const wanted = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row } of state.rows) {
      state.texts ??= new Map(state.rows.map((each) => [each.row, words(each.row).toLowerCase()]));
      row.hidden = !wanted.every((word) => state.texts.get(row).includes(word));
      shown += row.hidden ? 0 : 1;
    }
    if (state.said) state.said.textContent = wanted.length ? `${shown.toLocaleString("en")} of ${state.rows.length.toLocaleString("en")} shown` : "";
  }

  function sort(state) {
    const heads = [...state.table.tHead.rows[0].cells];
    heads.forEach((head, at) => {
      if (at === state.column && state.direction) head.setAttribute("aria-sort", state.direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    if (!state.direction) {
      state.rows.forEach(({ row, body }) => body.append(row));
      return;
    }
    const ranked = state.rows.map(({ row }) => ({ row, rank: rank(row.cells[state.column]) }));
    ranked.sort((one, other) => state.direction * before(one.rank, other.rank));
    state.table.tBodies[0].append(...ranked.map(({ row }) => row));
  }

  function link(state) {
    const view = new URLSearchParams({ view: state.table.id });
    if (state.query) view.set("q", state.query);
    if (state.direction) view.set("sort", `${state.column}${state.direction > 0 ? "" : "-"}`);
    return `${location.href.split("#")[0]}#?${view}`;
  }

  function csv(state) {
    // As in posture.presentation.safe_cell: a spreadsheet must not take text from a device for a formula (CWE-1236).
    const cell = (text) => `"${(/^\s*[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
    const lines = [...state.table.tHead.rows, ...[...state.table.rows].filter((row) => row.parentElement.tagName === "TBODY" && !row.hidden)];
    return `\ufeff${lines.map((row) => [...row.cells].map((each) => cell(words(each))).join(",")).join("\r\n")}\r\n`;
  }

  function save(state) {
    const address = URL.createObjectURL(new Blob([csv(state)], { type: "text/csv;charset=utf-8" }));
    make("a", "", { href: address, download: `${state.table.id.replace(/[^A-Za-z0-9._-]+/g, "-")}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  async function copy(state, field) {
    field.value = link(state);
    try {
      await navigator.clipboard.writeText(field.value);
      state.said.textContent = "Link copied";
    } catch {
      field.hidden = false;
      field.select();
      state.said.textContent = "Copy the link from the box";
    }
  }

  function toolbar(state) {
    const bar = make("div", "", { className: "tools" });
    const label = make("label", "Filter");
    state.input = make("input", "", { type: "search" });
    state.input.addEventListener("input", () => {
      state.query = state.input.value;
      filter(state);
    });
    label.append(state.input);
    const field = make("input", "", { type: "text", readOnly: true, hidden: true, ariaLabel: "Link to this view" });
    state.said = make("output", "");
    bar.append(label, button("Copy a link to this view", () => copy(state, field)), button("Export this list (CSV)", () => save(state)), field, state.said);
    state.table.before(bar);
  }

  for (const table of tables) {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows].map((row) => ({ row, body })));
    const state = { table, rows, query: "", column: -1, direction: 0 };
    states.set(table.id, state);
    if (rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const name = head.textContent;
      head.textContent = "";
      head.append(
        button(name, () => {
          state.direction = state.column === column ? { 0: 1, 1: -1, "-1": 0 }[state.direction] : 1;
          state.column = column;
          sort(state);
        }),
      );
    });
    if (rows.length > 5) toolbar(state);
  }

  const reveal = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };

  function follow() {
    const fragment = location.hash.slice(1);
    if (!fragment.startsWith("?")) {
      let name = fragment;
      try { name = decodeURIComponent(fragment); } catch { return; }
      const target = document.getElementById(name);
      if (target?.closest("details:not([open])")) {
        reveal(target);
        target.scrollIntoView();
      }
      return;
    }
    const view = new URLSearchParams(fragment.slice(1));
    const state = states.get(view.get("view"));
    if (!state) return;
    state.query = view.get("q") ?? "";
    if (state.input) state.input.value = state.query;
    const order = /^(\d+)(-?)$/.exec(view.get("sort") ?? "");
    if (order && Number(order[1]) < state.table.tHead.rows[0].cells.length) {
      state.column = Number(order[1]);
      state.direction = order[2] ? -1 : 1;
      sort(state);
    }
    filter(state);
    reveal(state.table);
    (state.table.previousElementSibling?.classList.contains("tools") ? state.table.previousElementSibling : state.table).scrollIntoView();
  }
  addEventListener("hashchange", follow);
  follow();

  const folded = [...document.querySelectorAll("details")];
  const bar = make("div", "", { className: "tools" });
  bar.append(
    button("Expand all", () => folded.forEach((each) => { each.open = true; })),
    button("Collapse all", () => folded.forEach((each) => { each.open = false; })),
  );
  document.querySelector(".contents").append(bar);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folded.filter((each) => !each.open);
    closed.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
})();
