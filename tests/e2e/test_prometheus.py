"""The pages of all programs, read by Prometheus itself and by a parser of others; the rules and dashboards of deploy/ over them."""
import gzip
import json
import pathlib
import subprocess
import time
import urllib.request

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from gateway_load import BATCH
from hook_receiver import HookReceiver
from http_json import get, post
from prometheus import Prometheus
from waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONSUMERS = ("godwit-progress", "godwit-dashboard", "godwit-audit", "godwit-webhooks", "godwit-metrics")
TEXT, OPENMETRICS = "text/plain; version=0.0.4; charset=utf-8", "application/openmetrics-text; version=1.0.0; charset=utf-8"
SCRAPED_S = 120
# Panels about what goes wrong, which are empty when nothing does.
MAY_BE_EMPTY = {"Webhooks waiting"}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def warm_migration(task: str) -> list[dict]:
    """Rounds that do not converge, a snapshot that stays, and a cutover; told with a trace."""
    now_ms = int(time.time() * 1000)

    def event(number: int, kind: str, **data) -> dict:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime((now_ms + number) / 1000)) + f".{(now_ms + number) % 1000:03}Z"
        return {"specversion": "1.0", "id": f"{task}-{number}", "source": "/workers/w", "subject": task, "time": at,
                "type": f"io.godwit.{kind}.v1", "traceparent": TRACE,
                "data": {"vm_name": "db-1", "provider": "vsphere", "attempt": 1, "mode": "warm", **data}}

    return [event(1, "task.started"), event(2, "snapshot.created", snapshot_id="s-1"),
            *(event(3 + round_, "precopy.completed", iteration=round_, delta_bytes=1000 + round_) for round_ in range(4)),
            event(8, "retry.scheduled", next_attempt=2, delay_ms=10),
            event(9, "stage.started", stage="cutover", stage_index=1, total_stages=2),  # it goes on
            event(10, "downtime.ended", downtime_ms=4200), event(11, "cutover.completed", iteration=4),
            event(12, "stage.completed", stage="cutover", duration_ms=900)]


@pytest.fixture(scope="module")
def running(brokers, run_for_all, godwit, tmp_path_factory):
    """name -> program: all six, with migrations behind them, webhooks delivered, and a record that is no event."""
    folder = tmp_path_factory.mktemp("prometheus")
    receiver = HookReceiver()
    endpoints = folder / "endpoints.yaml"
    endpoints.write_text(f"endpoints:\n  - {{name: ops, type: generic, url: '{receiver.url}', allow_private: true}}\n")
    # Data of their own: several are of one fixture.
    programs = {name: run_for_all(name, *(("--endpoints", str(endpoints)) if name == "godwit-webhooks" else ()),
                                  brokers=brokers, data=folder / name) for name in CONSUMERS}
    programs["godwit-gateway"] = run_for_all("godwit-gateway", brokers=brokers, data=folder / "gateway")
    for program in programs.values():
        program.wait_ready(60)
    for task in ("warm-1", "warm-2"):
        answer = post(programs["godwit-gateway"].url + "/api/v1/events", warm_migration(task), BATCH)
        assert answer.status == 202, answer.text
    subprocess.run(["kcat", "-b", brokers, "-P", "-t", "migrations.lifecycle", "-k", "x"], input=b"no event", check=True)
    godwit("bench", "produce", "--brokers", brokers, "--rate", "2000", "--seconds", "1", "--tasks", "20", "--seed", "5", "--ticks", "2")
    for program in programs.values():
        program.wait_ready(60)
    wait_until(lambda: "delivery" in get(f"{programs['godwit-metrics'].url}/metrics").text, 30, "a delivery to be counted")
    yield programs
    receiver.close()


def page(program, accept: str, query: str = "") -> tuple[str, str]:
    """The text and its type, which came compressed."""
    asked = urllib.request.Request(f"{program.url}/metrics{query}", headers={"accept": accept, "accept-encoding": "gzip"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=20) as answer:
        raw = answer.read()
        if answer.headers["content-encoding"] == "gzip":
            raw = gzip.decompress(raw)
        else:
            assert len(raw) < 1024
        return raw.decode(), answer.headers["content-type"]


def samples(families) -> dict[tuple, float]:
    """(name, labels) -> value, of the series that stand still between two looks."""
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples
            if one.name.startswith(("godwit_migration", "godwit_stage", "godwit_bytes", "godwit_errors", "godwit_precopy"))}


def test_both_formats_say_the_same_to_an_independent_parser(running):
    for name, program in running.items():
        text, kind = page(program, "text/plain")
        assert kind == TEXT
        of_text = samples(parse_text(text))
        open_text, kind = page(program, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
        assert kind == OPENMETRICS and open_text.endswith("\n# EOF\n")
        families = list(parse_openmetrics(open_text))
        assert families and all(family.documentation for family in families), name
        assert samples(families) == of_text
    assert of_text == {}  # of the gateway; those of the metrics consumer follow
    families = {family.name: family for family in parse_openmetrics(page(running["godwit-metrics"], OPENMETRICS)[0])}
    assert families["hypersdk_migrations_succeeded"].type == "unknown"
    assert families["godwit_migrations_started"].type == "counter"
    told = [one.exemplar for one in families["godwit_cutover_downtime_seconds"].samples if one.exemplar]
    assert told and all(one.labels == {"trace_id": TRACE.split("-")[1]} and one.value == 4.2 for one in told)
    begun = [one.exemplar.labels for one in families["godwit_migrations_started"].samples if one.exemplar]
    assert {"trace_id": TRACE.split("-")[1]} in begun


def test_promtool_has_nothing_to_say_about_any_page(running):
    pages = [(program, "") for program in running.values()] + [(running["godwit-metrics"], "?scope=instance")]
    for program, query in pages:
        text, _ = page(program, "text/plain", query)
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), program.name


@pytest.fixture(scope="module")
def scraped(running, brokers, godwit, tmp_path_factory):
    others = [name for name in running if name != "godwit-metrics"]
    metrics = running["godwit-metrics"].address
    targets = {"godwit-metrics": [metrics], "godwit-metrics-instance": [metrics],
               "godwit": [running[name].address for name in others]}
    with Prometheus(tmp_path_factory.mktemp("server"), targets, {running[name].address: name for name in others}) as server:
        wait_until(lambda: server.query("count_over_time(godwit:migrations_started:max[1m]) > 2"), SCRAPED_S,
                   lambda: f"Prometheus to have scraped: {[(one['scrapeUrl'], one['lastError']) for one in server.targets()]}")
        # Something happens while it looks.
        godwit("bench", "produce", "--brokers", brokers, "--events", "1000", "--tasks", "10", "--prefix", "more", "--seed", "6", "--ticks", "0")
        wait_until(lambda: server.query("godwit:migrations_failed:ratio_30m"), SCRAPED_S, "an increase")
        yield server


def test_prometheus_scrapes_every_program_in_openmetrics(running, scraped):
    seen = scraped.targets()
    assert len(seen) == len(running) + 1
    assert [one["lastError"] for one in seen if one["health"] != "up"] == []
    for one in scraped.query("scrape_samples_scraped"):
        assert float(one["value"][1]) > 10, one
    # le="1.0": the same in both formats, so a change of format is no change of series.
    assert scraped.query('godwit_migration_duration_seconds_bucket{le="1.0"}')


def test_every_rule_is_evaluated_and_reads_only_what_is_there(scraped):
    groups = scraped._get("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == 23 and [rule["name"] for rule in rules if rule["health"] != "ok"] == []
    there = set(scraped._get("label/__name__/values"))
    # One that is shown only while something is refused.
    missing = names_in([rule["query"] for rule in rules]) - there
    assert missing <= {"godwit_audit_unsigned"}, missing
    firing = {one["metric"]["alertname"] for one in scraped.query('ALERTS')}
    assert {"DeadLettersGrowing", "PrecopyNotConverging"} <= firing
    assert not firing & {"InstanceDown", "TotalsUnavailable", "AuditChainBroken"}


def names_in(expressions: list[str]) -> set[str]:
    found = set()
    for expression in expressions:
        for word in expression.replace("{", " ").replace("(", " ").replace("[", " ").replace(")", " ").split():
            if word.startswith(("godwit_", "godwit:", "hypersdk_")):
                found.add(word)
    return found


DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_of_a_dashboard_finds_something(scraped, path):
    board = json.loads(path.read_text())
    assert board["uid"] == path.stem
    asked = 0
    for panel in board["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for variable, value in {"$provider": ".*", "$__rate_interval": "20s", "$__range": "1m"}.items():
                expression = expression.replace(variable, value)
            assert "$" not in expression, expression
            found = scraped.query(expression)
            assert found or panel["title"] in MAY_BE_EMPTY, f"{panel['title']}: {expression} finds nothing"
            now = time.time()
            scraped.query_range(expression, now - 10, now)
            asked += 1
    assert asked >= len(board["panels"]) > 5
