// The story of one migration, told by the events the audit has kept of it: stages, rounds and pauses as bars, attempts, and
// what a stage moved. Pure.
import type { AuditEntry } from "./types";

export interface Bar {
  lane: string;
  kind: "stage" | "round" | "downtime" | "pause" | "hook" | "check";
  status: "running" | "completed" | "failed" | "skipped";
  attempt: number;
  start: number;
  end: number | null; // null: goes on
  bytes: number | null;
}

export interface Attempt {
  attempt: number;
  start: number | null;
  end: number | null;
  outcome: string;
  error: string | undefined;
}

export interface Timeline {
  bars: Bar[];
  attempts: Attempt[];
  start: number | null;
  end: number | null;
  downtime_ms: number | null;
}

interface Begun {
  lane: (entry: AuditEntry) => string;
  kind: Bar["kind"];
}

const number = (entry: AuditEntry, name: string): number | null => {
  const value = entry.details?.[name];
  return typeof value === "number" ? value : null;
};
const text = (entry: AuditEntry, name: string): string => {
  const value = entry.details?.[name];
  return typeof value === "string" ? value : "";
};

const BEGINNINGS: Record<string, Begun> = {
  precopy: { lane: (entry) => `Warm round ${number(entry, "iteration") ?? "?"}`, kind: "round" },
  downtime: { lane: () => "Downtime", kind: "downtime" },
  cutover: { lane: () => "Cutover", kind: "downtime" },
  hook: { lane: (entry) => `Hook ${text(entry, "hook")}`, kind: "hook" },
  validation: { lane: () => "Validation", kind: "check" },
};

const STAGES = ["export", "conversion", "upload"];
const ENDS: Record<string, Bar["status"]> = { complete: "completed", completed: "completed", ended: "completed", failed: "failed", skipped: "skipped" };

interface Meaning {
  noun: string;
  verb: string;
}

/** "export_start" is the inherited name of stage.started with stage=export. */
function meaningOf(type: string): Meaning {
  const at = type.lastIndexOf("_");
  const noun = type.slice(0, at);
  const verb = type.slice(at + 1);
  if (STAGES.includes(noun)) return { noun: "stage", verb };
  if (noun === "migration") return { noun: "task", verb };
  return { noun, verb };
}

export function timelineOf(entries: readonly AuditEntry[]): Timeline {
  const bars: Bar[] = [];
  const open = new Map<string, Bar>();
  const attempts = new Map<number, Attempt>();
  const seen = new Set<string>();
  let downtime: number | null = null;
  const ordered = [...entries].sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp) || a.offset - b.offset);
  for (const entry of ordered) {
    const identity = `${entry.source ?? ""} ${entry.event_id}`;
    if (seen.has(identity) || entry.topic !== "migrations.lifecycle") continue;
    seen.add(identity);
    const at = Date.parse(entry.timestamp);
    const attempt = entry.attempt ?? 1;
    const { noun, verb } = meaningOf(entry.event_type);
    const begins = verb === "start" || verb === "started";
    if (noun === "task") takeTask(attempts, entry, attempt, verb, at);
    if (noun === "task" && verb === "paused") begin(open, bars, { lane: "Paused", kind: "pause" }, attempt, at);
    if (noun === "task" && (verb === "resumed" || verb in ENDS || verb === "cancelled")) finish(open, "Paused", attempt, at, "completed", null);
    if (noun === "task" && (verb in ENDS || verb === "cancelled")) finishAll(open, attempt, at, verb === "failed" ? "failed" : "completed");
    const stage = noun === "stage" ? { lane: entry.stage ?? text(entry, "stage"), kind: "stage" as const } : null;
    const other = BEGINNINGS[noun];
    const what = stage ?? (other ? { lane: other.lane(entry), kind: other.kind } : null);
    if (!what) continue;
    if (begins) begin(open, bars, what, attempt, at);
    else if (verb in ENDS) {
      const took = entry.duration === undefined ? number(entry, "duration_ms") : entry.duration / 1e6;
      if (!open.has(`${attempt} ${what.lane}`) && took !== null) begin(open, bars, what, attempt, at - took);
      finish(open, what.lane, attempt, at, ENDS[verb] ?? "completed", number(entry, "bytes_done") ?? number(entry, "delta_bytes"));
      if (noun === "downtime") downtime = number(entry, "downtime_ms") ?? downtime;
    }
  }
  const starts = bars.map((bar) => bar.start).concat([...attempts.values()].flatMap((each) => (each.start === null ? [] : [each.start])));
  const last = [...attempts.values()].sort((a, b) => b.attempt - a.attempt)[0];
  return {
    bars,
    attempts: [...attempts.values()].sort((a, b) => a.attempt - b.attempt),
    start: starts.length > 0 ? Math.min(...starts) : null,
    end: last?.end ?? null,
    downtime_ms: downtime,
  };
}

function takeTask(attempts: Map<number, Attempt>, entry: AuditEntry, attempt: number, verb: string, at: number): void {
  const known = attempts.get(attempt) ?? { attempt, start: null, end: null, outcome: "running", error: undefined };
  if (verb === "queued" && !attempts.has(attempt)) known.outcome = "waiting";
  if (verb === "start") {
    known.start = known.start ?? at;
    if (known.end === null) known.outcome = "running";
  }
  const ends: Record<string, string> = { complete: "completed", failed: "failed", cancelled: "cancelled" };
  const outcome = ends[verb];
  if (outcome && known.end === null) {
    known.end = at;
    known.outcome = outcome;
    known.error = entry.error;
  }
  attempts.set(attempt, known);
}

function begin(open: Map<string, Bar>, bars: Bar[], what: { lane: string; kind: Bar["kind"] }, attempt: number, at: number): void {
  const key = `${attempt} ${what.lane}`;
  if (open.has(key)) return;
  const bar: Bar = { ...what, status: "running", attempt, start: at, end: null, bytes: null };
  open.set(key, bar);
  bars.push(bar);
}

function finish(open: Map<string, Bar>, lane: string, attempt: number, at: number, status: Bar["status"], bytes: number | null): void {
  const key = `${attempt} ${lane}`;
  const bar = open.get(key);
  if (!bar) return;
  bar.end = Math.max(at, bar.start);
  bar.status = status;
  bar.bytes = bytes;
  open.delete(key);
}

function finishAll(open: Map<string, Bar>, attempt: number, at: number, status: Bar["status"]): void {
  for (const bar of [...open.values()]) if (bar.attempt === attempt) finish(open, bar.lane, attempt, at, status, bar.bytes);
}

/** Round times to draw lines at: between about three and `max` of them. */
export function ticks(start: number, end: number, max: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800].map((s) => s * 1000);
  const step = steps.find((each) => (end - start) / each <= max) ?? 604_800_000;
  const out: number[] = [];
  for (let at = Math.ceil(start / step) * step; at <= end; at += step) out.push(at);
  return out;
}
