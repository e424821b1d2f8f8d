import { expect, test } from "vitest";
import { shownBytes } from "../src/bytes";
import { placeOfNote, unreadBy } from "../src/note";
import { planTimeLeft, sumsOf } from "../src/plan";
import type { Note, Plan } from "../src/types";

const plan: Plan = { plan_id: "w", status: "running", name: null, vm_count: 10, created_time: null, start_time: "2026-11-21T12:00:00Z", end_time: null, tasks: { completed: 3, failed: 1, active: 2 } };

test("machines nobody has told of yet are waiting", () => {
  expect(sumsOf(plan)).toEqual({ total: 10, done: 3, failed: 1, active: 2, cancelled: 0, waiting: 4 });
});

test("a plan's time left is told once some have ended, and not when it is over", () => {
  const now = Date.parse("2026-11-21T12:40:00Z");
  expect(planTimeLeft(plan, now)).toBe(3600);
  expect(planTimeLeft({ ...plan, tasks: { completed: 2 } }, now)).toBeUndefined();
  expect(planTimeLeft({ ...plan, end_time: "2026-11-21T12:30:00Z" }, now)).toBeUndefined();
});

const note: Note = { id: "b", at_ms: 5, timestamp: "", severity: "error", kind: "task.failed", subject: "a/b", name: "", text: "" };

test("a note is unread when it is behind the mark", () => {
  expect(unreadBy(note, null)).toBe(true);
  expect(unreadBy(note, "5:b")).toBe(false);
  expect(unreadBy(note, "5:a")).toBe(true);
  expect(unreadBy(note, "6:a")).toBe(false);
});

test("a note leads to what it is about, whatever that is called", () => {
  expect(placeOfNote(note)).toBe("/migrations/a%2Fb");
  expect(placeOfNote({ ...note, kind: "plan.failed" })).toBe("/plans/a%2Fb");
});

test("bytes are shown as text when they are some", () => {
  expect(shownBytes(btoa('{"a":1}'))).toBe('{\n  "a": 1\n}');
  expect(shownBytes(btoa("plain"))).toBe("plain");
  expect(shownBytes(btoa("\xff\x00"))).toBe("ff 00");
  expect(shownBytes(null)).toBe("(null)");
});
