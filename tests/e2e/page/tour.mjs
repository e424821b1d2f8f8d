// Every page, in the light on a desk and in the dark on a telephone: nothing for axe to find, nothing asked elsewhere, a
// hostile name shown as text. Pictures of all of them are kept.
import { base, check, open, picture, text, violations } from "./browser.mjs";

export const HOSTILE = "<img src=x onerror=document.title='run'>";

const PAGES = [
  ["overview", "/", "Recent failures"],
  ["migrations", "/migrations", HOSTILE],
  ["migration-failed", "/migrations/t-failed", "What went wrong"],
  ["migration-hostile", "/migrations/t-hostile", HOSTILE],
  ["plans", "/plans", "Wave one"],
  ["plan", "/plans/wave-1", "What holds it up"],
  ["pipeline", "/pipeline", "godwit-webhooks"],
  ["audit", "/audit", "Migration failed"],
  ["notifications", "/notifications", "no space left"],
  ["nowhere", "/migrations/none", "No migration has this id"],
];

// On the telephone only pages that are laid out in another way there.
const LOOKS = [
  ["light", PAGES, {}],
  ["dark-phone", PAGES.slice(0, 3).concat(PAGES.slice(5, 9)), { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
];

export async function tour() {
  const all = [];
  for (const [look, pages, options] of LOOKS) {
    const page = await open(options);
    for (const [name, path, part] of pages) {
      await page.goto(base + path);
      await text(page, part);
      await page.waitForLoadState("load");
      await picture(page, `${name}-${look}`);
      const found = await violations(page);
      all.push(...found.map((each) => `${name}, ${look}: ${each}`));
      check((await page.title()) !== "run", "no markup of an event has run");
      check((await page.locator("img").count()) === 0, "no element was made of an event's text");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(wide <= 0, `${name}, ${look} is no wider than its window: ${wide} px`);
    }
    check(page.complaints.length === 0, page.complaints.join("\n"));
    await page.context().close();
  }
  check(all.length === 0, `axe finds nothing:\n${all.join("\n")}`);
}

/** The narrowest and the widest screen we promise. */
export async function sizes() {
  for (const [name, width, height] of [["320", 320, 640], ["4k", 3840, 2160]]) {
    const page = await open({ viewport: { width, height } });
    for (const [path, part] of [["/", "Recent failures"], ["/migrations", "t-failed"], ["/migrations/t-failed", "What went wrong"]]) {
      await page.goto(base + path);
      await text(page, part);
      await picture(page, `${path.split("/").length}${path === "/" ? "-overview" : "-migrations"}-${name}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(wide <= 0, `${path} at ${name} is no wider than its window: ${wide} px`);
    }
    await page.context().close();
  }
}

/** A record's proof is checked in the browser, with the key the audit gives. */
export async function proof() {
  const page = await open();
  await page.goto(`${base}/migrations/t-failed`);
  await page.getByRole("link", { name: /audit record of Migration failed/ }).click();
  await page.getByRole("button", { name: "Verify this record" }).click();
  await text(page, "The log holds this record.");
  await text(page, "signature: good");
  await picture(page, "audit-verified-light");
  const found = await violations(page);
  check(found.length === 0, found.join("\n"));
  await page.reload();
  await text(page, "As it came");
  check(page.complaints.length === 0, page.complaints.join("\n"));
}
