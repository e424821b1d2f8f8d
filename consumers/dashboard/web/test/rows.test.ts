import { describe, expect, test } from "vitest";
import { Rows, select, timeLeft, windowOf } from "../src/rows";
import type { Task } from "../src/types";

const START = Date.parse("2026-11-21T12:00:00Z");

function task(id: string, at = 0, part: Partial<Task> = {}): Task {
  return {
    list: "active",
    task_id: id,
    vm_name: `vm ${id}`,
    provider: "vsphere",
    status: "exporting",
    attempt: 1,
    start_time: new Date(START).toISOString(),
    updated_time: new Date(START + at * 1000).toISOString(),
    end_time: null,
    duration: null,
    current_stage: "export",
    stage_index: 0,
    total_stages: 3,
    percentage: 0,
    bytes_done: 0,
    bytes_total: 1000,
    stalled: false,
    ...part,
  };
}

describe("rows", () => {
  test("an older word never overwrites a newer one", () => {
    const rows = new Rows();
    rows.merge([task("a", 10, { percentage: 50 })]);
    rows.merge([task("a", 5, { percentage: 20 })]);
    expect(rows.all.get("a")?.percentage).toBe(50);
    rows.merge([task("a", 11, { list: "failed", status: "failed", attempt: 2 }), task("a", 60, { attempt: 1 })]);
    expect(rows.all.get("a")?.status).toBe("failed");
  });
  test("a removed task goes", () => {
    const rows = new Rows();
    rows.merge([task("a")]);
    rows.merge([task("a", 1, { list: "none" })]);
    expect(rows.all.size).toBe(0);
  });
  test("a snapshot drops what it does not hold, but not what the stream has told of meanwhile", () => {
    const rows = new Rows();
    rows.merge([task("old"), task("new")]);
    rows.replace([task("kept")], new Set(["new"]));
    expect([...rows.all.keys()].sort()).toEqual(["kept", "new"]);
  });
  test("rate and time left come from how the figures grow", () => {
    const rows = new Rows();
    rows.merge([task("a", 0)]);
    rows.merge([task("a", 10, { percentage: 10, bytes_done: 100 })]);
    const row = rows.all.get("a");
    expect(row?.speed.bytesPerSecond).toBeCloseTo(10);
    expect(row && timeLeft(row)).toBeCloseTo(90);
  });
  test("a stalled task and a new attempt say no time left", () => {
    const rows = new Rows();
    rows.merge([task("a", 0), task("b", 0)]);
    rows.merge([task("a", 10, { percentage: 10, stalled: true }), task("b", 10, { percentage: 1, attempt: 2 })]);
    for (const row of rows.all.values()) expect(timeLeft(row)).toBeUndefined();
  });
  test("what is unknown sorts last in both directions", () => {
    const rows = new Rows();
    rows.merge([task("a", 0, { percentage: 5 }), task("b", 0, { percentage: null }), task("c", 0, { percentage: 9 })]);
    const ids = (down: boolean) => select(rows.all.values(), { text: "", list: "all", provider: "" }, { key: "progress", down }).map((row) => row.task_id);
    expect(ids(true)).toEqual(["c", "a", "b"]);
    expect(ids(false)).toEqual(["a", "c", "b"]);
  });
  test("all words of a search must be there, in any order and case", () => {
    const rows = new Rows();
    rows.merge([task("web-1"), task("db-1", 0, { provider: "aws" }), task("web-2", 0, { attempt: 2 })]);
    const found = (part: object) => select(rows.all.values(), { text: "", list: "all", provider: "", ...part }, { key: "name", down: false }).map((row) => row.task_id);
    expect(found({ text: "VSPHERE web" })).toEqual(["web-1", "web-2"]);
    expect(found({ provider: "aws" })).toEqual(["db-1"]);
    expect(found({ list: "retried" })).toEqual(["web-2"]);
    expect(found({ list: "failed" })).toEqual([]);
  });
});

test("going on does not change what a row is; a new status does", () => {
  const rows = new Rows();
  rows.merge([task("a")]);
  const before = rows.shape;
  rows.merge([task("a", 5, { percentage: 5, bytes_done: 50 })]);
  expect(rows.shape).toBe(before);
  rows.merge([task("a", 6, { percentage: 5, status: "paused" })]);
  expect(rows.shape).toBeGreaterThan(before);
});

describe("the window of a table", () => {
  test("is what the viewport shows and a little more", () => {
    expect(windowOf(10_000, 40, 4000, 400, 5)).toEqual({ first: 95, last: 115 });
  });
  test("never leaves the list", () => {
    expect(windowOf(3, 40, 0, 400)).toEqual({ first: 0, last: 3 });
    expect(windowOf(3, 40, 9000, 400)).toEqual({ first: 3, last: 3 });
    expect(windowOf(0, 40, 0, 400)).toEqual({ first: 0, last: 0 });
  });
});
