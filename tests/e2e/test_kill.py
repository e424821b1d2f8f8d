"""kill -9 neither loses nor doubles anything: counters, audit rows and task states are those of the log."""
import random
import subprocess

import pytest

from conftest import BIN
from http_json import get
from reading import audit_rows, sum_of, task_states, tasks
from waiting import wait_until
from witness import bytes_by_stage, coordinates, final_states, migrations, read_log

KILLS = 10
SEED = 20261121


def has_caught_up(program, timeout_s: float = 60) -> None:
    program.wait_ready(timeout_s)
    wait_until(lambda: get(f"{program.url}/readyz").json["lag"] == 0, timeout_s, f"{program.name} to catch up")


def test_consumers_killed_under_load_show_what_the_log_holds(own_broker, run, godwit):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers)
    consumers = [run(name, brokers=brokers) for name in ("godwit-progress", "godwit-metrics", "godwit-audit")]
    for consumer in consumers:
        consumer.wait_ready()
    load = subprocess.Popen([BIN / "godwit", "bench", "produce", "--brokers", brokers, "--rate", "3000",
                             "--seconds", "20", "--tasks", "50", "--seed", str(SEED)], stdout=subprocess.DEVNULL)
    chance = random.Random(SEED)
    try:
        for _ in range(KILLS):
            victim = chance.choice(consumers)
            folded = chance.randrange(50, 2000)
            before = sum_of(victim, "godwit_consumer_position")
            wait_until(lambda: sum_of(victim, "godwit_consumer_position") >= before + folded or load.poll() is not None,
                       30, f"{victim.name} to fold {folded} records")
            victim.kill()
            victim.start()
        assert load.wait(120) == 0
    finally:
        load.kill()
    for consumer in consumers:
        has_caught_up(consumer)
    progress, metrics, audit = consumers
    lifecycle = read_log(godwit, brokers, "migrations.lifecycle")
    everything = lifecycle + read_log(godwit, brokers, "migrations.progress")
    stats = get(f"{metrics.url}/stats").json
    expected = migrations(lifecycle)
    assert {name: stats["migrations"][name] for name in expected} == expected
    moved = bytes_by_stage(lifecycle)
    assert stats["bytes"] == {"exported": moved["export"], "converted": moved["conversion"], "uploaded": moved["upload"]}
    assert task_states(tasks(progress)) == final_states(everything)
    kept = sorted((row["topic"], row["partition"], row["offset"]) for row in audit_rows(audit))
    assert kept == sorted(coordinates(brokers, "migrations.lifecycle") | coordinates(brokers, "platform.activity"))


@pytest.mark.parametrize("name", ["godwit-progress", "godwit-metrics"])
def test_a_second_process_on_the_same_data_is_refused(broker, run, godwit, tmp_path, name):
    godwit("topics", "create", "--brokers", broker.address)
    first = run(name, brokers=broker.address)
    first.wait_ready()
    second = run(name, "--group", f"{name}-other", brokers=broker.address, data=first.data)
    wait_until(lambda: "in use by another process" in get(f"{second.url}/readyz").text, 30, "the refusal")
    wait_until(lambda: get(f"{first.url}/readyz").status == 200, 30, "the first to serve on")
