// Checks, in this browser, that the audit's log really holds a record: the path of hashes from its leaf to the root that a
// checkpoint names (RFC 9162 2.1.3), and the checkpoint's signature (C2SP signed-note, Ed25519). Needs WebCrypto, which
// browsers give only to https and to localhost.

import { fromBase64 } from "./bytes";

export interface Proof {
  leaf: Uint8Array;
  index: number;
  path: Uint8Array[];
  origin: string;
  size: number;
  root: Uint8Array;
  signed: Uint8Array; // the bytes under the signature
  signatures: { name: string; keyId: string; signature: Uint8Array }[];
}

export interface Verdict {
  included: boolean;
  signature: "good" | "bad" | "unknown key" | "not checked";
  origin: string;
  size: number;
  index: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

export function parseProof(text: string): Proof {
  const blank = text.indexOf("\n\n");
  if (!text.startsWith("c2sp.org/tlog-proof@v1\n") || blank < 0) throw new Error("This is no proof.");
  const head = text.slice(0, blank).split("\n").slice(1);
  const note = text.slice(blank + 2);
  const leaf = head[0]?.startsWith("extra ") ? fromBase64(head.shift()?.slice(6) ?? "") : new Uint8Array();
  const index = Number(head.shift()?.match(/^index (\d+)$/)?.[1] ?? Number.NaN);
  const end = note.indexOf("\n\n");
  const [origin, size, root] = note.slice(0, end).split("\n");
  if (!Number.isSafeInteger(index) || end < 0 || !origin || !size || !root) throw new Error("This proof is malformed.");
  return {
    leaf,
    index,
    path: head.map(fromBase64),
    origin,
    size: Number(size),
    root: fromBase64(root),
    signed: new TextEncoder().encode(note.slice(0, end + 1)),
    signatures: note
      .slice(end + 2)
      .split("\n")
      .filter((line) => line.startsWith("— "))
      .map((line) => {
        const [, name = "", base64 = ""] = line.split(" ");
        const bytes = fromBase64(base64);
        return { name, keyId: hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
      }),
  };
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
}

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);
const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The root that leaf and path give, or null when the path has not the length that index and size ask for. */
export async function rootOf(leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Promise<Uint8Array | null> {
  if (index >= size) return null;
  let fn = BigInt(index);
  let sn = BigInt(size - 1);
  let hash: Uint8Array = await sha256(LEAF, leaf);
  for (const sibling of path) {
    if (sn === 0n) return null;
    if ((fn & 1n) === 1n || fn === sn) {
      hash = await sha256(NODE, sibling, hash);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      hash = await sha256(NODE, hash, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n ? hash : null;
}

/** `vkey`: "<name>+<key id>+<base64 of 01 and the public key>", as GET /api/v1/audit/key tells it. */
async function checkSignature(proof: Proof, vkey: string): Promise<Verdict["signature"]> {
  const [, keyId, key] = vkey.trim().match(/^.+\+([0-9a-f]{8})\+(.+)$/) ?? [];
  const signed = proof.signatures.find((each) => each.keyId === keyId);
  if (!key || !signed) return "unknown key";
  try {
    const bytes = fromBase64(key);
    const imported = await crypto.subtle.importKey("raw", bytes.slice(1), { name: "Ed25519" }, false, ["verify"]);
    const good = await crypto.subtle.verify("Ed25519", imported, signed.signature as Bytes, proof.signed as Bytes);
    return good ? "good" : "bad";
  } catch {
    return "not checked"; // a browser without Ed25519
  }
}

export async function verify(text: string, vkey: string): Promise<Verdict> {
  if (!globalThis.crypto?.subtle) throw new Error("This browser checks proofs only over https or on localhost.");
  const proof = parseProof(text);
  const root = await rootOf(proof.leaf, proof.index, proof.size, proof.path);
  return {
    included: root !== null && same(root, proof.root),
    signature: await checkSignature(proof, vkey),
    origin: proof.origin,
    size: proof.size,
    index: proof.index,
  };
}
