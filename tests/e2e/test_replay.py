"""A view folded from an exported log is the view folded from Kafka."""
import subprocess

import pytest

from conftest import BIN
from http_json import get
from test_kill import all_tasks, count_audit, has_caught_up

CONSUMERS = ("progress", "audit", "metrics")


def replayed(name: str, log, data) -> str:
    """What `godwit replay --from` prints."""
    done = subprocess.run([BIN / "godwit", "replay", name, "--from", log, "--data", data], capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_views_folded_from_an_exported_log_equal_the_live_ones(own_broker, run, godwit, tmp_path):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "3")
    subprocess.run([BIN / "godwit", "bench", "produce", "--brokers", brokers, "--rate", "2000", "--seconds", "3", "--tasks",
                    "30", "--seed", "5"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["kcat", "-b", brokers, "-P", "-t", "migrations.lifecycle", "-k", "t-1", "-H", "x=\xff"],
                   input=b"\x01rub\xffbish", check=True)
    live = {name: run(f"godwit-{name}", brokers=brokers) for name in CONSUMERS}
    for consumer in live.values():
        has_caught_up(consumer)
    log = tmp_path / "log.ndjson"
    log.write_text(godwit("tail", "--brokers", brokers, "--from", "beginning", "--exit-at-end", "--format", "log"))
    data = tmp_path / "replayed"
    for name in CONSUMERS:
        first = replayed(name, log, data)
        assert "and 1 dead letters" in first
        assert replayed(name, log, data).startswith("folded 0 events and 0 dead letters"), "not resumed"
    folded = {name: run(f"godwit-{name}", "--from", str(log), data=data) for name in CONSUMERS}
    tasks = all_tasks(live["progress"])
    assert len(tasks) >= 30
    assert all_tasks(folded["progress"]) == tasks
    assert count_audit(folded["audit"]) == count_audit(live["audit"])
    assert pages(folded["audit"]) == pages(live["audit"])
    assert get(f"{folded['metrics'].url}/stats").json["migrations"] == get(f"{live['metrics'].url}/stats").json["migrations"]


def pages(audit) -> list[str]:
    page = get(f"{audit.url}/api/v1/audit?limit=1000").json
    return [str(sorted(entry.items())) for entry in page[next(key for key in page if isinstance(page[key], list))]]


def test_a_data_directory_folded_from_kafka_takes_no_file(own_broker, run, godwit, tmp_path):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "1")
    godwit("emit", "--brokers", brokers, "--type", "task.queued", "--subject", "t-1", "vm_name=web", "provider=aws")
    progress = run("godwit-progress", brokers=brokers)
    has_caught_up(progress)
    progress.stop()
    log = tmp_path / "log.ndjson"
    log.write_text(godwit("tail", "--brokers", brokers, "--from", "beginning", "--exit-at-end", "--format", "log"))
    done = subprocess.run([BIN / "godwit-progress", "--from", log, "--once", "--data", progress.data], capture_output=True,
                          text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "was folded from Kafka cluster" in done.stderr


@pytest.mark.parametrize("line, what", [("rubbish", "no JSON"), ("{}", "no record")])
def test_a_broken_file_is_refused_by_line(tmp_path, line, what):
    log = tmp_path / "log.ndjson"
    log.write_text(f"\n{line}\n")
    done = subprocess.run([BIN / "godwit-progress", "--from", log, "--once", "--data", tmp_path / "data"],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert f"{log}:2: {what}" in done.stderr


def test_replay_of_a_running_consumer_waits_for_its_rebuild(own_broker, run, godwit):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "2")
    progress = run("godwit-progress", brokers=brokers)
    has_caught_up(progress)
    out = godwit("replay", "progress", "--url", progress.url)
    assert "2 of 2 partitions" in out
    progress.stop()
    gone = subprocess.run([BIN / "godwit", "replay", "progress", "--url", progress.url], capture_output=True, text=True,
                          timeout=30, check=False)
    assert gone.returncode == 1
    assert "godwit-progress --rebuild" in gone.stderr
