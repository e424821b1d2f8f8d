"""A key's partition is the same for Java's producer, librdkafka's, ours, and whoever routes a question by it."""
import json
import subprocess

from http_json import get
from waiting import wait_until

PARTITIONS = 12
TOPIC = "migrations.lifecycle"
TASKS = [f"task-{number}" for number in range(300)] + ["a", "ab", "abc", "abcd"]
KEYS = TASKS + ["z\u00fcrich", "\u6771\u4eac-1", "with space"]  # the last are keys, but no task ids


def murmur2(key: bytes) -> int:
    """Written from the algorithm's description, apart from the one in C++."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at:at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    if whole < len(key):
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def event(key: str, number: int) -> dict:
    return {"specversion": "1.0", "id": f"{key}-{number}", "source": "/test", "type": "io.godwit.task.queued.v1", "subject": key,
            "time": "2026-11-21T10:00:00Z", "data": {"vm_name": "vm", "provider": "vsphere", "attempt": 1}}


def placed(brokers: str) -> dict[str, set[int]]:
    """Where kcat finds the records of each key."""
    out = subprocess.run(["kcat", "-b", brokers, "-C", "-t", TOPIC, "-o", "beginning", "-e", "-q", "-f", "%p\t%k\n"],
                         capture_output=True, text=True, check=True, timeout=60).stdout
    found: dict[str, set[int]] = {}
    for line in out.splitlines():
        partition, key = line.split("\t", 1)
        found.setdefault(key, set()).add(int(partition))
    return found


def test_every_producer_and_every_reader_agree_on_the_partition_of_a_key(broker, run, godwit):
    godwit("topics", "create", "--brokers", broker.address, "--partitions", str(PARTITIONS))
    expected = {key: {(murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS} for key in KEYS}
    assert len(set().union(*expected.values())) == PARTITIONS

    broker.produce_with_java(TOPIC, "".join(f"{key}\t{json.dumps(event(key, 1))}\n" for key in KEYS))
    assert placed(broker.address) == expected
    godwit("emit", "--brokers", broker.address, stdin="\n".join(json.dumps(event(key, 2)) for key in TASKS))
    assert placed(broker.address) == expected
    lines = "".join(f"{key}\t{json.dumps(event(key, 3))}\n" for key in KEYS)
    subprocess.run(["kcat", "-b", broker.address, "-P", "-t", TOPIC, "-K", "\t", "-X", "partitioner=murmur2_random"], input=lines,
                   text=True, check=True, timeout=60)
    assert placed(broker.address) == expected

    # A task is looked for in the file of its key's partition and in no other.
    progress = run("godwit-progress", brokers=broker.address).wait_ready()
    wait_until(lambda: get(f"{progress.url}/api/v1/progress?limit=1000").json["count"] == len(TASKS), 30, "all tasks")
    for key in TASKS:
        assert get(f"{progress.url}/api/v1/progress/{key}").status == 200, key
