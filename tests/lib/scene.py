"""Several instances of four consumers on a cluster of Kafka nodes, under load, held against the log afterwards."""
import contextlib
import pathlib
import random
import signal
import subprocess

from cluster import Cluster
from fleet import FOLDED, Fleet
from hook_receiver import HookReceiver
from kafka_tools import end_offsets
from reading import task_states
from waiting import wait_until
from witness import (bytes_by_stage, coordinates, final_states, migrations, owed_deliveries, read_log, told_deliveries)

PARTITIONS = 12
EVENTS_PER_S = 1000
REFUSED = 0.05                                       # share of webhook requests answered with 500
KEPT = ("migrations.lifecycle", "platform.activity")  # what the audit holds
STALLED = ("--stall-after", "2592000")               # nothing stalls by the clock while a test looks


class Scene:
    """Close it at the end; `run` stops the instances."""

    def __init__(self, directory, cluster: Cluster, run, godwit, bin_directory, seed: int):
        self.cluster = cluster
        self._seed = seed
        self._directory = pathlib.Path(directory)
        self._godwit = godwit
        self._bin = pathlib.Path(bin_directory)
        self._loads = 0
        self._refused = REFUSED
        refusing = random.Random(seed)
        self.receiver = HookReceiver(lambda: 500 if refusing.random() < self._refused else 200)
        godwit("topics", "create", "--brokers", cluster.address, "--partitions", str(PARTITIONS))
        self._flags = {"godwit-progress": STALLED, "godwit-metrics": STALLED, "godwit-audit": (),
                       "godwit-webhooks": ("--endpoints", str(self._write_endpoints()))}
        self._run = run
        self.fleets = {name: self._fleet(name, "fleet") for name in FOLDED}

    def close(self) -> None:
        self.receiver.close()

    def scale(self, count: int) -> None:
        """So many instances of every consumer; waits until they have shared the partitions."""
        for fleet in self.fleets.values():
            fleet.scale(count)
        for fleet in self.fleets.values():
            fleet.wait_shared(PARTITIONS)

    @property
    def instances(self) -> list:
        return [program for fleet in self.fleets.values() for program in fleet.instances]

    @contextlib.contextmanager
    def load(self):
        """New migrations as long as the block lasts; after it all that was sent is stored."""
        self._loads += 1
        process = subprocess.Popen(
            [self._bin / "godwit", "bench", "produce", "--brokers", self.cluster.address, "--rate", str(EVENTS_PER_S),
             "--tasks", "50", "--seconds", "3600", "--seed", str(self._seed), "--prefix", f"load{self._loads}"],
            stdout=subprocess.PIPE, text=True)
        try:
            yield
            assert process.poll() is None, "the load ended by itself"
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=90)
            assert process.returncode == 0, said
        finally:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def nothing_delivered(self):
        """The receiver refuses everything, so that deliveries are owed: who takes a partition over takes them over."""
        self._refused = 1
        yield
        self._refused = REFUSED

    def wait_for_events(self, count: int, timeout_s: float = 60) -> None:
        """Until the log holds so many more: the only measure of time here, so that a slow machine has the same test."""
        begin = wait_until(self._events, timeout_s, "the log to answer")
        wait_until(lambda: self._events() >= begin + count, timeout_s, f"{count} more events in the log")

    def check(self) -> None:
        """Waits until all is folded and delivered, then compares what is shown with the log as others read it."""
        lifecycle = self._read("migrations.lifecycle")
        self._check_deliveries(lifecycle)
        for fleet in self.fleets.values():
            fleet.wait_shared(PARTITIONS)
            fleet.wait_folded(self._ends)
        moved = bytes_by_stage(lifecycle)
        expected = {**migrations(lifecycle), "exported": moved["export"], "converted": moved["conversion"],
                    "uploaded": moved["upload"]}
        assert all(expected.values()), "a load too short to show anything"
        stats = self.fleets["godwit-metrics"].stats()
        assert {name: stats[name] for name in expected} == expected
        states = final_states(lifecycle + self._read("migrations.progress"))
        assert task_states(self.fleets["godwit-progress"].tasks()) == states
        # The one view of which a late outcome of a delivery sent twice would make more.
        wait_until(lambda: self.fleets["godwit-audit"].audit_rows().keys() == self._kept(), 30, "the audit to hold each record once")

    def check_against_one_left_in_peace(self) -> None:
        """Compares everything with what one new instance of each consumer makes of the same log."""
        fresh = {name: self._fleet(name, f"fresh-{self._loads}", "--group", f"fresh-{self._loads}-{name}")
                 for name in ("godwit-progress", "godwit-metrics", "godwit-audit")}
        for fleet in fresh.values():
            fleet.scale(1)
        for name, fleet in fresh.items():
            fleet.wait_folded(self._ends)
            self.fleets[name].wait_folded(self._ends)
        shows = {"godwit-progress": Fleet.tasks, "godwit-metrics": Fleet.totals, "godwit-audit": Fleet.audit_rows}
        for name, show in shows.items():
            seen, expected = show(self.fleets[name]), show(fresh[name])
            different = {key: (seen.get(key), expected.get(key)) for key in seen.keys() | expected.keys()
                         if seen.get(key) != expected.get(key)}
            assert not different, f"{len(different)} of {len(expected)} differ, among them {list(different.items())[:2]}"
            fresh[name].scale(0)

    def _check_deliveries(self, lifecycle: list[dict]) -> None:
        owed = owed_deliveries(lifecycle)

        def arrived():
            accepted = list(self.receiver.accepted.values())
            return {(body["task_id"], body["event_type"], body["timestamp"]) for body in accepted}

        # What was refused for long is tried again after twice the time: as long as the refusal was.
        wait_until(lambda: arrived() >= owed, 240, lambda: f"{len(owed)} deliveries; missing are {sorted(owed - arrived())[:5]}, "
                                                          f"{len(owed - arrived())} in all")
        assert arrived() == owed
        assert len(self.receiver.accepted) == len(owed), "one delivery, one id"
        assert all(len(bodies) == 1 for bodies in self.receiver.bodies.values()), "one id, one body"
        told = wait_until(lambda: len(ids := told_deliveries(self._read("platform.activity"))) >= len(owed) and ids, 60,
                          "the log to know of every delivery")
        assert told == self.receiver.accepted.keys()

    def _kept(self) -> set[tuple]:
        return set().union(*(coordinates(self.cluster.address, topic) for topic in KEPT))

    def _events(self) -> int:
        try:
            return sum(self._ends().values())
        except subprocess.SubprocessError:  # some partition has no leader just now
            return 0

    def _ends(self) -> dict[tuple[str, int], int]:
        return end_offsets(self.cluster.address, dict.fromkeys(FOLDED["godwit-progress"], PARTITIONS))

    def _read(self, *topics: str) -> list[dict]:
        return read_log(self._godwit, self.cluster.address, *topics)

    def _fleet(self, name: str, folder: str, *flags: str) -> Fleet:
        return Fleet(name, self._directory / folder, self._run, self.cluster.address, *self._flags[name], *flags)

    def _write_endpoints(self) -> pathlib.Path:
        path = self._directory / "endpoints.yaml"
        path.write_text(f"endpoints:\n  - {{name: ops, type: generic, url: '{self.receiver.url}', max_retries: 20,\n"
                        "     retry_delay: 100ms, allow_private: true, active_from: '2026-01-01T00:00:00Z'}\n")
        return path
