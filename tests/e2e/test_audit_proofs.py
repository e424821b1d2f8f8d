"""What the audit proves, checked by code of others with the public key and what HTTP and Kafka give."""
import json
import random
import subprocess

import pytest

import ledger_check
from http_json import get
from ledger_judge import ledger_judge
from test_audit_export import produce
from waiting import wait_until
from witness import read_raw

LIFECYCLE = "migrations.lifecycle"
EVENTS = 4_000
SEGMENT = 300
FLAGS = ("--segment-records", str(SEGMENT), "--checkpoint-interval-s", "1")


def event(number: int) -> dict:
    return {"specversion": "1.0", "id": f"e-{number:05}", "source": "/workers/h1", "type": "io.godwit.task.started.v1",
            "subject": f"t-{number % 50}", "time": "2026-11-21T10:00:00Z",
            "data": {"vm_name": f"vm-{number % 40}", "provider": "vsphere", "attempt": 1, "message": "ä" * (number % 90)}}


def checkpoints(audit) -> dict[str, dict]:
    """origin -> its latest checkpoint."""
    return {each["origin"]: each for each in get(f"{audit.url}/api/v1/audit/checkpoint").json["checkpoints"]}


def signed_records(audit) -> int:
    return sum(each["size"] for each in checkpoints(audit).values())


def url_of(audit, checkpoint: dict) -> str:
    return f"{audit.url}/api/v1/audit/log/{checkpoint['topic']}/{checkpoint['partition']}"


@pytest.fixture(scope="module")
def audit(brokers, run_for_all):
    """An audit that was killed while it folded and sealed, and has signed all there is."""
    produce(brokers, LIFECYCLE, map(event, range(EVENTS)))
    subprocess.run(["kcat", "-b", brokers, "-P", "-t", LIFECYCLE, "-p", "0"], input=b"no event at all", check=True, timeout=60)
    program = run_for_all("godwit-audit", *FLAGS, brokers=brokers)
    for _ in range(3):
        program.wait_ready(60)
        program.kill()
        program.start()
    program.wait_ready(60)
    wait_until(lambda: signed_records(program) == EVENTS + 1, 60, "all records to be signed")
    return program


@pytest.fixture(scope="module")
def vkey(audit):
    return get(f"{audit.url}/api/v1/audit/key").text.strip()


def test_fsck_finds_every_partition_whole(audit, vkey):
    judge = ledger_judge()
    for origin, checkpoint in checkpoints(audit).items():
        assert judge("fsck", url_of(audit, checkpoint), vkey, origin) == ""


def test_each_record_is_proved_to_whoever_has_the_key(audit, vkey):
    for number in random.Random(5).sample(range(EVENTS), 30):
        shown = get(f"{audit.url}/api/v1/audit/e-{number:05}").json
        leaf = ledger_check.leaf_hash(ledger_check.leaf_data_of(shown["record"]))
        proof = get(f"{audit.url}/api/v1/audit/proof/inclusion?event_id=e-{number:05}").text
        assert ledger_check.check_proof(proof, leaf, vkey).origin.endswith(f"/{LIFECYCLE}/{shown['record']['partition']}")
        with pytest.raises(ledger_check.Broken):
            ledger_check.check_proof(proof, ledger_check.leaf_hash(b"another record"), vkey)


def test_what_was_signed_is_in_the_log_with_its_frontier(audit, vkey, brokers):
    published = {}
    for key, value in read_raw(brokers, "godwit.checkpoints"):
        told = json.loads(value)
        checkpoint = ledger_check.open_checkpoint(told["note"], vkey)
        assert checkpoint.origin == key
        published.setdefault(key, {})[checkpoint.size] = told["note"]
    for origin, latest in checkpoints(audit).items():
        assert published[origin][latest["size"]] == latest["note"]
        assert set(range(SEGMENT, latest["size"] + 1, SEGMENT)) <= set(published[origin])


def test_a_replay_elsewhere_signs_the_same_bytes(audit, brokers, run, tmp_path):
    key_file = audit.data / "audit" / "signing.key"
    other = run("godwit-audit", *FLAGS, "--signing-key", str(key_file), "--group", "replay", brokers=brokers, data=tmp_path / "other")
    other.wait_ready(60)
    wait_until(lambda: signed_records(other) == EVENTS + 1, 60, "the other instance to sign all records")
    assert {o: c["note"] for o, c in checkpoints(other).items()} == {o: c["note"] for o, c in checkpoints(audit).items()}


def test_verify_finds_the_store_sound_while_it_is_used_and_names_what_is_not(audit, godwit, vkey):
    assert godwit("audit", "verify", "--data", str(audit.data), "--key", vkey)
