"use strict";
// Sorting, filtering and keys only: without this script the page shows everything.
(() => {
  // A link to an agent opens its card; most browsers do that by themselves.
  const openTarget = () => {
    const target = location.hash.includes("=") ? null : document.getElementById(decodeHash());
    for (let above = target; above; above = above.parentElement) if (above.tagName === "DETAILS") above.open = true;
    if (target && target.closest("details")) target.scrollIntoView();
  };
  const decodeHash = () => {
    try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; }
  };
  if (document.body.classList.contains("prints-all")) {
    addEventListener("beforeprint", () => document.querySelectorAll("#cards details").forEach((card) => { card.open = true; }));
  }

  const table = document.getElementById("heat");
  const form = document.getElementById("filters");
  if (!table || !form) {
    addEventListener("hashchange", openTarget);
    openTarget();
    return;
  }

  // The rows are in bodies of the same size, of which a huge table lays out those near the window.
  const bodies = [...table.tBodies];
  const size = bodies[0].rows.length;
  const rows = () => bodies.flatMap((body) => [...body.rows]);
  const cards = document.getElementById("cards");
  const headings = [...table.tHead.rows[0].cells];
  const signs = { "!": 0.75, "?": 0.5, "–": -1 };
  // A cell that spans the layers is that of each.
  const cellOf = (row, column) => row.cells[row.cells.length === headings.length || column < 2 ? column : Math.max(2, column - 6)];
  const key = (row, column) => {
    const cell = cellOf(row, column);
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    const text = cell.textContent.trim();
    if (!headings[column].classList.contains("layer")) return text;
    return cell.colSpan > 1 ? -2 : signs[text.replace("*", "")] ?? parseInt(text, 10);
  };
  // The order of words that is not alphabetical.
  const ranks = ["low", "moderate", "high", "development", "testing", "staging", "production"];
  const alphabet = new Intl.Collator().compare;
  const inOrder = (one, other) => {
    const [rank, otherRank] = [ranks.indexOf(one), ranks.indexOf(other)];
    return rank < 0 || otherRank < 0 ? alphabet(one, other) : rank - otherRank;
  };
  const hideEmpty = () => {
    for (const body of bodies) body.hidden = [...body.rows].every((row) => row.hidden);
  };
  const cardOf = (number) => document.getElementById(`card-${number}`);
  const sortBy = (column) => {
    const heading = headings[column];
    const keyed = rows().map((row) => ({ row, key: key(row, column) }));
    // Numbers are first sorted from the highest.
    const isNumber = typeof keyed[0].key === "number";
    const sorted = heading.getAttribute("aria-sort");
    const rising = sorted === null ? !isNumber : sorted === "descending";
    const compare = isNumber ? (one, other) => one - other : inOrder;
    keyed.sort(({ key: one }, { key: other }) => {
      // Empty cells come last in both orders.
      if (one === "" || other === "") return (one === "") - (other === "");
      return rising ? compare(one, other) : compare(other, one);
    });
    keyed.forEach(({ row }, at) => bodies[Math.floor(at / size)].append(row));
    cards.append(...keyed.map(({ row }) => cardOf(row.dataset.agent)).filter(Boolean));
    hideEmpty();
    for (const other of headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  };
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sortBy(column));
    heading.replaceChildren(button);
  });

  const agents = rows().map((row) => ({
    number: row.dataset.agent,
    words: `${row.cells[0].textContent} ${row.dataset.path ?? ""}`.toLowerCase(),
    verdict: row.dataset.fails === undefined ? "passes" : "fails",
    band: row.dataset.band,
    environment: cellOf(row, 9).textContent.trim(),
    tier: cellOf(row, 10).textContent.trim(),
    owner: row.dataset.owner ?? "",
    rules: (row.dataset.rules ?? "").split(" "),
  }));
  const parts = [...document.querySelectorAll("[data-agent]")];
  const output = document.getElementById("shown");
  const none = document.getElementById("no-match");
  const fields = [...form.elements].filter((field) => field.name);
  // The head of the table sticks below the filters.
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [sheet];
  const filter = () => {
    const asked = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    const words = asked.words.trim().toLowerCase();
    const fits = (agent) =>
      agent.words.includes(words) &&
      ["verdict", "band", "environment", "tier", "owner"].every((key) => !asked[key] || agent[key] === asked[key].trim()) &&
      (!asked.rules || agent.rules.includes(asked.rules));
    const shown = new Set(agents.filter(fits).map((agent) => agent.number));
    for (const part of parts) part.toggleAttribute("hidden", !shown.has(part.dataset.agent));
    hideEmpty();
    const terms = fields.filter((field) => field.value).map((field) => `${field.labels[0].textContent} ${field.value}`);
    const count = `${shown.size} of ${agents.length} agents`;
    output.classList.toggle("screen", terms.length === 0);
    output.textContent = terms.length ? `${count}: ${terms.join(", ")}` : count;
    none.hidden = shown.size > 0;
    table.hidden = shown.size === 0;
    sheet.replaceSync(`:root { --under: ${form.offsetHeight}px }`);
  };
  // The filters are in the address, so that a view can be sent as a link. Only values that the page offers are taken from it.
  const write = () => {
    const asked = new URLSearchParams(fields.filter((field) => field.value).map((field) => [field.name, field.value]));
    history.replaceState(null, "", asked.size ? `#${asked}` : location.pathname + location.search);
  };
  const read = () => {
    if (!location.hash.includes("=")) return openTarget();
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      field.value = asked.get(field.name) ?? "";
      if (field.selectedIndex === -1) field.value = "";
    }
    filter();
    document.getElementById("agents").scrollIntoView();
  };
  const refilter = () => { filter(); write(); };
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refilter, 100);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields are empty after the event.
  form.addEventListener("reset", () => setTimeout(refilter));
  addEventListener("hashchange", read);

  // The next card that is shown, in the order of the table.
  const step = (from, by) => {
    const shown = [...cards.querySelectorAll("article:not([hidden])")];
    const at = shown.indexOf(from);
    const next = shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by];
    if (!next) return;
    next.querySelector("details").open = true;
    next.scrollIntoView();
    next.querySelector("summary").focus({ preventScroll: true });
    history.replaceState(null, "", `#agent-${next.dataset.agent}`);
  };
  const current = () => document.activeElement.closest("article") ?? document.getElementById(decodeHash())?.closest("article");
  cards.addEventListener("click", (event) => {
    const link = event.target.closest("[data-step]");
    if (!link) return;
    event.preventDefault();
    step(link.closest("article"), Number(link.dataset.step));
  });
  document.querySelector(".strip")?.addEventListener("click", (event) => {
    const number = event.target.dataset.agent;
    if (number && cardOf(number)) location.hash = `agent-${number}`;
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      form.reset();
      document.activeElement.blur();
    } else if (isTyping) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      form.elements.words.focus();
    } else if (event.key === "j" || event.key === "k") {
      step(current(), event.key === "j" ? 1 : -1);
    }
  });
  form.hidden = false;
  filter();
  read();
})();
