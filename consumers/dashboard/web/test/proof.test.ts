// Proofs are made here by another way than they are checked: from whole trees, with Node's own crypto.
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseProof, rootOf, verify } from "../src/proof";

const sha = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();
const leaf = (i: number): Buffer => Buffer.from(`leaf ${i}`);
const leafHash = (i: number): Buffer => sha(Buffer.from([0]), leaf(i));

const half = (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1);
function root(from: number, to: number): Buffer {
  if (to - from === 1) return leafHash(from);
  const middle = from + half(to - from);
  return sha(Buffer.from([1]), root(from, middle), root(middle, to));
}
function path(index: number, from: number, to: number): Buffer[] {
  if (to - from === 1) return [];
  const middle = from + half(to - from);
  return index < middle ? [...path(index, from, middle), root(middle, to)] : [...path(index, middle, to), root(from, middle)];
}

const ORIGIN = "godwit/cluster/migrations.lifecycle/0";
const keys = generateKeyPairSync("ed25519");
const raw = keys.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
const typed = Buffer.concat([Buffer.from([1]), raw]);
const keyId = sha(Buffer.from("godwit/cluster\n"), typed).subarray(0, 4);
const vkey = `godwit/cluster+${keyId.toString("hex")}+${typed.toString("base64")}\n`;

function proofText(index: number, size: number): string {
  const text = `${ORIGIN}\n${size}\n${root(0, size).toString("base64")}\n`;
  const signature = Buffer.concat([keyId, sign(null, Buffer.from(text), keys.privateKey)]).toString("base64");
  const hashes = path(index, 0, size).map((hash) => `${hash.toString("base64")}\n`);
  return `c2sp.org/tlog-proof@v1\nextra ${leaf(index).toString("base64")}\nindex ${index}\n${hashes.join("")}\n${text}\n— godwit/cluster ${signature}\n`;
}

describe("a proof", () => {
  test("of every leaf of every small tree holds", async () => {
    for (let size = 1; size <= 17; size += 1)
      for (let index = 0; index < size; index += 1) {
        const proof = parseProof(proofText(index, size));
        expect(Buffer.from((await rootOf(proof.leaf, proof.index, proof.size, proof.path)) ?? [])).toEqual(root(0, size));
      }
  });
  test("is good with the key that signed", async () => {
    expect(await verify(proofText(3, 7), vkey)).toEqual({ included: true, signature: "good", origin: ORIGIN, size: 7, index: 3 });
  });
  test("of another leaf, of a shorter path or at another place does not hold", async () => {
    const right = proofText(3, 7);
    expect((await verify(right.replace(leaf(3).toString("base64"), leaf(4).toString("base64")), vkey)).included).toBe(false);
    expect((await verify(right.replace(/index 3\n.*\n/, "index 3\n"), vkey)).included).toBe(false);
    expect((await verify(right.replace("index 3", "index 2"), vkey)).included).toBe(false);
    expect((await verify(right.replace("index 3", "index 7"), vkey)).included).toBe(false);
  });
  test("with a changed checkpoint has a bad signature, with another key an unknown one", async () => {
    expect((await verify(proofText(3, 7).replace(ORIGIN, `${ORIGIN}0`), vkey)).signature).toBe("bad");
    expect((await verify(proofText(3, 7), "other+00000000+AAAA")).signature).toBe("unknown key");
  });
  test("is refused when it is none", () => {
    expect(() => parseProof("<html>")).toThrow();
    expect(() => parseProof("c2sp.org/tlog-proof@v1\nindex x\n\norigin")).toThrow();
  });
});
