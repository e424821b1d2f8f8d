"""What the audit's ledger writes, judged by Go's transparency-log libraries, by tessera's fsck, and by code of the specifications."""
import base64
import contextlib
import functools
import http.server
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import ed25519  # noqa: E402
import ledger_check  # noqa: E402
from ledger_judge import ledger_judge  # noqa: E402

WRITE_LOG = pathlib.Path(os.environ["GODWIT_BIN_DIR"]) / "write_log"
# One leaf; a full tile, one less and one more; several tiles; three levels of tiles.
SIZES = (1, 255, 256, 257, 700, 66_000)
ORIGIN = "godwit/MkU3OEVBNTcwNTJENDM2Qg/migrations.lifecycle/3"


@pytest.fixture(scope="module", params=SIZES)
def log(request, tmp_path_factory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp(f"log-{request.param}")
    subprocess.run([WRITE_LOG, directory, str(request.param)], check=True, timeout=60)
    return directory


@pytest.fixture(scope="module")
def judge():
    return ledger_judge()


@contextlib.contextmanager
def served(directory):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=directory)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def fsck(judge, directory, vkey=None) -> str:
    with served(directory) as url:
        return judge("fsck", url, vkey or (directory / "vkey").read_text(), ORIGIN)


def records_of(log):
    return [json.loads(line) for line in (log / "records.ndjson").read_text().splitlines()]


def test_go_libraries_accept_every_proof_and_refuse_every_flipped_one(judge, log):
    assert judge("cases", log) == ""


def test_go_libraries_name_a_wrong_proof(judge, log, tmp_path):
    cases = json.loads((log / "cases.json").read_text())
    leaf = bytearray(base64.b64decode(cases["inclusion"][0]["leaf"]))
    leaf[0] ^= 1
    cases["inclusion"][0]["leaf"] = base64.b64encode(leaf).decode()
    shutil.copytree(log, tmp_path / "log")
    (tmp_path / "log/cases.json").write_text(json.dumps(cases))
    assert judge("cases", tmp_path / "log").startswith(f"inclusion of {cases['inclusion'][0]['index']} in ")


def test_fsck_finds_every_tile_and_entry_right(judge, log):
    assert fsck(judge, log) == ""


def test_fsck_finds_a_flipped_bit_in_any_file(judge, log, tmp_path):
    choose = random.Random(len(records_of(log)))
    shutil.copytree(log, tmp_path / "log")
    kinds = {path.relative_to(log).parts[:2] for path in log.glob("tile/**/*") if path.is_file()}
    for kind in sorted(kinds):
        path = tmp_path / "log" / choose.choice(sorted(p.relative_to(log) for p in log.joinpath(*kind).rglob("*") if p.is_file()))
        good = path.read_bytes()
        at = choose.randrange(len(good))
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << choose.randrange(8)]) + good[at + 1:])
        assert fsck(judge, tmp_path / "log"), f"byte {at} of {path}"
        path.write_bytes(good)
    assert fsck(judge, tmp_path / "log") == ""


def test_fsck_wants_the_right_key_and_checkpoint(judge, log, tmp_path):
    subprocess.run([WRITE_LOG, tmp_path, "3"], check=True, timeout=60)
    assert "checkpoint" in fsck(judge, log, vkey=(tmp_path / "vkey").read_text())
    shutil.copytree(log, tmp_path / "log")
    (tmp_path / "log/checkpoint").write_text((log / "checkpoint").read_text().replace("lifecycle/3\n", "lifecycle/3\n1", 1))
    assert "checkpoint" in fsck(judge, tmp_path / "log")


def test_other_code_computes_the_same_from_the_records(log):
    records, note, vkey = records_of(log), (log / "checkpoint").read_text(), (log / "vkey").read_text()
    assert ledger_check.check_records(records, note, vkey).origin == ORIGIN
    entries = b"".join(len(data).to_bytes(2, "big") + data for data in map(ledger_check.leaf_data_of, records))
    bundles = sorted((path for path in log.glob("tile/entries/**/*") if path.is_file()), key=lambda path: (path.parent.name.endswith(".p"), path))
    assert b"".join(path.read_bytes() for path in bundles) == entries
    for path in list(log.glob("proofs/*.tlog-proof"))[:20]:
        leaf = ledger_check.leaf_hash(ledger_check.leaf_data_of(records[int(path.stem)]))
        ledger_check.check_proof(path.read_text(), leaf, vkey)
        with pytest.raises(ledger_check.Broken):
            ledger_check.check_proof(path.read_text(), leaf[::-1], vkey)


@pytest.mark.parametrize("log", [size for size in SIZES if size < 1000], indirect=True)
def test_other_code_sees_a_record_changed_dropped_or_moved(log):
    records, note, vkey = records_of(log), (log / "checkpoint").read_text(), (log / "vkey").read_text()
    at = len(records) // 2
    one = records[at]
    changes = [records[:at] + records[at + 1:], records[:-1], records + records[-1:]]
    if len(records) > 1:
        changes.append([records[1], records[0], *records[2:]])
    for changed in ({"offset": one["offset"] + 1}, {"timestamp_ms": 5}, {"key": "AAAA"}, {"value": "AAAA"}, {"headers": [["x", None]]}, {"partition": 4}):
        changes.append([*records[:at], one | changed, *records[at + 1:]])
    for changed in changes:
        with pytest.raises(ledger_check.Broken):
            ledger_check.check_records(changed, note, vkey)
    for wrong in (note.replace("godwit", "godwot", 1), note[:-6] + "AAA=\n", note.split("\n\n", 1)[0] + "\n\n"):
        with pytest.raises(ledger_check.Broken):
            ledger_check.open_checkpoint(wrong, vkey)


def test_the_other_ed25519_is_that_of_rfc_8032():
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    assert ed25519.verify(key, b"\x72", signature)
    for bit in range(0, 512, 7):
        wrong = bytearray(signature)
        wrong[bit // 8] ^= 1 << bit % 8
        assert not ed25519.verify(key, b"\x72", bytes(wrong))
    assert not ed25519.verify(key, b"\x73", signature)
