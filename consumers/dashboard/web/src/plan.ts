// What is derived of a plan. Pure; told the time.
import type { Plan } from "./types";

export interface Sums {
  total: number;
  done: number;
  failed: number;
  active: number;
  waiting: number;
  cancelled: number;
}

export function sumsOf(plan: Plan): Sums {
  const n = (list: keyof Plan["tasks"]) => plan.tasks[list] ?? 0;
  const known = n("pending") + n("active") + n("completed") + n("failed") + n("cancelled");
  const total = Math.max(known, plan.vm_count ?? 0);
  return { total, done: n("completed"), failed: n("failed"), active: n("active"), cancelled: n("cancelled"), waiting: total - known + n("pending") };
}

/** Seconds left at the pace of those that have ended so far; undefined when nothing says. */
export function planTimeLeft(plan: Plan, now: number): number | undefined {
  const sums = sumsOf(plan);
  const ended = sums.done + sums.failed + sums.cancelled;
  if (!plan.start_time || plan.end_time || ended < 3 || ended >= sums.total) return undefined;
  return ((now - Date.parse(plan.start_time)) / 1000 / ended) * (sums.total - ended);
}

export const statusOf = (plan: Plan, sums: Sums): string => plan.status || (sums.active > 0 ? "running" : sums.waiting > 0 ? "waiting" : sums.failed > 0 ? "failed" : "completed");
