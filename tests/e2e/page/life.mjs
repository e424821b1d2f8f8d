// A page that is left open: a migration from start to end, a server that dies and comes back, a network that goes.
import { ask, base, check, open, picture, text } from "./browser.mjs";

const shown = (page) => page.locator(".hero .num");

export async function life() {
  const page = await open();
  await page.goto(`${base}/migrations/live-1`);
  await text(page, "No migration has this id");
  await ask("start");
  await text(page, "live-one");
  await ask("export at 30 %");
  await shown(page).getByText("10 %").waitFor();
  await ask("export done");
  await page.locator(".gantt th").getByText("export").waitFor();
  await ask("fail");
  await text(page, "What went wrong");
  await text(page, "the target is full");
  await text(page, "last words on stderr");
  const toast = page.locator(".toast", { hasText: "live-one" });
  await toast.waitFor();
  await picture(page, "live-failed");
  await toast.getByRole("button").click();
  await ask("second attempt");
  await page.locator(".hero .badge").getByText("exporting").waitFor();
  await ask("complete");
  await page.locator(".hero .badge").getByText("completed").waitFor();
  await text(page, "Attempt 2");
  await picture(page, "live-completed");
  check(page.complaints.length === 0, page.complaints.join("\n"));
}

/** Nothing is lost and nothing flickers: what is on the page stays there until better is known. */
async function awayAndBack(page, name, go, back) {
  await page.goto(`${base}/migrations?list=active`);
  await text(page, "steady-1");
  const before = await page.locator("#row-count").innerText();
  await ask(go);
  await page.locator("#stale").waitFor();
  await text(page, "Connecting again by itself");
  await picture(page, `${name}-stale`);
  check((await page.locator("#row-count").innerText()) === before, "the rows stay while nobody answers");
  await page.evaluate(() => {
    globalThis.emptied = false;
    new MutationObserver(() => (globalThis.emptied ||= !document.querySelector(".grid-row[data-task]"))).observe(document.body, { childList: true, subtree: true });
  });
  await ask(back);
  await page.locator("#stale").waitFor({ state: "detached" });
  await page.locator("[data-task=while-away]").waitFor();
  check(!(await page.evaluate(() => globalThis.emptied)), "the table never was empty");
}

export async function restart() {
  const page = await open();
  await awayAndBack(page, "restart", "kill the dashboard", "start the dashboard");
  check(page.complaints.length === 0, page.complaints.join("\n"));
}

export async function offline() {
  const page = await open();
  await awayAndBack(page, "offline", "cut the network", "mend the network");
}

/** More tabs than a browser has connections to one host: all are live, and questions are still answered. */
export async function tabs() {
  const first = await open();
  await first.goto(`${base}/migrations`);
  const others = [];
  for (let i = 0; i < 7; i += 1) {
    const page = await first.context().newPage();
    await page.goto(`${base}/migrations?q=tabs`);
    others.push(page);
  }
  await ask("a task for all tabs");
  for (const page of [first, ...others]) await page.locator("[data-task=for-all-tabs]").waitFor();
}
