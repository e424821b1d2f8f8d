import { describe, expect, test } from "vitest";
import { ticks, timelineOf } from "../src/timeline";
import type { AuditEntry } from "../src/types";

const START = Date.parse("2026-11-21T12:00:00Z");
let made = 0;

function entry(type: string, at: number, part: Partial<AuditEntry> = {}): AuditEntry {
  made += 1;
  return {
    event_id: `e${made}`,
    event_type: type,
    timestamp: new Date(START + at * 1000).toISOString(),
    action: "",
    status: "",
    success: true,
    topic: "migrations.lifecycle",
    partition: 0,
    offset: made,
    source: "/w",
    attempt: 1,
    duplicate: false,
    ...part,
  };
}

const stage = (name: string) => ({ stage: name, details: { stage: name } });

describe("the timeline of a migration", () => {
  test("stages are bars from their start to their end", () => {
    const { bars, start } = timelineOf([entry("migration_start", 0), entry("export_start", 1, stage("export")), entry("export_complete", 31, { ...stage("export"), details: { bytes_done: 500 } })]);
    expect(start).toBe(START);
    expect(bars).toEqual([{ lane: "export", kind: "stage", status: "completed", attempt: 1, start: START + 1000, end: START + 31_000, bytes: 500 }]);
  });
  test("what has not ended goes on, until its attempt ends", () => {
    const events = [entry("export_start", 1, stage("export"))];
    expect(timelineOf(events).bars[0]?.end).toBeNull();
    const ended = timelineOf([...events, entry("migration_failed", 9, { success: false, error: "no space" })]);
    expect(ended.bars[0]).toMatchObject({ status: "failed", end: START + 9000 });
    expect(ended.attempts[0]).toMatchObject({ outcome: "failed", error: "no space" });
  });
  test("an event sent again changes nothing, and the order of arrival does not matter", () => {
    const events = [entry("migration_start", 0), entry("stage_started", 1, stage("cutover")), entry("stage_completed", 2, stage("cutover"))];
    const once = timelineOf(events);
    expect(timelineOf([...events, ...events].reverse())).toEqual(once);
  });
  test("warm rounds, pauses and downtime have lanes of their own", () => {
    const { bars, downtime_ms } = timelineOf([
      entry("precopy_started", 1, { details: { iteration: 1 } }),
      entry("precopy_completed", 5, { details: { iteration: 1, delta_bytes: 7 } }),
      entry("task_paused", 6),
      entry("task_resumed", 7),
      entry("downtime_started", 8),
      entry("downtime_ended", 10, { details: { downtime_ms: 2000 } }),
    ]);
    expect(bars.map((bar) => [bar.lane, bar.kind])).toEqual([
      ["Warm round 1", "round"],
      ["Paused", "pause"],
      ["Downtime", "downtime"],
    ]);
    expect(downtime_ms).toBe(2000);
  });
  test("each attempt is told of", () => {
    const { attempts } = timelineOf([entry("migration_start", 0), entry("migration_failed", 5, { error: "x" }), entry("migration_start", 9, { attempt: 2 })]);
    expect(attempts.map((each) => each.outcome)).toEqual(["failed", "running"]);
  });
});

test("ticks are round times and not too many", () => {
  const at = ticks(START, START + 95_000, 5);
  expect(at.length).toBeLessThanOrEqual(5);
  expect(at.every((each) => each % 30_000 === 0)).toBe(true);
});
