// The pictures of the README, out of the page that it tells how to make. Run by tests/repository/page/run with --screenshots.
import { createRequire } from "node:module";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const { PROGRAM, CHROMIUM, FOLDER, PROJECT } = process.env;

const file = join(FOLDER, "report.html");
const examples = ["examples/owasp-0.5", "examples/owasp-0.8", "examples/smolagents"];
spawnSync(PROGRAM, ["report", "--today", "2026-11-25", "--output", file, ...examples], { cwd: PROJECT, stdio: "inherit" });

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const shot = async (name, options, of) => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 1000 }, ...options });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  await of(page, join(PROJECT, "docs/images", `${name}.png`));
  await context.close();
};
await shot("report", { colorScheme: "light" }, (page, path) => page.screenshot({ path, clip: { x: 0, y: 0, width: 1200, height: 1400 }, fullPage: true }));
await shot("report-agent", { colorScheme: "dark" }, async (page, path) => {
  const agent = page.locator("article", { hasText: "Smolagents AI Agent" }).first();
  // What is far from the window is not drawn: the window goes there.
  await agent.evaluate((agent) => agent.scrollIntoView({ behavior: "instant" }));
  await page.waitForFunction(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true)))));
  await page.screenshot({ path });
});
await browser.close();
