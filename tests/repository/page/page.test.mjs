// The HTML report in a browser: what a reader sees and can do, in light and in dark, on a phone and on paper.
//
// PROGRAM is the program under test, CHROMIUM the browser, FOLDER an empty folder to write pages to.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

// Packages are found where they were installed, not next to this file.
const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { PROGRAM, CHROMIUM, FOLDER, PROJECT } = process.env;

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});
after(() => browser.close());

/** Writes a report and returns where it is. */
function report(name, args, cwd = PROJECT) {
  const file = join(FOLDER, name);
  const run = spawnSync(PROGRAM, ["report", "--today", "2026-11-25", "--output", file, ...args], { cwd, encoding: "utf8" });
  assert.notEqual(run.status, null, run.stderr);
  return file;
}

/** Opens a page; until it is closed, it must not log, request or throw anything. */
async function open(file, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const events = [];
  page.on("console", (message) => events.push(message.text()));
  page.on("pageerror", (error) => events.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (url !== pathToFileURL(file).href && !url.startsWith("data:")) events.push(`request of ${url}`);
  });
  await page.goto(pathToFileURL(file).href);
  const close = async () => {
    assert.deepEqual(events, []);
    await context.close();
  };
  return { page, close };
}

/** Opens everything that is folded. */
const layOut = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));

/** The violations that axe-core finds. It is injected through the debugger, to which the policy of the page does not apply. */
async function violations(page) {
  await layOut(page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Waits until the page shows this number of agents: filters wait for the end of typing. */
const waitForShown = (page, count) =>
  page.waitForFunction((count) => document.getElementById("shown").textContent.startsWith(`${count} of `), count);

const shownRows = (page, table) => page.locator(`${table} tbody tr:visible`);

test("page is accessible in light and in dark, on a screen, a phone and paper", async () => {
  const file = report("examples.html", ["examples"]);
  for (const options of [
    { colorScheme: "light" },
    { colorScheme: "dark" },
    { colorScheme: "light", viewport: { width: 390, height: 844 } },
    { colorScheme: "dark", viewport: { width: 390, height: 844 } },
    { colorScheme: "light", viewport: { width: 320, height: 640 } },
  ]) {
    const { page, close } = await open(file, options);
    assert.deepEqual(await violations(page), [], JSON.stringify(options));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(over, 0, `the page is ${over} pixels too wide: ${JSON.stringify(options)}`);
    const wide = await page.locator("article").evaluateAll((all) =>
      all.filter((article) => article.scrollWidth > article.clientWidth).map((article) => `${article.id}: ${article.scrollWidth - article.clientWidth}`)
    );
    assert.deepEqual(wide, [], JSON.stringify(options));
    await close();
  }
});

test("dark scheme is dark, and paper is white", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"), { colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await background(), "rgb(18, 22, 28)");
  await page.emulateMedia({ media: "print" });
  assert.equal(await background(), "rgb(255, 255, 255)");
  assert.equal(await page.locator("#filters input").isVisible(), false);
  await close();
});

const pages = async (page) => {
  const paper = await page.pdf({ format: "A4", printBackground: true });
  return paper.toString("latin1").match(/\/Type\s*\/Page[^s]/g).length;
};

test("sixty agents are printed on five pages, and in full on request", async () => {
  const folder = join(FOLDER, "sixty");
  execFileSync("python3", [join(PROJECT, "tests/repository/pictures/fleet.py"), "60", "30", folder]);
  const { page, close } = await open(report("sixty.html", ["."], folder));
  const brief = await pages(page);
  assert.ok(brief <= 5, `${brief} pages`);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("article:visible").count(), 0);
  assert.equal(await page.locator("#register").isVisible(), false);
  assert.equal(await page.locator("#shown").isVisible(), false);
  // The cover is a sheet of A4 within its margins.
  await page.setViewportSize({ width: 794, height: 1123 });
  await page.evaluate(() => { document.body.style.width = "703px"; });
  const end = await page.locator("#exceptions").evaluate((section) => section.getBoundingClientRect().bottom + scrollY);
  assert.ok(end < 1031, `the cover ends at ${end}`);
  await close();
  const whole = await open(report("whole.html", ["--detail", "all", "."], folder));
  assert.ok((await pages(whole.page)) > 30);
  await whole.close();
});

test("a rule counts the agents that it shows, and the excepted ones apart", async () => {
  const { page, close } = await open(join(FOLDER, "sixty.html"));
  const rule = page.locator("#fix .rules > li", { has: page.locator("#rule-review-overdue") });
  const [, number] = (await rule.locator(".in").textContent()).match(/^(\d+) agents, 3 excepted$/);
  assert.equal(await rule.locator("summary > b").first().textContent(), number);
  await rule.locator("summary").first().click();
  await rule.getByRole("link", { name: "Show only these agents" }).click();
  await waitForShown(page, number);
  await close();
});

test("on a phone the cells of exceptions and threats are below each other, the last day first", async () => {
  const { page, close } = await open(join(FOLDER, "sixty.html"), { viewport: { width: 390, height: 844 } });
  for (const part of ["#exceptions", "#register"]) {
    const box = page.locator(`${part} .wide`);
    assert.equal(await box.evaluate((box) => box.scrollWidth - box.clientWidth), 0, part);
  }
  const left = (cell) => page.locator(`#exceptions tbody tr:first-child ${cell}`).first().evaluate((cell) => cell.getBoundingClientRect().left);
  assert.ok((await left(".number")) < (await left("code")));
  await close();
});

test("table and cards are sorted together, with the mouse and the keyboard", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const rows = page.locator("#heat tbody tr");
  const scores = async () => {
    const cells = await page.locator("#heat tbody .score").evaluateAll((all) => all.map((cell) => Number(cell.dataset.value)));
    assert.ok(cells.length > 20);
    return cells;
  };
  const numbers = (locator) => locator.evaluateAll((all) => all.map((one) => one.dataset.agent));
  const sorted = (numbers, sign) => [...numbers].sort((one, other) => sign * (one - other));
  // Worst first: those that fail, then the highest score.
  const fails = await rows.evaluateAll((all) => all.map((row) => row.hasAttribute("data-fails")));
  assert.equal(fails.lastIndexOf(true) + 1, fails.filter(Boolean).length);
  const failing = (await scores()).slice(0, fails.filter(Boolean).length);
  assert.deepEqual(failing.filter((score) => score < 11), sorted(failing.filter((score) => score < 11), -1));
  await page.getByRole("button", { name: "Score" }).click();
  assert.deepEqual(await scores(), sorted(await scores(), -1));
  assert.deepEqual(await numbers(page.locator("article")), await numbers(rows));
  assert.equal(await page.locator("#heat th[aria-sort]").getAttribute("aria-sort"), "descending");
  await page.getByRole("button", { name: "Score" }).focus();
  await page.keyboard.press("Enter");
  assert.deepEqual(await scores(), sorted(await scores(), 1));
  await page.getByRole("button", { name: "Agent", exact: true }).click();
  const names = await page.locator("#heat tbody th a").allTextContents();
  assert.deepEqual(names.map((name) => name.toLowerCase()), names.map((name) => name.toLowerCase()).sort());
  assert.deepEqual(await numbers(page.locator("article")), await numbers(rows));
  await page.getByRole("button", { name: "Agent frameworks" }).click();
  const threats = await rows.evaluateAll((all) => all.map((row) => (row.cells.length === 12 ? parseInt(row.cells[4].textContent, 10) || 0 : 0)));
  assert.ok(threats[0] >= threats[5] && threats[0] > 0, String(threats));
  assert.equal(await page.locator("#heat th[aria-sort]").count(), 1);
  await close();
});

test("filters narrow the table and the agents, show the count, and are in the address", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const all = await page.locator("article").count();
  const fits = async (count, terms = "") => {
    await waitForShown(page, count);
    assert.equal(await shownRows(page, "#heat").count(), count);
    assert.equal(await page.locator("article:visible").count(), count);
    assert.equal(await page.locator("#shown").textContent(), `${count} of ${all} agents${terms}`);
    assert.equal(await page.locator("#no-match").isVisible(), count === 0);
  };
  await fits(all);
  const rows = page.locator("#heat tbody tr");
  const having = (key, value) => rows.evaluateAll((rows, [key, value]) => rows.filter((row) => row.dataset[key] === value).length, [key, value]);
  const saying = (place, value) =>
    rows.evaluateAll((rows, [place, value]) => rows.filter((row) => [...row.cells].at(place).textContent.trim() === value).length, [place, value]);
  await layOut(page);
  for (const [label, name, value, expected] of [
    ["Verdict", "verdict", "fails", await rows.evaluateAll((rows) => rows.filter((row) => row.hasAttribute("data-fails")).length)],
    ["Band", "band", "Critical", await having("band", "Critical")],
    ["Band", "band", "not computable", await having("band", "not computable")],
    ["Environment", "environment", "production", await saying(-3, "production")],
    ["Tier", "tier", "high", await saying(-2, "high")],
    ["Owner", "owner", "agents@example.org", await having("owner", "agents@example.org")],
    ["Rule", "rules", "score-mismatch", await page.locator("article", { has: page.locator(".rule", { hasText: /^score-mismatch$/ }) }).count()],
  ]) {
    await page.getByLabel(label, { exact: true }).selectOption(value);
    assert.ok(expected > 0 && expected < all, `${label}: ${expected}`);
    await fits(expected, `: ${label} ${value}`);
    assert.equal(await page.evaluate(() => location.hash), `#${new URLSearchParams([[name, value]])}`);
    // The printed page lists what it leaves out.
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("#shown").isVisible(), true);
    await page.emulateMedia({ media: "screen" });
    await page.getByRole("button", { name: "Clear filters" }).click();
    await fits(all);
    assert.equal(await page.evaluate(() => location.hash), "");
  }
  await page.getByRole("searchbox").fill("SMOLAGENTS");
  await fits(1, ": Search SMOLAGENTS");
  await page.getByLabel("Band", { exact: true }).selectOption("Critical");
  await fits(0, ": Search SMOLAGENTS, Band Critical");
  await page.keyboard.press("Escape");
  await fits(all);
  // Next and previous are those that are shown.
  await page.getByLabel("Verdict", { exact: true }).selectOption("passes");
  await page.waitForFunction(() => location.hash === "#verdict=passes");
  const passing = await page.locator("article:visible").evaluateAll((all) => all.map((one) => one.dataset.agent));
  await page.locator("article:visible").first().getByRole("link", { name: "next" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.closest("article").dataset.agent), passing[1]);
  await close();
});

test("address with filters applies only the filters that the page offers", async () => {
  const file = join(FOLDER, "examples.html");
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${pathToFileURL(file).href}#verdict=fails&band=Critical`);
  const shown = await shownRows(page, "#heat").count();
  assert.ok(shown > 0);
  assert.match(await page.locator("#shown").textContent(), /: Verdict fails, Band Critical$/);
  await page.reload();
  assert.equal(await shownRows(page, "#heat").count(), shown);
  await page.locator(".tiles a", { hasText: "Critical" }).click();
  assert.match(await page.locator("#shown").textContent(), /agents: Band Critical$/);
  const elements = await page.locator("*").count();
  for (const hash of ["band=<img src=x onerror=window.hit=1>", "words=%3Cscript%3Ewindow.hit=1%3C/script%3E", "__proto__=1&constructor=2&band=High\u0000", "=&&%&%E0%A4%A=x", "agent-%E0%A4%A"]) {
    await page.evaluate((hash) => { location.hash = hash; }, hash);
    await page.waitForTimeout(50);
    assert.equal(await page.evaluate(() => window.hit), undefined, hash);
    assert.equal(await page.locator("*").count(), elements, hash);
  }
  await context.close();
});

test("keys search, go from agent to agent, and clear", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const at = () => page.evaluate(() => document.activeElement.closest("article")?.dataset.agent);
  const numbers = await page.locator("article").evaluateAll((all) => all.map((one) => one.dataset.agent));
  await page.keyboard.press("j");
  assert.equal(await at(), numbers[0]);
  assert.equal(await page.locator("article").first().locator("h4").first().isVisible(), true);
  await page.keyboard.press("j");
  assert.equal(await at(), numbers[1]);
  await page.keyboard.press("k");
  assert.equal(await at(), numbers[0]);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.name), "words");
  await page.keyboard.type("jk");
  assert.equal(await page.getByRole("searchbox").inputValue(), "jk");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("searchbox").inputValue(), "");
  await page.locator("article").first().getByRole("link", { name: "next" }).click();
  assert.equal(await at(), numbers[1]);
  await close();
});

test("many cards are folded, and a link opens its card, with a script and without", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { page, close } = await open(join(FOLDER, "examples.html"), { javaScriptEnabled });
    assert.equal(await page.locator("article > details[open]").count(), 0);
    const link = page.locator("#heat tbody th a").nth(7);
    await link.click();
    assert.equal(await page.locator("article > details[open]").count(), 1);
    assert.equal(await page.locator(await link.getAttribute("href")).isVisible(), true);
    await close();
  }
});

test("rules are explained inside of the page", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const link = page.locator("article a.rule").first();
  await layOut(page);
  const name = await link.textContent();
  const rule = page.locator(`#rule-${name}`);
  assert.equal(await link.getAttribute("href"), `#rule-${name}`);
  const item = page.locator("#fix .rules > li").filter({ has: rule });
  assert.match(await item.locator(".page").textContent(), /Fix:[^]*This fails/);
  assert.ok((await item.locator(".places a").count()) > 0);
  await close();
});

test("words are not broken", async () => {
  const folder = join(FOLDER, "twelve");
  execFileSync("python3", [join(PROJECT, "tests/repository/pictures/fleet.py"), "12", "12", folder]);
  const { page, close } = await open(report("twelve.html", ["."], folder));
  await layOut(page);
  for (let width = 320; width <= 1920; width += width < 640 ? 32 : 80) {
    await page.setViewportSize({ width, height: 900 });
    const broken = await page.evaluate(() => {
      const found = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const range = document.createRange();
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.parentElement.closest("pre, script, style, svg, .hidden, title")) continue;
        for (const word of node.data.matchAll(/[\p{L}\p{N}]+/gu)) {
          range.setStart(node, word.index);
          range.setEnd(node, word.index + word[0].length);
          const tops = new Set([...range.getClientRects()].filter((box) => box.width > 0).map((box) => Math.round(box.top)));
          if (tops.size > 1) found.push(word[0]);
        }
      }
      return found;
    });
    assert.deepEqual(broken, [], `${width} pixels`);
  }
  await close();
});

test("page of one agent has neither overview nor table", async () => {
  const { page, close } = await open(report("one.html", ["examples/smolagents"]));
  for (const part of ["#filters", "#heat", ".tiles", ".strip"]) assert.equal(await page.locator(part).count(), 0, part);
  assert.equal(await page.locator("article > details[open]").count(), 1);
  assert.deepEqual(await violations(page), []);
  await close();
});

test("figures have their labels", async () => {
  for (const [figure, words] of [["fleet", "Critical"], ["layers", "Foundation models"]]) {
    const file = report(`${figure}.svg`, ["--figure", figure, "examples"]);
    const { page, close } = await open(file);
    assert.match(await page.locator("svg").textContent(), new RegExp(words));
    assert.equal(await page.locator("svg").getAttribute("role"), "img");
    await close();
  }
});

test("links lead to the agent that they name", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const links = await page.locator("#heat tbody th a").all();
  for (const link of [links[3], links[20], links[12]]) {
    const name = await link.textContent();
    await link.click();
    const target = page.locator("article", { has: page.locator(await link.getAttribute("href")) });
    assert.equal(await target.locator("h3").textContent(), name);
    await page.waitForFunction((target) => target.getBoundingClientRect().top > -40 && target.getBoundingClientRect().top < 500, await target.elementHandle());
  }
  await close();
});

test("unknown value is not shown as a known one", async () => {
  const folder = join(FOLDER, "unknown");
  mkdirSync(folder);
  const stock = readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8");
  const finding = "findings: [{ id: F1, title: Leak, aivss: { version: '0.8', cvss_base: 9.9 } }]\n";
  writeFileSync(join(folder, "threat-model.yaml"), stock + finding);
  writeFileSync(join(folder, "half.threat-model.yaml"), `${stock.replace("Smolagents AI Agent", "Half read")}---\na: [1\n`);
  writeFileSync(join(folder, "known.threat-model.yaml"), stock.replace("Smolagents AI Agent", "Known"));
  const { page, close } = await open(report("unknown.html", ["."], folder));
  const row = (name) => page.locator("#heat tbody tr", { hasText: name });
  assert.match(await row("Smolagents").innerText(), /≥ 6\.5/);
  assert.match(await row("Half read").innerText(), /≥ 6\.5/);
  assert.match(await row("Known").innerText(), /\t6\.5/);
  assert.match(await page.locator(".tiles").innerText(), /1 Medium[^]*2 not computable/);
  assert.match(await page.locator(".lead").innerText(), /2 have no score because an input is missing or cannot be read/);
  await page.getByRole("button", { name: "Score" }).click();
  assert.match(await page.locator("#heat tbody tr").last().innerText(), /Known/);
  const badge = spawnSync(PROGRAM, ["badge", "--format", "endpoint", "."], { cwd: folder, encoding: "utf8" });
  assert.equal(JSON.parse(badge.stdout).message, "not computable");
  await close();
});

test("long word does not narrow other columns", async () => {
  const folder = join(FOLDER, "long");
  mkdirSync(folder);
  const stock = readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8");
  writeFileSync(join(folder, "threat-model.yaml"), stock.replace("owner: agents@example.org", `owner: ${"o".repeat(110)}`));
  writeFileSync(join(folder, "other.threat-model.yaml"), stock);
  const file = report("long.html", ["."], folder);
  for (const width of [1280, 390]) {
    const { page, close } = await open(file, { viewport: { width, height: 844 } });
    const agent = await page.locator("#heat tbody th").first().boundingBox();
    assert.ok(agent.width > (width < 1000 ? 120 : 170), `${agent.width} pixels`);
    await page.emulateMedia({ media: "print" });
    const over = await page.locator("#agents .wide").evaluate((wide) => wide.scrollWidth - wide.clientWidth);
    assert.ok(width < 1000 || over <= 0, `${over} pixels beyond the paper`);
    await close();
  }
});

test("keyboard reaches everything", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the report");
  assert.ok((await page.locator(".skip").boundingBox()).x >= 0, "what has the focus is seen");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "report");
  const seen = new Set();
  for (let steps = 0; steps < 90 && !seen.has("button"); steps += 1) {
    await page.keyboard.press("Tab");
    seen.add(await page.evaluate(() => document.activeElement.name || document.activeElement.type || document.activeElement.tagName.toLowerCase()));
  }
  for (const part of ["words", "band", "rules", "reset", "a", "div", "button"]) assert.ok(seen.has(part), `${part} in ${[...seen]}`);
  await close();
});

test("page without a script is complete", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"), { javaScriptEnabled: false });
  assert.equal(await page.locator("#filters").isVisible(), false);
  assert.equal(await page.locator("article:visible").count(), await page.locator("article").count());
  assert.ok((await page.locator("article").count()) > 20);
  assert.match(await page.locator("#heat thead").textContent(), /Agent\s*Score\s*Foundation models/);
  await page.locator("article summary").first().click();
  assert.equal(await page.locator("article .facts").first().isVisible(), true);
  await close();
});

test("charts have their values as text", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const agent = page.locator("article", { hasText: "Smolagents AI Agent" }).first();
  await layOut(page);
  assert.match(await agent.locator(".rose").getAttribute("aria-label"), /Autonomy of action 0\.6\d?, Dynamic tool use 0\.7/);
  assert.match(await agent.locator(".path").innerText(), /CVSS base[^]*6\.4[^]*agentic factors\s+\+1\.44\s+7\.84[^]*score\s+6\.5/);
  assert.match(await agent.locator(".worked .terms").innerText(), /\(6\.4 \+ 1\.3968\) · 0\.83 = 6\.471344 → 6\.5/);
  assert.equal(await agent.locator(".factors tbody tr").count(), 12);
  assert.equal(await agent.locator(".layers > li").count(), 7);
  await close();
});

test("hostile names are shown as text", async () => {
  const folder = join(FOLDER, "hostile");
  mkdirSync(folder);
  const texts = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror=window.hit=1> b",
    "\"><svg onload=window.hit=1> of an agent",
    "' onmouseover='window.hit=1",
    "</style><style>body{display:none}",
    "{{ 7 * 7 }} {% raw %} of an agent",
    "javascript:window.hit=1",
    "&lt;b&gt; ]]> <!-- --> \\u0041",
  ];
  const stock = readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8");
  texts.forEach((text, at) => {
    const quoted = JSON.stringify(text);
    const hostile = stock
      .replace("name: Smolagents AI Agent", `name: ${quoted}`)
      .replace("owner: agents@example.org", `owner: ${quoted}`)
      .replace("environment: production", `environment: ${quoted}`)
      .replace("rationale: Runs the code it writes; the sandbox bounds it.", `rationale: ${quoted}`)
      .replace("title: Injected prompt turns the task", `title: ${quoted}`)
      .replace("score: 6.5", `score: 6.6\n  ${quoted}: 1`);
    assert.ok(hostile.split(quoted).length === 7, hostile);
    writeFileSync(join(folder, `${at}.threat-model.yaml`), hostile);
  });
  const { page, close } = await open(report("hostile.html", [".", "--links", "javascript:alert(1)//"], folder));
  assert.equal(await page.evaluate(() => window.hit), undefined);
  const names = await page.locator("#heat tbody th a").allTextContents();
  assert.deepEqual(names.sort(), [...texts].sort());
  const owners = await page.getByLabel("Owner", { exact: true }).locator("option").allTextContents();
  assert.deepEqual(owners.filter((owner) => owner !== "all").sort(), [...texts].sort());
  // Filtering by such a name finds it.
  await page.getByLabel("Owner", { exact: true }).selectOption(texts[0]);
  await waitForShown(page, 1);
  assert.equal(await shownRows(page, "#heat").count(), 1);
  for (const [name, value] of await page.locator("*").evaluateAll((all) => all.flatMap((one) => [...one.attributes].map((a) => [a.name, a.value])))) {
    assert.ok(!name.startsWith("on") && name !== "style", name);
    assert.ok(name !== "href" || /^(#|https:|data:image)/.test(value), value);
  }
  assert.deepEqual(await violations(page), []);
  await close();
});

test("policy of the page blocks other scripts", async () => {
  const { page } = await open(join(FOLDER, "examples.html"));
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.hit = 1";
    document.body.append(script);
    return window.hit;
  });
  assert.equal(ran, undefined);
  await page.context().close();
});

test("page of a change shows before, after, and the differences", async () => {
  const folder = join(FOLDER, "repository");
  mkdirSync(folder);
  const git = (...args) => execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...args], { cwd: folder });
  const stock = readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8");
  const model = join(folder, "threat-model.yaml");
  git("init", "--quiet", "--initial-branch=main");
  writeFileSync(model, stock);
  git("add", ".");
  git("commit", "--quiet", "--message=base");
  writeFileSync(model, stock.replace("{ score: 0.60, rationale: Runs", "{ score: 1.00, rationale: Runs").replace("status: uncertain\n    analysis: Retrieval", "status: mapped\n    analysis: Retrieval"));
  execFileSync(PROGRAM, ["fix", "--quiet", "."], { cwd: folder });
  const { page, close } = await open(report("change.html", ["--base", "main"], folder));
  const moved = page.locator(".moved");
  assert.equal(await moved.count(), 1);
  assert.match(await moved.innerText(), /before[^]*6\.5 Medium[^]*after[^]*6\.6 Medium[^]*▲ worse[^]*autonomy of action\s+0\.60\s+1\.00/);
  assert.equal(await page.locator(".rose .was").count(), 1);
  assert.match(await page.locator("article .layers").innerText(), /mapped, was uncertain/);
  assert.ok((await page.locator("#change").boundingBox()).y < (await page.locator("#overview").boundingBox()).y);
  assert.deepEqual(await violations(page), []);
  await close();
});

test("page lists the policy with its settings, and exceptions with their days", async () => {
  const folder = join(FOLDER, "excepted");
  mkdirSync(folder);
  writeFileSync(join(folder, "threat-model.yaml"), readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8"));
  const exception = (rule, expires) => `  - { rule: ${rule}, path: "**", reason: The sandbox is being replaced., owner: agents@example.org, expires: ${expires} }\n`;
  const policy = "aivss_policy: 1\nlimits: { severity: Low }\nexceptions:\n";
  writeFileSync(join(folder, "aivss-policy.yaml"), policy + exception("severity-exceeded", "2026-12-05") + exception("layer-blank", "2026-11-24"));
  const { page, close } = await open(report("policy.html", ["."], folder));
  const text = await page.locator("#policy").innerText();
  assert.match(text, /limits\.severity\s+Low/);
  const excepted = await page.locator("#exceptions").innerText();
  assert.match(excepted, /severity-exceeded[^]*The sandbox is being replaced\.[^]*2026-12-05\s+10 days\s+1 problem/);
  assert.match(excepted, /layer-blank[^]*2026-11-24\s+expired\s+0 problems/);
  await layOut(page);
  assert.match(await page.locator("article .passes").innerText(), /excepted until 2026-12-05: The sandbox is being replaced/);
  assert.deepEqual(await violations(page), []);
  await close();
});

test("inputs that could not be checked come first", async () => {
  const { page, close } = await open(report("nothing.html", ["nowhere"]));
  assert.match(await page.locator("main").innerText(), /^Inputs that could not be checked\s+nowhere: no such file or folder/);
  assert.equal(await page.locator(".tiles, #overview").count(), 0);
  assert.equal(await page.locator(".pill").evaluate((pill) => getComputedStyle(pill).backgroundColor), "rgb(248, 220, 131)");
  assert.deepEqual(await violations(page), []);
  await close();
  const folder = join(FOLDER, "empty");
  mkdirSync(folder);
  const empty = await open(report("empty.html", ["."], folder));
  assert.match(await empty.page.locator(".alarm code").allTextContents().then(String), /aivss-lint init/);
  await empty.close();
});

test("page of five hundred agents with problems, or of more with few, stays usable", async () => {
  const fleet = (count, failing, args) => {
    const folder = join(FOLDER, `fleet-${count}`);
    execFileSync("python3", [join(PROJECT, "tests/repository/pictures/fleet.py"), String(count), String(failing), folder]);
    return report(`fleet-${count}.html`, args, folder);
  };
  const file = fleet(500, 500, ["."]);
  const size = statSync(file).size;
  // Printed, not asserted: the time of the processor, the best of three. It should be less than 1.5 s on an idle machine.
  let opened = Infinity;
  for (let tries = 0; tries < 3; tries += 1) {
    const fresh = await browser.newPage();
    const devtools = await fresh.context().newCDPSession(fresh);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    await fresh.goto(pathToFileURL(file).href);
    const { metrics } = await devtools.send("Performance.getMetrics");
    opened = Math.min(opened, metrics.find(({ name }) => name === "TaskDuration").value);
    await fresh.close();
  }
  const { page, close } = await open(file);
  console.log(`five hundred agents: ${(size / 1e6).toFixed(1)} MB, open after ${(1000 * opened).toFixed(0)} ms`);
  assert.ok(size < 6_000_000, `${size} bytes`);
  assert.equal(await page.locator("article").count(), 500);
  for (const part of await page.locator("h2, .lead, .rules .what").all()) {
    assert.equal(await part.evaluate((part) => getComputedStyle(part).textAlign), "start");
  }
  await page.getByRole("button", { name: "Tier" }).click();
  const tiers = await page.locator("#heat tbody tr td:nth-last-of-type(2)").allTextContents();
  assert.deepEqual([...new Set(tiers.map((tier) => tier.trim()))], ["low", "moderate", "high"]);
  await page.getByRole("searchbox").fill("no such agent");
  await waitForShown(page, 0);
  assert.equal(await page.locator("article:visible").count(), 0);
  await close();
  // A tenth of 20,000 agents of which 500 fail has to fit into a tenth of 20 MB.
  const tenth = statSync(fleet(2000, 50, ["--detail", "failing", "--policy", join(PROJECT, "policies/recommended.yaml"), "."])).size;
  console.log(`two thousand agents of which fifty fail: ${(tenth / 1e6).toFixed(2)} MB`);
  assert.ok(tenth < 2_000_000, `${tenth} bytes`);
});

test("thousands of rows are laid out near the window only, and are one table all the same", async () => {
  const { page, close } = await open(join(FOLDER, "fleet-2000.html"));
  const edges = (part) => page.locator(`#heat ${part} tr`).first().locator("th, td").evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect().left));
  assert.deepEqual(await edges("thead"), await edges("tbody"));
  assert.deepEqual(await edges("tfoot"), await edges("tbody"));
  const bodies = page.locator("#heat tbody");
  assert.equal(await bodies.count(), 10);
  const drawn = () => bodies.evaluateAll((all) => all.filter((body) => body.firstElementChild.checkVisibility({ contentVisibilityAuto: true })).length);
  assert.ok((await drawn()) < 3, String(await drawn()));
  // Readers that follow the roles meet a table.
  const devtools = await page.context().newCDPSession(page);
  const { root } = await devtools.send("DOM.getDocument");
  const { nodes } = await devtools.send("Accessibility.queryAXTree", { nodeId: root.nodeId, role: "columnheader" });
  assert.ok(nodes.filter(({ ignored }) => !ignored).length >= 12);
  await page.getByRole("button", { name: "Agent", exact: true }).click();
  const names = await page.locator("#heat tbody th").evaluateAll((all) => all.map((cell) => cell.textContent));
  assert.equal(names.length, 2000);
  assert.deepEqual(names, [...names].sort(new Intl.Collator().compare));
  assert.ok((await bodies.evaluateAll((all) => all.map((body) => body.rows.length))).every((rows) => rows === 200));
  await page.getByLabel("Verdict").selectOption("fails");
  const failing = await page.locator("#heat tr[data-fails]").count();
  await waitForShown(page, failing);
  assert.equal(await page.locator("#heat tbody:not([hidden]) tr:not([hidden])").count(), failing);
  await page.getByRole("searchbox").fill(names.at(-1).trim().split(" ")[0]);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await waitForShown(page, 2000);
  assert.equal(await page.locator("#heat tbody[hidden]").count(), 0);
  await close();
});

test("badges are pictures with words", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  for (const [args, words] of [
    [["examples/smolagents"], "AIVSS: 6.5 Medium"],
    [["examples/owasp-0.5", "--subject", "gate"], "aivss-lint: failing · 10 agents"],
    [["examples/faults"], "AIVSS: not computable"],
    [["examples/smolagents", "--label", "<script>&\"'\u202e"], "<script>&\"'\\u{202e}: 6.5 Medium"],
  ]) {
    const svg = spawnSync(PROGRAM, ["badge", "--today", "2026-11-25", ...args], { cwd: PROJECT, encoding: "utf8" }).stdout;
    const drawn = await page.evaluate((svg) => {
      const picture = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
      document.body.replaceChildren(picture);
      const texts = [...picture.querySelectorAll("text")];
      const natural = texts.map((text) => {
        const wanted = Number(text.getAttribute("textLength"));
        text.removeAttribute("textLength");
        return text.getComputedTextLength() / wanted;
      });
      return { label: picture.getAttribute("aria-label"), title: picture.querySelector("title").textContent, natural };
    }, svg);
    assert.equal(drawn.label, words);
    assert.equal(drawn.title, words);
    // Letters are neither squeezed nor drawn apart so far that it shows.
    for (const ratio of drawn.natural) assert.ok(ratio > 0.8 && ratio < 1.25, `${words}: ${ratio}`);
  }
  await context.close();
});
