// What the page costs: transfer, first paint, and how it moves with ten thousand rows that change. Prints JSON.
import { ask, base, close, open } from "../e2e/page/browser.mjs";

const SECONDS = Number(process.env.PAGE_SECONDS ?? 20);
const CLICKS = 20;

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
const round = (value) => Math.round(value * 10) / 10;

async function arrival(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let assets = 0;
  let all = 0;
  session.on("Network.loadingFinished", (event) => (all += event.encodedDataLength));
  session.on("Network.responseReceived", ({ response }) => {
    const path = new URL(response.url).pathname;
    if (!path.startsWith("/api/")) assets += Number(response.headers["Content-Length"] ?? response.headers["content-length"] ?? 0);
  });
  await page.goto(`${base}/migrations?list=active`);
  await page.locator(".grid-row[data-task]").first().waitFor();
  const times = await page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    rows: performance.now(),
  }));
  await page.locator("#row-count", { hasText: /^10,/ }).waitFor();
  return { assets_bytes_gzip: assets, all_bytes_with_rows: all, first_paint_ms: round(times.paint), first_rows_ms: round(times.rows) };
}

/** Frames, long tasks and heap while rows change and somebody scrolls. */
async function motion(page) {
  await page.evaluate(() => {
    const told = { frames: [], long: [] };
    globalThis.told = told;
    new PerformanceObserver((list) => told.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ entryTypes: ["longtask"] });
    let last = performance.now();
    const frame = (now) => {
      told.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const body = document.querySelector(".grid-body");
    let down = true;
    globalThis.scroller = setInterval(() => {
      body.scrollTop += down ? 96 : -96;
      if (body.scrollTop > 3000 || body.scrollTop === 0) down = !down;
    }, 50);
  });
  const heapBefore = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
  await page.waitForTimeout(SECONDS * 1000);
  const told = await page.evaluate(() => {
    clearInterval(globalThis.scroller);
    return globalThis.told;
  });
  const heapAfter = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
  const busy = told.frames.reduce((sum, each) => sum + each, 0);
  return {
    fps: round((told.frames.length * 1000) / busy),
    frame_p95_ms: round(quantile(told.frames, 0.95)),
    long_tasks: told.long.length,
    longest_task_ms: round(Math.max(0, ...told.long)),
    heap_mib: [heapBefore, heapAfter].map((bytes) => round(bytes / 2 ** 20)),
    dom_nodes: await page.evaluate(() => document.querySelectorAll("*").length),
  };
}

/** From a key or a click to the next frame that has been drawn with its effect. */
async function interaction(page) {
  const run = (act) =>
    page.evaluate(async (what) => {
      const began = performance.now();
      if (what === "sort") document.querySelector(".c-name .sort").click();
      else {
        const search = document.querySelector("[data-search]");
        search.value = what;
        search.dispatchEvent(new InputEvent("input", { bubbles: true }));
      }
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - began;
    }, act);
  const sorts = [];
  const searches = [];
  for (let i = 0; i < CLICKS; i += 1) {
    sorts.push(await run("sort"));
    searches.push(await run(i % 2 === 0 ? `many-0${i}` : ""));
  }
  return { sort_p50_ms: round(quantile(sorts, 0.5)), sort_p95_ms: round(quantile(sorts, 0.95)), search_p50_ms: round(quantile(searches, 0.5)), search_p95_ms: round(quantile(searches, 0.95)) };
}

/** Each event is told by the other half; the clock of both is the same machine's. */
async function eventToPixel(page) {
  await page.goto(`${base}/migrations?list=active&q=probe`);
  await page.locator("[data-task=probe]").waitFor();
  const delays = [];
  for (let i = 1; i <= 40; i += 1) {
    await page.evaluate((attempt) => {
      globalThis.seen = new Promise((resolve) => {
        const look = () => (document.querySelector("[data-task=probe] .c-attempt")?.textContent.includes(String(attempt)) ? resolve(Date.now()) : requestAnimationFrame(look));
        look();
      });
    }, i + 1);
    const sent = Date.now();
    await ask(`probe ${i + 1}`);
    delays.push((await page.evaluate(() => globalThis.seen)) - sent);
  }
  return { event_to_pixel_p50_ms: quantile(delays, 0.5), event_to_pixel_p99_ms: quantile(delays, 0.99) };
}

const page = await open({ reducedMotion: "no-preference" });
const result = { ...(await arrival(page)) };
await ask("begin");
Object.assign(result, await motion(page), await interaction(page));
Object.assign(result, await eventToPixel(page));
await ask("end");
console.log(JSON.stringify(result));
await close();
process.exit();
