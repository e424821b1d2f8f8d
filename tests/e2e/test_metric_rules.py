"""Metrics without code: rules are checked at start, and another file of them is another fold of the same log."""
import subprocess

from conftest import BIN
from http_json import get
from reading import samples
from waiting import wait_until
from witness import read_log, short

RULES = """metrics:
  - name: acme_ended_total
    type: counter
    help: What ended, by what it ended with
    on: [{on}]
    labels: {{kind: /type, provider: /data/provider}}
"""


def write_rules(tmp_path, on: str) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.format(on=on))
    return str(path)


def ended(program) -> float:
    return sum(value for series, value in samples(program, query="").items() if series.startswith("acme_ended_total{"))


def test_another_file_of_rules_is_folded_from_the_start_of_the_log(brokers, run, godwit, tmp_path):
    godwit("bench", "produce", "--brokers", brokers, "--events", "4000", "--tasks", "20", "--seed", "3", "--ticks", "0")
    log = read_log(godwit, brokers, "migrations.lifecycle")
    told = {kind: len({(one["source"], one["id"]) for one in log if short(one) == kind}) for kind in ("task.failed", "task.completed")}
    assert all(told.values())
    rules = write_rules(tmp_path, "task.failed")
    metrics = run("godwit-metrics", "--rules", rules, brokers=brokers).wait_ready(60)
    wait_until(lambda: ended(metrics) == told["task.failed"], 30, lambda: f"{told}, it counts {ended(metrics)}")
    before = {series: value for series, value in samples(metrics, query="").items() if series.startswith("godwit_migrations_fin")}
    metrics.stop()
    write_rules(tmp_path, "task.failed, task.completed")
    metrics.start().wait_ready(60)
    assert ended(metrics) == sum(told.values())
    assert before == {series: value for series, value in samples(metrics, query="").items() if series.startswith("godwit_migrations_fin")}
    assert get(f"{metrics.url}/api/v1/rebuild").json["partitions"] != []
    metrics.stop()
    metrics.start().wait_ready(60)  # the same rules: nothing to do again
    assert ended(metrics) == sum(told.values())
    assert get(f"{metrics.url}/api/v1/rebuild").json["partitions"] == []


def test_a_wrong_file_of_rules_ends_the_program_with_the_line(tmp_path):
    done = subprocess.run([BIN / "godwit-metrics", "--rules", write_rules(tmp_path, "task.exploded"), "--data", tmp_path / "data"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "rules.yaml: line 5: there is no event type 'task.exploded'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
