// The picture of the page in the README. Run by tests/repository/page/run with --screenshots.
import { createRequire } from "node:module";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const { PROGRAM, CHROMIUM, FOLDER, PROJECT } = process.env;

const file = join(FOLDER, "report.html");
const examples = ["examples/owasp-0.5", "examples/smolagents"];
spawnSync(PROGRAM, ["report", "--today", "2026-11-25", "--branch", "main", "--output", file, ...examples], { cwd: PROJECT, stdio: "inherit" });

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const shot = async (name, options, of) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  await of(page, join(PROJECT, "docs/images", `${name}.png`));
  await context.close();
};
await shot("report", { colorScheme: "light" }, (page, path) => page.screenshot({ path }));
await browser.close();
