// The page's life: ask for the figures every two seconds, show them, and say so when the server does not answer.
// Text from events goes through textContent alone. Ages are reckoned by the server's clock.
import * as format from "/assets/format.js";

const POLL_MS = 2000;
const ANSWER_MAX_MS = 8000;
const STALE_AFTER_MS = 6000;

const $ = (id) => document.getElementById(id);
const rows = new Map(); // task id -> its element among the active ones
let shown = null; // the newest answer
let answeredAt = null; // by performance.now(), so that a changed clock changes nothing
let failing = false;
let reasonsBehind = []; // why the server has not read everything yet; empty when it has

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function fromTemplate(id) {
  return $(id).content.firstElementChild.cloneNode(true);
}

const secondsSince = (time) => (Date.parse(shown.timestamp) - Date.parse(time)) / 1000;

function showError(element, text) {
  element.hidden = !text;
  setText(element, text ?? "");
  element.title = text ?? "";
}

function showTask(row, task) {
  const name = row.querySelector(".name");
  setText(name, task.vm_name);
  name.title = task.vm_name;
  const bar = row.querySelector(".bar");
  const known = task.percentage !== null;
  const state = task.stalled ? `${task.status}, stalled` : task.status;
  setText(row.querySelector(".percent"), known ? format.percent(Math.floor(task.percentage * 10) / 10) : "");
  if (known) bar.setAttribute("aria-valuenow", task.percentage.toFixed(1));
  else bar.removeAttribute("aria-valuenow");
  bar.setAttribute("aria-label", `Progress of ${task.vm_name}`);
  bar.setAttribute("aria-valuetext", known ? `${format.percent(task.percentage)}, ${state}` : state);
  row.querySelector(".fill").style.transform = `scaleX(${known ? task.percentage / 100 : 0})`;
  row.dataset.status = task.stalled ? "stalled" : task.status;
  setText(row.querySelector(".state"), state);
  setText(row.querySelector(".detail"), details(task).join(" · "));
  showError(row.querySelector(".error"), task.error);
}

function details(task) {
  const parts = [task.provider];
  if (task.current_stage) parts.push(`stage ${task.stage_index + 1} of ${task.total_stages}: ${task.current_stage}`);
  if (task.bytes_done !== null) {
    const total = task.bytes_total === null ? "" : ` of ${format.bytes(task.bytes_total)}`;
    parts.push(format.bytes(task.bytes_done) + total);
  }
  if (task.start_time) parts.push(`for ${format.duration(secondsSince(task.start_time))}`);
  if (task.attempt > 1) parts.push(`attempt ${task.attempt}`);
  if (task.stalled) parts.push(`last heard of ${format.ago(secondsSince(task.updated_time))}`);
  return parts;
}

// Rows keep their element while their task runs, so that bars glide and a selection stays.
function showActive(data) {
  const list = $("active-list");
  const gone = new Set(rows.keys());
  let place = list.firstElementChild;
  for (const task of data.active_tasks) {
    gone.delete(task.task_id);
    let row = rows.get(task.task_id);
    if (!row) {
      row = fromTemplate("task-template");
      rows.set(task.task_id, row);
    }
    showTask(row, task);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const id of gone) {
    rows.get(id).remove();
    rows.delete(id);
  }
  const more = data.metrics.active_migrations - data.active_tasks.length;
  $("active-more").hidden = more <= 0;
  setText($("active-more"), more > 0 ? `and ${format.count(more)} more: /api/v1/active lists them all` : "");
  $("active-empty").hidden = data.active_tasks.length > 0;
  $("active-none").hidden = reasonsBehind.length > 0;
  $("active-unknown").hidden = reasonsBehind.length === 0;
  $("hint").hidden = data.metrics.total_migrations > 0 || reasonsBehind.length > 0;
}

function endedRow(task) {
  const row = fromTemplate("ended-template");
  const name = row.querySelector(".name");
  name.textContent = task.vm_name;
  name.title = task.vm_name;
  const time = row.querySelector("time");
  time.dateTime = task.timestamp;
  time.title = format.exactTime(new Date(task.timestamp));
  time.textContent = format.ago(secondsSince(task.timestamp));
  const took = task.duration === null ? [] : [format.duration(task.duration / 1e9)];
  row.querySelector(".detail").textContent = [task.provider, ...took, task.task_id].join(" · ");
  showError(row.querySelector(".error"), task.error);
  return row;
}

function showEnded(id, tasks) {
  $(id).replaceChildren(...tasks.map(endedRow));
  $(`${id}-empty`).hidden = tasks.length > 0;
}

function providerRow([name, stats]) {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  row.append(head);
  const numbers = [stats.total_migrations, stats.successful_migrations, stats.failed_migrations].map(format.count);
  for (const text of [...numbers, format.percent(stats.success_rate), format.duration(stats.avg_duration)]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    row.append(cell);
  }
  return row;
}

function showProviders(stats) {
  const entries = Object.entries(stats).sort((a, b) => b[1].total_migrations - a[1].total_migrations);
  $("providers").replaceChildren(...entries.map(providerRow));
  $("providers-scroll").hidden = entries.length === 0;
  $("providers-empty").hidden = entries.length > 0;
}

function showTrend(trends) {
  const most = Math.max(1, ...trends.migrations_per_hour);
  const bars = trends.migrations_per_hour.map((started, i) => {
    const bar = document.createElement("div");
    bar.title = `${format.hourTime(new Date(trends.labels[i]))}: ${format.count(started)}`;
    bar.style.height = started === 0 ? "2px" : `${Math.max(6, (100 * started) / most)}%`;
    bar.classList.toggle("none", started === 0);
    return bar;
  });
  $("trend").replaceChildren(...bars);
  const all = trends.migrations_per_hour.reduce((sum, started) => sum + started, 0);
  const text = `${format.count(all)} migrations started in the last 24 hours, at most ${format.count(most)} in one hour`;
  $("trend").setAttribute("aria-label", all === 0 ? "No migration started in the last 24 hours" : text);
  setText($("trend-from"), format.hourTime(new Date(trends.labels[0])));
  setText($("trend-note"), all === 0 ? "last 24 hours: none" : `last 24 hours, at most ${format.count(most)}`);
}

function showFigures(data) {
  const metrics = data.metrics;
  setText($("active"), format.count(metrics.active_migrations));
  setText($("pending"), metrics.pending_migrations > 0 ? `${format.count(metrics.pending_migrations)} waiting` : "");
  setText($("succeeded"), format.count(metrics.successful_migrations));
  setText($("started"), `of ${format.count(metrics.total_migrations)} started`);
  setText($("failed"), format.count(metrics.failed_migrations));
  setText($("cancelled"), metrics.cancelled_migrations > 0 ? `${format.count(metrics.cancelled_migrations)} cancelled` : "");
  setText($("rate"), format.percent(metrics.success_rate));
  setText($("average"), format.duration(metrics.avg_migration_time));
  setText($("bytes"), format.bytes(metrics.total_bytes_processed));
}

const healthWords = {
  healthy: "healthy",
  busy: "busy: more than 10 active",
  degraded: "degraded: fewer than 90 % succeed",
};

function show(data) {
  shown = data;
  const behind = reasonsBehind.length > 0;
  $("health").dataset.health = behind ? "unknown" : data.status;
  setText($("health-text"), behind ? "catching up" : (healthWords[data.status] ?? data.status));
  $("behind").hidden = !behind;
  setText($("behind-text"), reasonsBehind.join("; "));
  $("partial").hidden = !data.partial;
  const missing = data.missing ?? [];
  setText($("partial-text"), `No instance answers for partition${missing.length > 1 ? "s" : ""} ${missing.join(", ")} now.`);
  setText($("as-of"), `as of ${format.clockTime(new Date(data.timestamp))}`);
  showFigures(data);
  showActive(data);
  showTrend(data.trends);
  showEnded("failures", data.recent_failures);
  showEnded("completions", data.recent_completions);
  showProviders(data.provider_stats);
}

// The live region keeps one text while the server is away, so that it is announced once.
function showConnection() {
  const age = answeredAt === null ? Infinity : performance.now() - answeredAt;
  const away = failing || (age > STALE_AFTER_MS && !document.hidden);
  $("away").hidden = !away;
  document.body.classList.toggle("stale", away);
  if (!away) return;
  setText($("away-title"), "The server does not answer.");
  const since = shown ? `The figures below are from ${format.clockTime(new Date(shown.timestamp))}. ` : "";
  setText($("away-text"), `${since}Trying again every ${POLL_MS / 1000} seconds.`);
  $("health").dataset.health = "unknown";
  setText($("health-text"), "no connection");
}

async function ask(path, statuses) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MAX_MS), cache: "no-store" });
  if (!statuses.includes(answer.status)) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function poll() {
  try {
    const [data, readiness] = await Promise.all([
      ask("/api/v1/dashboard", [200]),
      ask("/readyz", [200, 503]).catch(() => null),
    ]);
    answeredAt = performance.now();
    failing = false;
    reasonsBehind = readiness?.reasons ?? [];
    show(data);
  } catch (error) {
    console.warn("no figures:", error.message);
    failing = true;
  }
  showConnection();
}

// One question at a time; none while nobody looks.
async function run() {
  if (!document.hidden) await poll();
  setTimeout(run, POLL_MS);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) poll();
});
setInterval(showConnection, 1000);
answeredAt = performance.now();
run();
