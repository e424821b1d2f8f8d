import { expect, test } from "vitest";
import { csv } from "../src/csv";

test("commas, quotes and line ends are quoted", () => {
  expect(csv(["a", "b"], [['x,"y"', "line\nend"]])).toBe('a,b\r\n"x,""y""","line\nend"\r\n');
});

test("a name that a spreadsheet would take for a formula is none", () => {
  expect(csv(["n"], [["=cmd|' /C calc'!A0"], ["+1"], ["@x"], [-5], [null]])).toBe("n\r\n'=cmd|' /C calc'!A0\r\n'+1\r\n'@x\r\n-5\r\n\r\n");
});
