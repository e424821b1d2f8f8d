"""Kafka away and the producer killed meanwhile: what was accepted is in Kafka, in order, and counts once.

GODWIT_LONG=1: an outage of 60 s under 2,000 lifecycle events a second.
"""
import collections
import os
import pathlib
import re
import signal
import subprocess
import time

from conftest import BIN
from http_json import get
from program import die_with_parent
from waiting import wait_until
from witness import migrations, read_log, short

LONG = os.environ.get("GODWIT_LONG") == "1"
THREADS = 16
RATE = 2000
OUTAGE_S = 60 if LONG else 3


class Load:
    """library_load, and what it says was accepted: task -> number of events."""

    def __init__(self, brokers: str, spool: pathlib.Path, directory: pathlib.Path, attempt: int, seconds: float):
        self.said = directory / f"accepted-{attempt}"
        self.errors = directory / f"errors-{attempt}"
        with self.said.open("wb") as out, self.errors.open("wb") as err:
            self.process = subprocess.Popen([BIN / "library_load", brokers, spool, str(attempt), str(THREADS), str(RATE),
                                             str(seconds)], stdout=out, stderr=err, preexec_fn=die_with_parent)

    def accepted(self) -> dict[str, int]:
        counts: dict[str, int] = collections.Counter()
        for line in self.said.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                counts[line.split()[0]] += 1
        return counts

    def total(self) -> int:
        return sum(self.accepted().values())

    def more_than(self, count: int, timeout_s: float) -> None:
        def enough():
            assert self.process.poll() is None, self.errors.read_text()
            return self.total() > count
        wait_until(enough, timeout_s, lambda: f"{count} accepted events: {self.total()}; {self.errors.read_text()}")


def check_ids(events: list[dict]) -> dict[tuple, str]:
    """(task, attempt, sequence) -> id, in the order they came first; a duplicate has the same id and the same content."""
    found: dict[tuple, dict] = {}
    for event in events:
        place = (event["subject"], event["data"]["attempt"], int(event["sequence"]))
        assert found.setdefault(place, event) == event
    ids = {place: event["id"] for place, event in found.items()}
    assert len(set(ids.values())) == len(ids)
    return ids


class Worker:
    """godwit-worker migrating a small disk."""

    def __init__(self, brokers: str, directory: pathlib.Path, task: str):
        disk, target = directory / f"{task}.img", directory / f"{task}-target"
        disk.write_bytes(os.urandom(1 << 16))
        target.mkdir()
        self.spool = directory / "worker-spool"
        self.process = subprocess.Popen(
            [BIN / "godwit-worker", "migrate", "--source", disk, "--source-format", "raw", "--target", f"file:{target}",
             "--vm", task, "--task-id", task, "--work-dir", directory, "--spool", self.spool, "--brokers", brokers],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)

    def kill_when_migrated(self) -> None:
        """While it waits for Kafka to acknowledge."""
        while "migrated" not in (line := self.process.stdout.readline()):
            assert line, "it ended before its migration had"
        self.process.kill()
        self.process.communicate()


def check_order(events: list[dict], loads: list[Load]) -> None:
    """Each task's accepted events are there, those of its older attempt first, and in their order."""
    order = collections.defaultdict(list)
    for task, attempt, sequence in check_ids(events):
        order[task].append((attempt, sequence))
    for attempt, load in enumerate(loads, 1):
        for task, count in load.accepted().items():
            stored = [sequence for its, sequence in order[task] if its == attempt]
            # One more may have been accepted, and the process killed before it could say so.
            assert stored in (list(range(1, count + 1)), list(range(1, count + 2))), f"{task}, attempt {attempt}"
    for task, places in order.items():
        assert places == sorted(places), f"{task} is out of order"


def test_what_was_accepted_survives_the_brokers_and_the_producers_death(own_broker, run, godwit, tmp_path):
    brokers, spool = own_broker.address, tmp_path / "spool"
    godwit("topics", "create", "--brokers", brokers)
    first = Load(brokers, spool, tmp_path, 1, 600)
    first.more_than(1000, 30)
    own_broker.kill()
    began = time.monotonic()
    Worker(brokers, tmp_path, "killed").kill_when_migrated()
    first.more_than(first.total() + RATE * OUTAGE_S // 3, 30 + OUTAGE_S)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    # The next process takes over, Kafka still being away, and reports newer attempts of the same tasks.
    second = Load(brokers, spool, tmp_path, 2, OUTAGE_S)
    second.more_than(RATE // 2, 30)
    wait_until(lambda: time.monotonic() - began > OUTAGE_S, OUTAGE_S + 5, "the outage to last")
    own_broker.start()
    worker = Worker(brokers, tmp_path, "next")
    assert second.process.wait(180) == 0, second.errors.read_text()
    out, _ = worker.process.communicate(timeout=60)
    assert worker.process.returncode == 0, out

    events = read_log(godwit, brokers, "migrations.lifecycle")
    check_order([event for event in events if event["subject"].startswith("load-")], [first, second])
    told = {task: [short(event) for event in events if event["subject"] == task] for task in ("killed", "next")}
    assert told["killed"] == told["next"]
    assert re.fullmatch("task.started(,stage.started,stage.completed)+,task.completed", ",".join(told["killed"]))
    for directory in (spool, worker.spool):
        assert list(directory.iterdir()) == [], "a spool is not empty"

    metrics = run("godwit-metrics", brokers=brokers).wait_ready(60)
    expected = migrations(events)
    assert expected == {"total": 2 * THREADS + 2, "succeeded": THREADS + 2, "failed": 0}
    wait_until(lambda: {name: get(f"{metrics.url}/stats").json["migrations"][name] for name in expected} == expected, 30,
               "the counters to equal the log's")
    accepted = first.total() + second.total()
    print(f"{accepted} accepted; {len(events)} records, {len(events) - len(check_ids(events))} of them duplicates; "
          f"{second.errors.read_text()}")
