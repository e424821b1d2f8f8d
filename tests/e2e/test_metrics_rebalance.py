"""Counters are functions of the log, as a real Prometheus sees them: three instances, a kill -9, a stop, a start."""
import bisect
import json
import subprocess
import time

from conftest import BIN
from fleet import Fleet
from prometheus import Prometheus
from waiting import wait_until
from witness import migrations, read_log

PARTITIONS = 6
LOAD_S = 15
MOVED_S = 120
SESSION_MS = 6000  # after which the partitions of a killed instance move; the least that Kafka takes
RECORDED = "godwit:migrations_started:max"
SLACK_S = 2.5  # between a record's time in the log and the time of the scrape that may show it


def starts_by_time(brokers: str) -> list[float]:
    """When each attempt that the log tells of was first told, by the log's own time, in order."""
    out = subprocess.run(["kcat", "-b", brokers, "-C", "-t", "migrations.lifecycle", "-o", "beginning", "-e", "-q", "-f", "%T %s\\n"],
                         capture_output=True, text=True, check=True, timeout=60).stdout
    first: dict[tuple, float] = {}
    for line in out.splitlines():
        at, text = line.split(" ", 1)
        event = json.loads(text)
        if event["type"] in ("io.godwit.task.started.v1", "io.godwit.task.completed.v1", "io.godwit.task.failed.v1",
                             "io.godwit.task.cancelled.v1"):
            first.setdefault((event["subject"], event["data"]["attempt"]), int(at) / 1000)
    return sorted(first.values())


def sums_over_time(series: dict) -> list[tuple[float, float]]:
    """(time, sum of the series) of each moment at which there is one."""
    by_time: dict[float, float] = {}
    for samples in series.values():
        for at, value in samples:
            by_time[at] = by_time.get(at, 0) + value
    return sorted(by_time.items())


def test_no_total_ever_falls_or_runs_ahead_while_partitions_move(own_broker, run, godwit, tmp_path):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", str(PARTITIONS))
    fleet = Fleet("godwit-metrics", tmp_path, run, brokers, "-X", f"session.timeout.ms={SESSION_MS}")
    fleet.scale(3)
    fleet.wait_shared(PARTITIONS)
    job = "godwit-metrics"
    with Prometheus(tmp_path / "prometheus", {job: [one.address for one in fleet.instances]}) as server:
        begun_s = time.time()
        load = subprocess.Popen([BIN / "godwit", "bench", "produce", "--brokers", brokers, "--rate", "400", "--ticks", "0",
                                 "--seconds", str(LOAD_S), "--tasks", "20", "--seed", "9"], stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: server.query(f"{RECORDED} > 20"), 60, "totals to be recorded")
            fleet.instances[0].kill()
            fleet.instances[0].start()  # on its own data: what moved while it was away comes back
            server.set_targets(job, [one.address for one in fleet.instances])
            fleet.wait_shared(PARTITIONS, MOVED_S)
            fleet.instances[1].stop()
            fleet.instances.append(fleet.instances.pop(1).start())
            server.set_targets(job, [one.address for one in fleet.instances])
            fleet.wait_shared(PARTITIONS, MOVED_S)
            assert load.wait(60) == 0
        finally:
            load.kill()
        log = read_log(godwit, brokers, "migrations.lifecycle")
        truth = migrations(log)["total"]
        wait_until(lambda: server.query(f"sum({RECORDED}) == {truth}"), MOVED_S,
                   lambda: f"the total to be {truth}: {server.query(f'sum({RECORDED})')}")
        window_s = int(time.time() - begun_s) + 5
        starts = starts_by_time(brokers)
        assert len(starts) == truth

        # Each series of each instance, and what is recorded of them: never lower than before.
        for selector in (RECORDED, 'godwit_migrations_started_total{job="godwit-metrics"}', "hypersdk_migrations_total",
                         "godwit_migration_duration_seconds_count", "godwit_bytes_total"):
            seen = server.samples(selector, window_s)
            assert seen, selector
            for labels, samples in seen.items():
                values = [value for _, value in samples]
                assert values == sorted(values), f"{selector} {labels} falls: {values}"
            assert all(float(one["value"][1]) == 0 for one in server.query(f"resets({selector}[{window_s}s])"))

        # Never more than the log held by then.
        for at, total in sums_over_time(server.samples(RECORDED, window_s)):
            assert total <= bisect.bisect_right(starts, at + SLACK_S), f"{total} at {at} were not in the log yet"
        # So nothing was counted twice: all that increased is what happened after the first look.
        first = sums_over_time(server.samples(RECORDED, window_s))[0][1]
        grown = sum(samples[-1][1] - samples[0][1] for samples in server.samples(RECORDED, window_s).values())
        assert first + grown <= truth
        # It was refused, not wrong, while a partition had no owner.
        up = server.samples(f'up{{job="{job}"}}', window_s)
        assert any(0 in [value for _, value in samples] for samples in up.values())
