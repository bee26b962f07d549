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

// Packages are found where they were installed, not beside this file.
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

/** Opens a page, and holds it to saying nothing, reaching for nothing and failing in nothing until it is closed. */
async function open(file, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (url !== pathToFileURL(file).href && !url.startsWith("data:")) said.push(`request of ${url}`);
  });
  await page.goto(pathToFileURL(file).href);
  const close = async () => {
    assert.deepEqual(said, []);
    await context.close();
  };
  return { page, close };
}

/** Lays everything out: what is far from the window would wait until it comes near. */
const layOut = (page) =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".agent { content-visibility: visible !important }");
    document.adoptedStyleSheets = [sheet];
  });

/** What axe-core finds wrong. It is put in through the debugger, which the policy of the page does not bind. */
async function violations(page) {
  await layOut(page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Waits until so many agents are said to be shown: filters wait for whoever types. */
const says = (page, count) =>
  page.waitForFunction((count) => document.getElementById("shown").textContent.startsWith(`${count} of `), count);

const shownRows = (page, table) => page.locator(`${table} tbody tr:visible`);

test("nobody is shut out, in light and in dark, on a screen, a phone and paper", async () => {
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

test("dark is dark, and paper is white all the same", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"), { colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await background(), "rgb(18, 22, 28)");
  await page.emulateMedia({ media: "print" });
  assert.equal(await background(), "rgb(255, 255, 255)");
  assert.equal(await page.locator("#filters").isVisible(), false);
  assert.equal(await page.locator("article:visible").count(), await page.locator("article").count());
  const paper = await page.pdf({ format: "A4", printBackground: true });
  assert.ok(paper.length > 50_000);
  await close();
});

test("the table is sorted by whoever clicks or types", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const scores = async () => {
    const cells = await page.locator("#agents tbody tr td:nth-of-type(1)").evaluateAll((all) => all.map((cell) => Number(cell.dataset.value)));
    assert.ok(cells.length > 20);
    return cells;
  };
  const sorted = (numbers, sign) => [...numbers].sort((one, other) => sign * (one - other));
  await page.getByRole("button", { name: "Score" }).click();
  assert.deepEqual(await scores(), sorted(await scores(), -1));
  assert.equal(await page.locator("#agents th[aria-sort]").getAttribute("aria-sort"), "descending");
  await page.getByRole("button", { name: "Score" }).focus();
  await page.keyboard.press("Enter");
  assert.deepEqual(await scores(), sorted(await scores(), 1));
  await page.getByRole("button", { name: "Agent" }).click();
  const names = await page.locator("#agents tbody th").allTextContents();
  assert.deepEqual(names.map((name) => name.trim().toLowerCase()), names.map((name) => name.trim().toLowerCase()).sort());
  assert.equal(await page.locator("#agents th[aria-sort]").count(), 1);
  await close();
});

test("filters narrow the table, the layers and the agents, and say how far", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const all = await page.locator("article").count();
  const fits = async (count, terms = "") => {
    await says(page, count);
    for (const [table, part] of [["#agents", "tr"], [".heat", "tr"]]) {
      assert.equal(await shownRows(page, table).count(), count, `${table} ${part}`);
    }
    assert.equal(await page.locator("article:visible").count(), count);
    assert.equal(await page.locator("#shown").textContent(), `${count} of ${all} agents${terms}`);
  };
  await fits(all);
  const rows = page.locator("#agents tbody tr");
  const saying = (column, value) =>
    rows.evaluateAll((rows, [column, value]) => rows.filter((row) => row.cells[column].innerText.trim() === value).length, [column, value]);
  for (const [label, value, expected] of [
    ["Band", "Critical", await saying(2, "Critical")],
    ["Band", "not computable", await saying(2, "not computable")],
    ["Environment", "production", await saying(3, "production")],
    ["Tier", "high", await saying(4, "high")],
    ["Owner", "agents@example.org", await saying(5, "agents@example.org")],
    ["Rule", "score-mismatch", await page.locator("article", { has: page.locator(".rule", { hasText: /^score-mismatch$/ }) }).count()],
  ]) {
    await page.getByLabel(label, { exact: true }).selectOption(value);
    const count = expected;
    assert.ok(count > 0 && count < all, `${label}: ${count}`);
    await fits(count, `: ${label} ${value}`);
    // Paper tells what it leaves out.
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("#shown").isVisible(), true);
    await page.emulateMedia({ media: "screen" });
    await page.getByRole("button", { name: "Show all" }).click();
    await fits(all);
  }
  await page.getByRole("searchbox").fill("SMOLAGENTS");
  await fits(1, ": Search SMOLAGENTS");
  await page.getByLabel("Band", { exact: true }).selectOption("Critical");
  await fits(0, ": Search SMOLAGENTS, Band Critical");
  await close();
});

test("links lead to the agent that they name", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const links = await page.locator("#agents tbody th a").all();
  for (const link of [links[3], links.at(-1), links[12]]) {
    const name = await link.textContent();
    await link.click();
    const target = page.locator(await link.getAttribute("href"));
    assert.match(await target.locator("h3").textContent(), new RegExp(`^${name}`));
    await page.waitForFunction((target) => Math.abs(target.getBoundingClientRect().top) < 40, await target.elementHandle());
  }
  await close();
});

test("what is not known is not shown as if it were", async () => {
  const folder = join(FOLDER, "unknown");
  mkdirSync(folder);
  const stock = readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8");
  const finding = "findings: [{ id: F1, title: Leak, aivss: { version: '0.8', cvss_base: 9.9 } }]\n";
  writeFileSync(join(folder, "threat-model.yaml"), stock + finding);
  writeFileSync(join(folder, "half.threat-model.yaml"), `${stock.replace("Smolagents AI Agent", "Half read")}---\na: [1\n`);
  writeFileSync(join(folder, "known.threat-model.yaml"), stock.replace("Smolagents AI Agent", "Known"));
  const { page, close } = await open(report("unknown.html", ["."], folder));
  const row = (name) => page.locator("#agents tbody tr", { hasText: name });
  assert.match(await row("Smolagents").innerText(), /≥ 6\.5\s+not computable/);
  assert.match(await row("Half read").innerText(), /≥ 6\.5\s+not computable/);
  assert.match(await row("Known").innerText(), /6\.5\s+Medium/);
  assert.match(await page.locator(".bars").innerText(), /Medium\s+1[^]*not computable\s+2/);
  assert.match(await page.locator(".tiles").innerText(), /6\.5 ?\s*worst known score, Medium/);
  await page.getByRole("button", { name: "Score" }).click();
  assert.match(await page.locator("#agents tbody tr").last().innerText(), /Known/);
  const badge = spawnSync(PROGRAM, ["badge", "--format", "endpoint", "."], { cwd: folder, encoding: "utf8" });
  assert.equal(JSON.parse(badge.stdout).message, "not computable");
  await close();
});

test("one long word takes no room from others", async () => {
  const folder = join(FOLDER, "long");
  mkdirSync(folder);
  const stock = readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8");
  writeFileSync(join(folder, "threat-model.yaml"), stock.replace("owner: agents@example.org", `owner: ${"o".repeat(110)}`));
  const file = report("long.html", ["."], folder);
  for (const width of [1280, 390]) {
    const { page, close } = await open(file, { viewport: { width, height: 844 } });
    const agent = await page.locator("#agents tbody th").boundingBox();
    assert.ok(agent.width > 180, `${agent.width} pixels`);
    await page.emulateMedia({ media: "print" });
    const over = await page.locator("#table .wide").evaluate((wide) => wide.scrollWidth - wide.clientWidth);
    assert.ok(width < 1000 || over <= 0, `${over} pixels beyond the paper`);
    await close();
  }
});

test("the keyboard alone reaches everything", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the report");
  assert.ok((await page.locator(".skip").boundingBox()).x >= 0, "what has the focus is seen");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "report");
  const seen = new Set();
  for (let steps = 0; steps < 60 && !seen.has("button"); steps += 1) {
    await page.keyboard.press("Tab");
    seen.add(await page.evaluate(() => document.activeElement.name || document.activeElement.type || document.activeElement.tagName.toLowerCase()));
  }
  for (const part of ["words", "band", "rules", "reset", "a", "div", "button"]) assert.ok(seen.has(part), `${part} in ${[...seen]}`);
  await close();
});

test("without a script everything is there", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"), { javaScriptEnabled: false });
  assert.equal(await page.locator("#filters").isVisible(), false);
  assert.equal(await page.locator("article:visible").count(), await page.locator("article").count());
  assert.ok((await page.locator("article").count()) > 20);
  assert.match(await page.locator("#agents thead").textContent(), /Agent\s*Score\s*Band/);
  await close();
});

test("what is drawn is written, too", async () => {
  const { page, close } = await open(join(FOLDER, "examples.html"));
  const agent = page.locator("article", { hasText: "Smolagents AI Agent" }).first();
  await layOut(page);
  assert.match(await agent.locator(".radar").getAttribute("aria-label"), /Autonomy of action 0\.6\d?, Dynamic tool use 0\.7/);
  assert.match(await agent.locator(".path").innerText(), /CVSS base\s+6\.4[^]*agentic factors\s+\+1\.44\s+7\.84[^]*score\s+6\.5/);
  assert.match(await agent.locator(".terms").innerText(), /\(6\.4 \+ 1\.3968\) · 0\.83 = 6\.471344 → 6\.5/);
  assert.equal(await agent.locator(".factors tbody tr").count(), 12);
  assert.equal(await agent.locator(".layers > li").count(), 7);
  await close();
});

test("names are text, whatever they hold", async () => {
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
  const names = await page.locator("#agents tbody th a").allTextContents();
  assert.deepEqual(names.sort(), [...texts].sort());
  const owners = await page.getByLabel("Owner", { exact: true }).locator("option").allTextContents();
  assert.deepEqual(owners.filter((owner) => owner !== "all").sort(), [...texts].sort());
  // Filtering by such a name finds it.
  await page.getByLabel("Owner", { exact: true }).selectOption(texts[0]);
  await says(page, 1);
  assert.equal(await shownRows(page, "#agents").count(), 1);
  for (const [name, value] of await page.locator("*").evaluateAll((all) => all.flatMap((one) => [...one.attributes].map((a) => [a.name, a.value])))) {
    assert.ok(!name.startsWith("on") && name !== "style", name);
    assert.ok(name !== "href" || /^(#|https:|data:image)/.test(value), value);
  }
  assert.deepEqual(await violations(page), []);
  await close();
});

test("the policy of the page lets no other script run", async () => {
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

test("a change is seen: before, after, and what moved", async () => {
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
  assert.equal(await page.locator(".radar polygon.was").count(), 1);
  assert.match(await page.locator(".heat td.mapped small").innerText(), /was uncertain/);
  assert.deepEqual(await violations(page), []);
  await close();
});

test("a policy stands with its settings, and its exceptions with their days", async () => {
  const folder = join(FOLDER, "excepted");
  mkdirSync(folder);
  writeFileSync(join(folder, "threat-model.yaml"), readFileSync(join(PROJECT, "examples/smolagents/threat-model.yaml"), "utf8"));
  const exception = (rule, expires) => `  - { rule: ${rule}, path: "**", reason: The sandbox is being replaced., owner: agents@example.org, expires: ${expires} }\n`;
  const policy = "aivss_policy: 1\nlimits: { severity: Low }\nexceptions:\n";
  writeFileSync(join(folder, "aivss-policy.yaml"), policy + exception("severity-exceeded", "2026-12-05") + exception("layer-blank", "2026-11-24"));
  const { page, close } = await open(report("policy.html", ["."], folder));
  const text = await page.locator("#policy").innerText();
  assert.match(text, /limits\.severity\s+Low/);
  assert.match(text, /severity-exceeded[^]*The sandbox is being replaced\.[^]*2026-12-05\s+10 days\s+1 problem/);
  assert.match(text, /layer-blank[^]*2026-11-24\s+expired\s+0 problems/);
  await layOut(page);
  assert.match(await page.locator("article .passes").innerText(), /excepted until 2026-12-05: The sandbox is being replaced/);
  assert.deepEqual(await violations(page), []);
  await close();
});

test("inputs that could not be checked come first", async () => {
  const { page, close } = await open(report("nothing.html", ["nowhere"]));
  assert.match(await page.locator("main").innerText(), /^Inputs that could not be checked\s+nowhere: no such file or folder/);
  assert.deepEqual(await violations(page), []);
  await close();
});

test("five hundred agents fit", async () => {
  const folder = join(FOLDER, "many");
  execFileSync("python3", [join(PROJECT, "benches/corpus.py"), "500", folder]);
  const file = report("many.html", ["."], folder);
  const size = statSync(file).size;
  const start = performance.now();
  const { page, close } = await open(file);
  const opened = performance.now() - start;
  assert.equal(await page.locator("article").count(), 500);
  await page.getByRole("button", { name: "Tier" }).click();
  const tiers = await page.locator("#agents tbody tr td:nth-of-type(4)").allTextContents();
  assert.deepEqual([...new Set(tiers.map((tier) => tier.trim()))], ["low", "moderate", "high"]);
  assert.ok(size < 6_000_000, `${size} bytes`);
  console.log(`five hundred agents: ${(size / 1e6).toFixed(1)} MB, open after ${opened.toFixed(0)} ms`);
  await page.getByRole("searchbox").fill("no such agent");
  await says(page, 0);
  assert.equal(await page.locator("article:visible").count(), 0);
  await close();
});

test("badges are pictures with words", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  for (const [args, words] of [
    [["examples/smolagents"], "AIVSS: 6.5 Medium"],
    [["examples/owasp-0.5", "--tells", "gate"], "aivss-lint: failed"],
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
