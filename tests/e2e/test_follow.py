"""Kafka away under load and `godwit emit --follow` killed meanwhile: what it acknowledged is in Kafka, in order, and counts once.

GODWIT_LONG=1: an outage of 60 s under 2,000 lifecycle events a second.
"""
import os
import time

from conftest import BIN
from follow_load import FollowLoad
from http_json import get
from reading import tasks
from waiting import wait_until
from witness import migrations, read_log, stored_in_order

LONG = os.environ.get("GODWIT_LONG") == "1"
RATE = 2000
TASKS = 20
OUTAGE_S, AROUND_S = (60, 15) if LONG else (4, 1)
COUNT = RATE * (OUTAGE_S + 2 * AROUND_S) // TASKS  # events of each task
UNSURE = 500  # acknowledged lines that are written again after the kill


def test_what_was_acknowledged_survives_the_brokers_and_the_processs_death(own_broker, run, godwit, tmp_path):
    brokers, spool = own_broker.address, tmp_path / "spool"
    godwit("topics", "create", "--brokers", brokers)
    progress = run("godwit-progress", brokers=brokers).wait_ready()
    load = FollowLoad([BIN / "godwit", "emit", "--follow", "--ack", "--spool", spool, "--brokers", brokers, "--timeout", "120"],
                      tmp_path, TASKS, COUNT, RATE, UNSURE).start()

    def acknowledges(more: int) -> None:
        wanted = len(load.accepted) + more

        def enough():
            assert load.process.poll() is None, load.errors.read_text()
            return len(load.accepted) >= wanted
        wait_until(enough, 30 + 2 * more / RATE, lambda: f"{wanted} acknowledged lines: {len(load.accepted)}, {load.errors.read_text()}")

    acknowledges(RATE * AROUND_S)
    own_broker.kill()
    began = time.monotonic()
    acknowledges(RATE * OUTAGE_S // 3)
    load.kill()
    load.start()  # the next one takes over, Kafka still being away
    acknowledges(RATE // 2)
    wait_until(lambda: time.monotonic() - began > OUTAGE_S, OUTAGE_S + 5, "the outage to last")
    own_broker.start()
    assert load.finish(180) == 0, load.errors.read_text()

    log = read_log(godwit, brokers, "migrations.lifecycle")
    ids = {event["id"] for event in log}
    assert load.accepted.keys() <= ids, "a line that was acknowledged is not in Kafka"
    assert stored_in_order(log) == {f"shell-{task}": COUNT for task in range(TASKS)}
    assert len(load.accepted) == TASKS * COUNT
    assert len(log) - len(ids) >= UNSURE, "no line was stored twice: this test would not see that it is folded once"
    assert list(spool.iterdir()) == [], "the spool is not empty"

    progress.wait_ready(60)
    wait_until(lambda: {task["status"] for task in tasks(progress).values()} == {"completed"}, 30, "all tasks to be completed")
    for task in tasks(progress).values():
        newest = [f"event {number}" for number in range(2, COUNT)][-len(task["warnings"]):]
        assert task["warnings"] == newest and len(newest) > 1
    expected = migrations(log)
    assert expected == {"total": TASKS, "succeeded": TASKS, "failed": 0}
    metrics = run("godwit-metrics", brokers=brokers).wait_ready(60)
    wait_until(lambda: {name: get(f"{metrics.url}/stats").json["migrations"][name] for name in expected} == expected, 30,
               "the counters to equal the log's")
    print(f"{len(load.accepted)} lines acknowledged; {len(log)} records, {len(log) - len(ids)} of them copies; "
          f"slowest acknowledgement {load.slowest_s:.2f} s; {load.errors.read_text()}")
