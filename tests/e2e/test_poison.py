"""Records that are no events go to godwit.deadletter with their origin and reason; the consumers go on."""
import json
import subprocess
import tempfile

from http_json import get
from waiting import wait_until

GOOD = {"specversion": "1.0", "id": "1", "source": "/t", "type": "io.godwit.task.started.v1", "subject": "task-1",
        "time": "2026-11-21T10:00:00Z", "data": {"vm_name": "web-1", "provider": "vsphere", "attempt": 1}}


def changed(**members) -> bytes:
    return json.dumps({**GOOD, **members}).encode()


POISON = [  # what, bytes, reason
    ("rubbish", b"\x00\x01\x02 rubbish", "not_json"),
    ("a truncated event", json.dumps(GOOD).encode()[:-20], "not_json"),
    ("1 MiB of [", b"[" * (1024 * 1024), "too_large"),
    ("half a million [", b"[" * 500_000, "not_json"),
    ("invalid UTF-8", json.dumps(GOOD).encode().replace(b"web-1", b"web-\xff"), "invalid_utf8"),
    ("an array", b"[]", "not_object"),
    ("a number where a name belongs", changed(data={**GOOD["data"], "vm_name": 7}), "type"),
    ("a missing member", changed(data={"provider": "vsphere", "attempt": 1}), "missing"),
    ("another specversion", changed(specversion="0.3"), "const"),
    ("a key that is not the subject", changed(subject="task-2"), "key_mismatch"),
]


def produce(brokers: str, topic: str, key: str, value: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:  # kcat sends a file as one record; standard input it cuts into lines
        file.write(value)
        file.flush()
        subprocess.run(["kcat", "-b", brokers, "-P", "-t", topic, "-k", key, "-z", "lz4", "-X", "message.max.bytes=4000000",
                        "-X", "partitioner=murmur2_random", file.name], check=True, timeout=30)


def dead_letters(brokers: str) -> list[dict]:
    out = subprocess.run(["kcat", "-b", brokers, "-C", "-t", "godwit.deadletter", "-o", "beginning", "-e", "-q", "-J"],
                         capture_output=True, check=True, timeout=30).stdout
    letters = []
    for line in out.decode(errors="replace").splitlines():
        record = json.loads(line, strict=False)
        pairs = record["headers"]
        letters.append({"key": record["key"], **dict(zip(pairs[::2], pairs[1::2]))})
    return letters


def test_poison_is_kept_with_its_origin_and_the_consumer_goes_on(broker, run, godwit):
    godwit("topics", "create", "--brokers", broker.address)
    progress = run("godwit-progress", brokers=broker.address).wait_ready()
    for _, value, _ in POISON:
        produce(broker.address, "migrations.lifecycle", "task-1", value)
    produce(broker.address, "migrations.lifecycle", "task-1", json.dumps(GOOD).encode())
    wait_until(lambda: get(f"{progress.url}/api/v1/progress/task-1").status == 200, 20, "the good event behind the bad ones")
    letters = wait_until(lambda: len(found := dead_letters(broker.address)) >= len(POISON) and found, 20, "the dead letters")
    assert len(letters) == len(POISON)
    assert [letter["godwit-reason"] for letter in letters] == [reason for _, _, reason in POISON]
    for offset, letter in enumerate(letters):
        assert letter["godwit-topic"] == "migrations.lifecycle"
        assert letter["godwit-offset"] == str(offset)
        assert letter["godwit-consumer"] == "progress"
        assert letter["godwit-detail"]
    counted = [line for line in get(f"{progress.url}/metrics").text.splitlines() if line.startswith("godwit_dead_letters_total{")]
    assert sum(int(line.rsplit(" ", 1)[1]) for line in counted) == len(POISON)


def test_dead_letters_found_before_a_kill_are_published_after_it_once(own_broker, run, godwit):
    godwit("topics", "create", "--brokers", own_broker.address)
    progress = run("godwit-progress", brokers=own_broker.address).wait_ready()
    produce(own_broker.address, "migrations.lifecycle", "task-1", b"rubbish")
    wait_until(lambda: len(dead_letters(own_broker.address)) == 1, 20, "the dead letter")
    progress.kill()
    progress.start()
    progress.wait_ready()
    produce(own_broker.address, "migrations.lifecycle", "task-1", b"more rubbish")
    wait_until(lambda: len(dead_letters(own_broker.address)) >= 2, 20, "the second dead letter")
    assert sorted(letter["godwit-offset"] for letter in dead_letters(own_broker.address)) == ["0", "1"]
