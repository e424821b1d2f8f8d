"""What a ledger must hold, computed from exported records by other code: leaves, roots and signatures.

Written from RFC 6962, RFC 8032, c2sp.org/signed-note and the layout of a leaf; needs the standard library only.
"""
import base64
import hashlib
import struct

NULL = 0xFFFFFFFF


def _sized(data) -> bytes:
    return struct.pack(">I", NULL) if data is None else struct.pack(">I", len(data)) + data


def leaf_data(offset: int, timestamp_ms: int, key, value, headers) -> bytes:
    """The "GWAL" 01 bytes of a record; key, value and the headers' values are bytes or None."""
    hashed = struct.pack(">I", NULL) + bytes(32) if value is None else struct.pack(">I", len(value)) + hashlib.sha256(value).digest()
    packed = b"".join(_sized(name) + _sized(held) for name, held in headers)
    return b"GWAL\x01" + struct.pack(">qq", offset, timestamp_ms) + _sized(key) + hashed + struct.pack(">I", len(headers)) + packed


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def root(leaves) -> bytes:
    """MTH by its definition, over leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:  # an odd one out goes up as it is
        pairs = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2])]
        level = pairs + level[2 * len(pairs):]
    return level[0]
