"""What a ledger must hold, computed from exported records by other code: leaves, roots, proofs and signatures.

Written from RFC 6962, the specifications of c2sp.org and the layout of a leaf; needs the standard library only. What does not hold
raises Broken with the reason.
"""
import base64
import collections
import hashlib
import struct

import ed25519

NULL = 0xFFFFFFFF
Checkpoint = collections.namedtuple("Checkpoint", "origin size root")


class Broken(Exception):
    pass


def leaf_data(offset: int, timestamp_ms: int, key, value, headers) -> bytes:
    """The "GWAL" 01 bytes of a record; key, value and the headers' values are bytes or None."""
    hashed = struct.pack(">I", NULL) + bytes(32) if value is None else struct.pack(">I", len(value)) + hashlib.sha256(value).digest()
    packed = b"".join(_sized(name) + _sized(held) for name, held in headers)
    return b"GWAL\x01" + struct.pack(">qq", offset, timestamp_ms) + _sized(key) + hashed + struct.pack(">I", len(headers)) + packed


def leaf_data_of(record: dict) -> bytes:
    """Of a record as JSON: bytes in base64, header names as text."""
    return leaf_data(record["offset"], record["timestamp_ms"], _bytes(record["key"]), _bytes(record["value"]),
                     [(name.encode(), _bytes(value)) for name, value in record["headers"]])


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves) -> bytes:
    """The root over leaf hashes, level by level."""
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:  # an odd one out goes up as it is
        pairs = [node_hash(left, right) for left, right in zip(level[::2], level[1::2])]
        level = pairs + level[2 * len(pairs):]
    return level[0]


def open_note(note: str, vkey: str) -> str:
    """The text of a note that this key signed."""
    name, key_id, key = vkey.split("+", 2)
    public = _base64(key)
    if public[:1] != b"\x01" or hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8] != key_id:
        raise Broken(f"{vkey} is no key of type 0x01")
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        mark, signer, signature = (line.split(" ") + ["", ""])[:3]
        data = _base64(signature)
        if (mark, signer, data[:4].hex()) == ("\u2014", name, key_id):
            if not ed25519.verify(public[1:], (text + "\n").encode(), data[4:]):
                raise Broken(f"the signature of {name} is wrong")
            return text + "\n"
    raise Broken(f"not signed by {name}")


def open_checkpoint(note: str, vkey: str) -> Checkpoint:
    lines = open_note(note, vkey).split("\n")
    if len(lines) != 4 or lines[3]:
        raise Broken("a checkpoint has three lines: origin, size and root")
    if lines[0].rsplit("/", 2)[0] != vkey.split("+")[0]:
        raise Broken(f"a key of another cluster signed for {lines[0]}")
    return Checkpoint(lines[0], _number(lines[1]), _base64(lines[2]))


def check_records(records, note: str, vkey: str) -> Checkpoint:
    """That the checkpoint is of exactly these records (JSON, in the order of the log)."""
    checkpoint = open_checkpoint(note, vkey)
    leaves = []
    for record in records:
        if f"{record['topic']}/{record['partition']}" != checkpoint.origin.split("/", 2)[2]:
            raise Broken(f"record {len(leaves)} is of {record['topic']}/{record['partition']}, not of {checkpoint.origin}")
        leaves.append(leaf_hash(leaf_data_of(record)))
    if len(leaves) != checkpoint.size:
        raise Broken(f"{len(leaves)} records; {checkpoint.origin} has {checkpoint.size} at its checkpoint")
    if root(leaves) != checkpoint.root:
        raise Broken(f"the {len(leaves)} records have another root than the checkpoint of {checkpoint.origin}")
    return checkpoint


def check_proof(text: str, leaf: bytes, vkey: str) -> Checkpoint:
    """That a c2sp.org/tlog-proof@v1 proves this leaf hash."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Broken("no proof of a known form")
    if lines[0].startswith("extra "):
        lines.pop(0)
    checkpoint = open_checkpoint(note, vkey)
    index = _number(lines.pop(0).removeprefix("index "))
    path = [_base64(line) for line in lines]
    if not 0 <= index < checkpoint.size or _climb(leaf, index, checkpoint.size, path) != checkpoint.root or path:
        raise Broken(f"leaf {index} is not proved")
    return checkpoint


def _climb(leaf: bytes, index: int, size: int, path: list) -> bytes:
    """The root that the path leads to, by the definition's recursion; takes what it used off the path's end."""
    if size == 1:
        return leaf
    if not path:
        raise Broken("the path is too short")
    split, sibling = 1 << (size - 1).bit_length() - 1, path.pop()
    if index < split:
        return node_hash(_climb(leaf, index, split, path), sibling)
    return node_hash(sibling, _climb(leaf, index - split, size - split, path))


def _sized(data) -> bytes:
    return struct.pack(">I", NULL) if data is None else struct.pack(">I", len(data)) + data


def _bytes(text):
    return None if text is None else _base64(text)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Broken(f"no base64: {text[:80]}") from error


def _number(text: str) -> int:
    if not text.isdecimal() or str(int(text)) != text:
        raise Broken(f"no number: {text[:80]}")
    return int(text)
