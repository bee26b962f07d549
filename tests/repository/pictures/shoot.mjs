// shoot.mjs SOURCES FOLDER: takes the pictures that SOURCES/shots.json lists. A comment is rendered as GitHub renders it, as
// far as its style sheet goes. Paper becomes a PDF and a picture of each sheet.
import { execFileSync } from "node:child_process";
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

const canvas = await browser.newPage();
const reds = await canvas.evaluate(() => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "40px sans-serif";
  pen.fillText("\u{1F534}", 0, 50);
  const { data } = pen.getImageData(0, 0, 80, 80);
  return data.filter((value, at) => at % 4 === 0 && value > 150 && data[at + 1] < 100).length;
});
if (reds === 0) console.error("There is no font with emoji: the pictures show boxes or nothing in their place.");
await canvas.close();

// More is never looked at, and a picture has at most 16,384 pixels.
const TALLEST = 12000;
for (const { name, file, markdown, paper, width, scheme, scale, open } of JSON.parse(readFileSync(join(sources, "shots.json"), "utf8"))) {
  const context = await browser.newContext({ viewport: { width, height: 300 }, colorScheme: scheme, deviceScaleFactor: scale });
  context.setDefaultTimeout(0);
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
  if (paper) {
    const pdf = join(folder, `${name}.pdf`);
    await page.pdf({ path: pdf, format: "A4", printBackground: true });
    execFileSync("pdftoppm", ["-png", "-r", "80", pdf, join(folder, name)]);
  } else {
    if (open) await page.evaluate((open) => { for (const part of document.querySelectorAll(open)) part.open = true; }, open);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(height, TALLEST) } });
  }
  await context.close();
}
await browser.close();
