// The rows of all tasks the page knows: merged from snapshots and the live stream, with a rate and an estimate of the time
// left made from how the figures grow. Plain values; told the time.
import type { List, Task } from "./types";

/** How fast a task goes, by the times of its own events; undefined until two of them differ. */
export interface Speed {
  at: number;
  attempt: number;
  stage: string;
  bytes: number | null;
  percent: number | null;
  bytesPerSecond?: number;
  percentPerSecond?: number;
}

export interface Row extends Task {
  updated: number;
  speed: Speed;
  /** What search looks into; it begins with the name. */
  text: string;
}

const MEMORY_S = 20;

function follow(before: number | undefined, now: number, seconds: number): number {
  if (before === undefined) return now;
  const keep = Math.exp(-seconds / MEMORY_S);
  return before * keep + now * (1 - keep);
}

export function nextSpeed(before: Speed | undefined, task: Task, at: number): Speed {
  const fresh: Speed = { at, attempt: task.attempt, stage: task.current_stage, bytes: task.bytes_done, percent: task.percentage };
  if (!before || before.attempt !== task.attempt) return fresh;
  const seconds = (at - before.at) / 1000;
  if (seconds <= 0) return before;
  const speed: Speed = { ...fresh };
  const grown = before.stage === task.current_stage && task.bytes_done !== null && before.bytes !== null ? task.bytes_done - before.bytes : null;
  if (grown !== null && grown >= 0) speed.bytesPerSecond = follow(before.bytesPerSecond, grown / seconds, seconds);
  else if (before.bytesPerSecond !== undefined && before.stage === task.current_stage) speed.bytesPerSecond = before.bytesPerSecond;
  if (task.percentage !== null && before.percent !== null)
    speed.percentPerSecond = follow(before.percentPerSecond, Math.max(0, task.percentage - before.percent) / seconds, seconds);
  return speed;
}

/** Seconds left at the present speed; undefined when nothing says. */
export function timeLeft(row: Row): number | undefined {
  if (row.list !== "active" || row.stalled || row.percentage === null) return undefined;
  const pace = row.speed.percentPerSecond;
  if (pace === undefined || pace <= 1e-6) return undefined;
  return (100 - row.percentage) / pace;
}

function sameShape(a: Task, b: Task): boolean {
  return (
    a.list === b.list &&
    a.status === b.status &&
    a.stalled === b.stalled &&
    a.attempt === b.attempt &&
    a.vm_name === b.vm_name &&
    a.provider === b.provider &&
    a.plan_id === b.plan_id &&
    a.start_time === b.start_time &&
    a.duration === b.duration
  );
}

export class Rows {
  readonly all = new Map<string, Row>();
  version = 0;
  /** Counts changes of what a row is, as opposed to how far it is: only these can change an order by name, start and the like. */
  shape = 0;

  /** Takes what is newer than what is known; older words change nothing. */
  merge(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const known = this.all.get(task.task_id);
      const updated = Date.parse(task.updated_time);
      if (known && (task.attempt < known.attempt || (task.attempt === known.attempt && updated < known.updated))) continue;
      if (task.list === "none") {
        this.all.delete(task.task_id);
        this.shape += 1;
        continue;
      }
      const same = known && sameShape(known, task);
      if (!same) this.shape += 1;
      const text = same ? known.text : `${task.vm_name} ${task.task_id} ${task.provider} ${task.plan_id ?? ""}`.toLowerCase();
      this.all.set(task.task_id, { ...task, updated, text, speed: nextSpeed(known?.speed, task, updated) });
    }
    this.version += 1;
  }

  /** A snapshot of everything: what it does not hold is gone, unless the stream has told of it meanwhile. */
  replace(tasks: readonly Task[], toldMeanwhile: ReadonlySet<string>): void {
    const held = new Set(tasks.map((task) => task.task_id));
    for (const id of this.all.keys()) if (!held.has(id) && !toldMeanwhile.has(id) && this.all.delete(id)) this.shape += 1;
    this.merge(tasks);
  }
}

export interface Filter {
  text: string;
  list: List | "all" | "stalled" | "retried";
  provider: string;
}

export type SortKey = "name" | "status" | "progress" | "rate" | "eta" | "provider" | "attempt" | "started" | "took";
export interface Sort {
  key: SortKey;
  down: boolean;
}

function passes(row: Row, filter: Filter, words: string[]): boolean {
  if (filter.list === "stalled" ? !row.stalled : filter.list === "retried" ? row.attempt < 2 : filter.list !== "all" && row.list !== filter.list) return false;
  if (filter.provider && row.provider !== filter.provider) return false;
  return words.every((word) => row.text.includes(word));
}

/** Whether rows change places while they only go on. */
export const orderIsLive = (key: SortKey): boolean => key === "progress" || key === "rate" || key === "eta";

const keyOf: Record<SortKey, (row: Row) => number | string | undefined> = {
  name: (row) => row.text,
  status: (row) => row.status,
  progress: (row) => row.percentage ?? undefined,
  rate: (row) => (row.list === "active" ? row.speed.bytesPerSecond : undefined),
  eta: timeLeft,
  provider: (row) => row.provider,
  attempt: (row) => row.attempt,
  started: (row) => (row.start_time ? Date.parse(row.start_time) : undefined),
  took: (row) => row.duration ?? undefined,
};

/** The rows that pass, in order. What is unknown comes last in both directions; equal rows keep the order of their ids. */
export function select(rows: Iterable<Row>, filter: Filter, sort: Sort): Row[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const keyed: { row: Row; key: number | string | undefined }[] = [];
  for (const row of rows) if (passes(row, filter, words)) keyed.push({ row, key: keyOf[sort.key](row) });
  const sign = sort.down ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) {
      if (a.key !== b.key) return a.key === undefined ? 1 : -1;
    } else if (a.key !== b.key) return a.key < b.key ? -sign : sign;
    return a.row.task_id < b.row.task_id ? -1 : 1;
  });
  return keyed.map((each) => each.row);
}

/** Which of `count` rows a viewport shows, with a few beyond its edges. */
export function windowOf(count: number, rowHeight: number, top: number, height: number, beyond = 6): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - beyond));
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + beyond);
  return { first, last: Math.max(first, last) };
}
