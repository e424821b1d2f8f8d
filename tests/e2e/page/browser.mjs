// A browser for the tests of the page: Debian's Chromium, driven by playwright-core from what npm has installed.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.PAGE_MODULES}/package.json`);
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

export const base = process.env.PAGE_URL;
const pictures = process.env.PAGE_PICTURES;
mkdirSync(pictures, { recursive: true });

export function check(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

// What the test's other half is asked to do: a line out, a line back when it is done.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export async function ask(what) {
  process.stdout.write(`@${what}\n`);
  const { value } = await lines.next();
  check(value === "ok", `"${what}" was done: ${value}`);
}

let browser;
export async function open(options = {}) {
  browser ??= await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
  });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "Europe/Berlin", locale: "en-GB", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("blob:")) page.complaints.push(`asked elsewhere: ${url}`);
  });
  page.on("console", (message) => {
    if (/Content Security Policy|TypeError|ReferenceError/.test(message.text())) page.complaints.push(message.text());
  });
  return page;
}

export const close = () => browser?.close();

export const picture = (page, name) => page.screenshot({ path: `${pictures}/${name}.png` });

/** Everything axe finds against WCAG 2.2 A and AA, and its best practices. */
export async function violations(page) {
  const told = page.isAxed;
  if (told !== page.url()) await page.evaluate(axeSource);
  page.isAxed = page.url();
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
}

export const text = (page, part, timeout = 20_000) => page.getByText(part).first().waitFor({ timeout });

/** Goes to another page of ours without a reload, as a link does. */
export async function visit(page, path) {
  await page.evaluate((address) => {
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}
