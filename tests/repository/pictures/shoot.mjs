// shoot.mjs SOURCES FOLDER: takes the pictures that SOURCES/shots.json lists. A comment is rendered as GitHub renders it, as
// far as its style sheet goes.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const { marked } = await import(pathToFileURL(require.resolve("marked")).href);
const [sources, folder] = process.argv.slice(2);
const style = readFileSync(require.resolve("github-markdown-css/github-markdown.css"), "utf8");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
for (const { name, file, markdown, width, scheme, scale } of JSON.parse(readFileSync(join(sources, "shots.json"), "utf8"))) {
  const context = await browser.newContext({ viewport: { width, height: 300 }, colorScheme: scheme, deviceScaleFactor: scale });
  const page = await context.newPage();
  if (markdown) {
    const body = marked.parse(readFileSync(markdown, "utf8"), { gfm: true });
    const ground = scheme === "dark" ? "#0d1117" : "#ffffff";
    await page.setContent(`<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>${style}
      body { margin: 0; background: ${ground}; } main.markdown-body { max-width: 860px; margin: 0 auto; padding: 16px; }</style>
      <main class="markdown-body">${body}</main>`);
  } else {
    await page.goto(pathToFileURL(file).href);
  }
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  await context.close();
}
await browser.close();
