// node main.mjs SCENARIO, with PAGE_URL, PAGE_MODULES and PAGE_PICTURES; see ../test_dashboard_page.py.
import { close } from "./browser.mjs";
import * as hands from "./hands.mjs";
import * as life from "./life.mjs";
import * as tour from "./tour.mjs";

try {
  await { ...tour, ...life, ...hands }[process.argv[2]]();
} catch (error) {
  console.log(error.stack);
  process.exitCode = 1;
}
await close();
process.exit();
