"use strict";
// Sorting and filtering, and nothing else: without this script the page shows all it has.
(() => {
  const table = document.getElementById("agents");
  const form = document.getElementById("filters");
  if (!table || !form) return;

  const body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column];
    const number = Number(cell.dataset.value);
    return cell.dataset.value === undefined ? cell.textContent.trim().toLowerCase() : number;
  };
  const sortBy = (column, heading) => {
    const rows = [...body.rows].map((row) => ({ row, key: value(row, column) }));
    // Of numbers the highest are asked for first.
    const isNumber = rows.some(({ key }) => typeof key === "number");
    const sorted = heading.getAttribute("aria-sort");
    const rising = sorted === null ? !isNumber : sorted === "descending";
    const sign = rising ? 1 : -1;
    rows.sort((one, other) => (one.key < other.key ? -sign : one.key > other.key ? sign : 0));
    body.append(...rows.map(({ row }) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  };
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sortBy(column, heading));
    heading.replaceChildren(button);
  });

  const output = document.getElementById("shown");
  const filter = () => {
    const asked = Object.fromEntries(new FormData(form));
    const words = asked.words.trim().toLowerCase();
    const shown = new Set();
    for (const row of body.rows) {
      // The columns in which agents differ by these words.
      const is = (column, key) => !asked[key] || row.cells[column].textContent === asked[key];
      const fits =
        (!words || row.cells[0].textContent.toLowerCase().includes(words)) &&
        is(2, "band") && is(3, "environment") && is(4, "tier") && is(5, "owner") &&
        (!asked.rules || row.dataset.rules.split(" ").includes(asked.rules));
      if (fits) shown.add(row.dataset.agent);
    }
    for (const part of document.querySelectorAll("[data-agent]")) part.hidden = !shown.has(part.dataset.agent);
    output.textContent = `${shown.size} of ${body.rows.length} agents`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields are empty once the event is over.
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
