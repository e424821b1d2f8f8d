import { describe, expect, test } from "vitest";
import * as format from "../src/format";

describe("format", () => {
  test("what is not over never says 100 %", () => {
    expect(format.percent(99.99)).toMatch(/^99[.,]9 %$/);
    expect(format.percent(100)).toBe("100 %");
    expect(format.percent(null)).toBe("–");
  });
  test("bytes have a unit that fits", () => {
    expect(format.bytes(0)).toBe("0 B");
    expect(format.bytes(1023)).toBe("1023 B");
    expect(format.bytes(1536)).toBe("1.5 KiB");
    expect(format.bytes(6 * 2 ** 40)).toBe("6.0 TiB");
    expect(format.bytes(undefined)).toBe("–");
  });
  test("durations have two parts at most", () => {
    expect(format.duration(0)).toBe("0 s");
    expect(format.duration(0.2)).toBe("200 ms");
    expect(format.duration(61)).toBe("1 min 01 s");
    expect(format.duration(3 * 3600 + 5 * 60)).toBe("3 h 05 min");
    expect(format.duration(2 * 86_400 + 3600)).toBe("2 d 1 h");
    expect([300, 7200, 90].map(format.shortDuration)).toEqual(["5 min", "2 h", "1 min 30 s"]);
    expect(format.duration(Number.POSITIVE_INFINITY)).toBe("–");
  });
  test("UTC is exact, and nothing for a time that is none", () => {
    expect(format.utcTime(new Date("2026-11-21T12:00:00.250Z"))).toBe("2026-11-21 12:00:00.250 UTC");
    expect(format.utcTime(new Date("never"))).toBe("");
  });
  test("names of events become words", () => {
    expect(format.words("stage.completed")).toBe("Stage completed");
    expect(format.words("migration_failed")).toBe("Migration failed");
  });
});
