"use strict";
// Sorting and filtering only: without this script the page shows everything.
(() => {
  const table = document.getElementById("agents");
  const form = document.getElementById("filters");
  if (!table || !form) return;

  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  // The order of words that is not alphabetical.
  const ranks = ["low", "moderate", "high", "development", "testing", "staging", "production"];
  const alphabet = new Intl.Collator().compare;
  const inOrder = (one, other) => {
    const [rank, otherRank] = [ranks.indexOf(one), ranks.indexOf(other)];
    return rank < 0 || otherRank < 0 ? alphabet(one, other) : rank - otherRank;
  };
  const sortBy = (column) => {
    const heading = headings[column];
    const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
    // Numbers are first sorted from the highest.
    const isNumber = typeof rows[0].key === "number";
    const sorted = heading.getAttribute("aria-sort");
    const rising = sorted === null ? !isNumber : sorted === "descending";
    const compare = isNumber ? (one, other) => one - other : inOrder;
    rows.sort(({ key: one }, { key: other }) => {
      // Empty cells come last in both orders.
      if (one === "" || other === "") return (one === "") - (other === "");
      return rising ? compare(one, other) : compare(other, one);
    });
    body.append(...rows.map(({ row }) => row));
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

  const agents = [...body.rows].map((row) => {
    const text = (column) => row.cells[column].textContent;
    return {
      number: row.dataset.agent,
      words: text(0).toLowerCase(),
      band: text(2), environment: text(3), tier: text(4), owner: text(5),
      rules: row.dataset.rules.split(" "),
    };
  });
  const parts = [...document.querySelectorAll("[data-agent]")];
  const output = document.getElementById("shown");
  const filter = () => {
    const asked = Object.fromEntries(new FormData(form));
    const words = asked.words.trim().toLowerCase();
    const fits = (agent) =>
      agent.words.includes(words) &&
      ["band", "environment", "tier", "owner"].every((key) => !asked[key] || agent[key] === asked[key]) &&
      (!asked.rules || agent.rules.includes(asked.rules));
    const shown = new Set(agents.filter(fits).map((agent) => agent.number));
    for (const part of parts) {
      const hidden = !shown.has(part.dataset.agent);
      if (part.hidden !== hidden) part.hidden = hidden;
    }
    const terms = [...form.elements].filter((field) => field.name && field.value).map((field) => `${field.labels[0].textContent} ${field.value}`);
    const count = `${shown.size} of ${agents.length} ${agents.length === 1 ? "agent" : "agents"}`;
    output.textContent = terms.length ? `${count}: ${terms.join(", ")}` : count;
  };
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 100);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields are empty after the event.
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
