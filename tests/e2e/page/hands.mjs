// By keyboard alone; and ten thousand rows.
import { ask, base, check, open, picture, text, violations } from "./browser.mjs";

const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");

export async function keyboard() {
  const page = await open();
  await page.goto(`${base}/migrations`);
  await text(page, "t-failed");
  await page.keyboard.press("Tab");
  check((await focused(page)).includes("Skip"), "the first stop skips to the content");
  await page.keyboard.press("/");
  check((await focused(page)) === "Search migrations", "/ focuses the search");
  await page.keyboard.type("t-");
  await page.waitForFunction(() => new URLSearchParams(location.search).get("q") === "t-");
  // From the search to the table, through what lies between.
  for (let i = 0; i < 24 && !(await page.evaluate(() => document.activeElement?.getAttribute("role") === "row")); i += 1) await page.keyboard.press("Tab");
  const onRow = (index) => page.waitForFunction((wanted) => Number(document.activeElement?.ariaRowIndex) === wanted, index);
  const last = Number(await page.locator(".grid").getAttribute("aria-rowcount"));
  for (const [key, index] of [["End", last], ["Home", 2], ["ArrowDown", 3]]) {
    await page.keyboard.press(key);
    await onRow(index);
  }
  const second = await page.evaluate(() => document.activeElement.dataset.task);
  await page.keyboard.press("Enter");
  await page.waitForFunction((id) => location.pathname === `/migrations/${id}`, second);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("t-fail");
  await page.getByRole("option", { name: /t-failed/ }).waitFor();
  await picture(page, "palette");
  const found = await violations(page);
  check(found.length === 0, `axe finds nothing in the palette: ${found.join("\n")}`);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname === "/migrations/t-failed");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("theme: dark");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.reload();
  check(await page.evaluate(() => document.documentElement.dataset.theme === "dark"), "the theme is remembered");
}

export async function many() {
  const page = await open();
  await page.goto(`${base}/migrations?list=active&sort=name.up`);
  await page.locator("#row-count", { hasText: /^10,0\d\d of/ }).waitFor();
  const count = await page.locator(".grid-row[data-task]").count();
  check(count < 60, `only rows in sight are in the document: ${count}`);
  check(Number(await page.locator(".grid").getAttribute("aria-rowcount")) > 10_000, "the table tells its true length");
  await picture(page, "ten-thousand");
  await page.locator(".grid-row[data-task]").first().focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => Number(document.activeElement?.ariaRowIndex) > 10_000);
  await ask("update");
  await page.locator('[data-task="many-09999"] .c-progress .num', { hasText: "13.3 %" }).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as CSV" }).click();
  check((await (await download).suggestedFilename()) === "godwit-migrations.csv", "the table is saved");
  check(page.complaints.length === 0, page.complaints.join("\n"));
}
