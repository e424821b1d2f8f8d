"""A worker in any language: every program of producers/examples tells the same migration, and every view shows it alike."""
import collections
import concurrent.futures
import json
import re
import subprocess

import pytest
import yaml

from conftest import ROOT
from examples import EXAMPLES
from fleet import FOLDED_SERIES
from http_json import get
from kafka_tools import end_offsets
from reading import positions, samples
from waiting import wait_until
from witness import read_log, short

PARTITIONS = 12
TOPICS = ("migrations.lifecycle", "migrations.progress")
CONSUMERS = ("godwit-progress", "godwit-metrics", "godwit-audit", "godwit-dashboard")
SCRIPT = [json.loads(line) for line in (ROOT / "producers/examples/migration.ndjson").read_text().splitlines()]
RUNS = (*EXAMPLES, "gateway")  # the shell example goes both ways
# What is a run's own, in any view: when it was and how fast, where the record lies and under which id. Beside it, task and source are named anew.
OWN = {"start_time", "end_time", "updated_time", "time", "timestamp", "average_rate", "event_id", "partition", "offset"}
Told = collections.namedtuple("Told", "views counted")


def example_of(run: str):
    return EXAMPLES.get(run, EXAMPLES["shell"])


def alike(value, run: str):
    """The value without what is the run's own."""
    if isinstance(value, dict):
        return {name: alike(inner, run) for name, inner in value.items() if name not in OWN}
    if isinstance(value, list):
        return [alike(inner, run) for inner in value]
    if isinstance(value, str):
        return value.replace(f"/examples/{example_of(run).language}/", "/examples/LANGUAGE/").replace(f"example-{run}", "TASK")
    return value


def views_of(ready: dict, run: str) -> dict:
    ask = {name: program.url + "/api/v1" for name, program in ready.items()}
    progress = get(f"{ask['godwit-progress']}/progress/example-{run}").json
    progress["stages"].sort(key=lambda stage: stage["stage"])  # by start, which is one millisecond for fast languages
    completions = get(f"{ask['godwit-dashboard']}/completions").json["completions"]
    return alike({"progress": progress, "audit": get(f"{ask['godwit-audit']}/audit?task_id=example-{run}").json["events"],
                  "dashboard": [one for one in completions if one["task_id"] == f"example-{run}"]}, run)


def counters(ready: dict) -> collections.Counter:
    """Every folded series over all partitions."""
    found = collections.Counter()
    for series, value in samples(ready["godwit-metrics"]).items():
        if series.startswith(FOLDED_SERIES):
            found[re.sub(r'partition="\d+",?', "", series)] += value
    return found


def wait_folded(ready: dict, brokers: str) -> None:
    ends = end_offsets(brokers, dict.fromkeys(TOPICS, PARTITIONS))

    def folded(program) -> bool:
        at = positions(program)
        return bool(at) and all(at[place] == end for place, end in ends.items() if place in at)

    wait_until(lambda: all(map(folded, ready.values())), 30, "every view to have folded the log")


@pytest.fixture(scope="module")
def built():
    """Language -> its build, still going on or done; two at a time."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield {language: pool.submit(example.built) for language, example in sorted(EXAMPLES.items(), key=lambda one: one[0] != "rust")}


@pytest.fixture(scope="module")
def told(built, broker, run_for_all, godwit):
    """Each run's views and what it added to the counters; one run after the other."""
    godwit("topics", "create", "--brokers", broker.address, "--partitions", str(PARTITIONS))
    ready = {name: run_for_all(name, brokers=broker.address).wait_ready() for name in CONSUMERS}
    gateway = run_for_all("godwit-gateway", brokers=broker.address).wait_ready()
    found = {}
    for name in RUNS:
        task, before = f"example-{name}", counters(ready)
        # Our own emitter goes first: where its record lies is where C++ puts this task.
        godwit("emit", "--brokers", broker.address, "--type", "task.queued", "--subject", task, "vm_name=web-1", "provider=vsphere")
        built[example_of(name).language].result()
        example_of(name).run(gateway.url if name == "gateway" else broker.address, task, "web-1")
        wait_folded(ready, broker.address)
        found[name] = Told(views_of(ready, name), counters(ready) - before)
    return found


@pytest.fixture(scope="module")
def records(told, broker):
    """Every record of the topics, as kcat reads it, by task."""
    by_task = collections.defaultdict(list)
    for topic in TOPICS:
        said = subprocess.run(["kcat", "-b", broker.address, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"],
                              capture_output=True, text=True, check=True, timeout=60)
        for record in map(json.loads, said.stdout.splitlines()):
            record["headers"] = dict(zip(record["headers"][::2], record["headers"][1::2]))
            by_task[record["key"]].append(record)
    return by_task


def is_queued(record) -> bool:
    return "task.queued" in record["headers"].get("ce_type", record["payload"])


@pytest.mark.parametrize("name", RUNS)
def test_every_view_shows_the_same_for_every_language(told, name):
    first = told["python"]
    assert first.views["progress"]["status"] == "completed" and first.views["progress"]["percentage"] == 100
    assert len(first.views["audit"]) == 1 + sum(step["topic"] == TOPICS[0] for step in SCRIPT)
    assert [one["duration"] for one in first.views["dashboard"]] == [9_000_000_000]
    assert first.counted
    assert told[name].views == first.views
    assert told[name].counted == first.counted


@pytest.mark.parametrize("name", RUNS)
def test_all_events_of_a_task_lie_on_the_partition_where_cpp_puts_it(records, name):
    of_task = records[f"example-{name}"]
    queued = [record for record in of_task if is_queued(record)]
    assert (len(queued), len(of_task)) == (1, 1 + len(SCRIPT))
    assert {record["partition"] for record in of_task} == {queued[0]["partition"]}


@pytest.mark.parametrize("name", RUNS)
def test_the_log_holds_the_script_in_its_order_with_ids_of_its_own(told, godwit, broker, name):
    for topic in TOPICS:
        events = [event for event in read_log(godwit, broker.address, topic)
                  if event["subject"] == f"example-{name}" and short(event) != "task.queued"]
        shared = {"vm_name": "web-1", "provider": "vsphere", "attempt": 1}
        steps = [step for step in SCRIPT if step["topic"] == topic]
        assert [(short(event), event["data"]) for event in events] == [(step["type"], shared | step["data"]) for step in steps]
        assert len({event["id"] for event in events}) == len(steps)
        assert [event["sequence"] for event in events] == sorted({event["sequence"] for event in events})


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_uses_the_content_mode_it_names(records, name):
    of_example = [record["headers"] for record in records[f"example-{name}"] if not is_queued(record)]
    structured = [headers["content-type"] == "application/cloudevents+json" for headers in of_example]
    assert structured == ["ce_id" not in headers for headers in of_example] == [EXAMPLES[name].mode == "structured"] * len(SCRIPT)


def test_both_content_modes_are_among_the_examples():
    assert {example.mode for example in EXAMPLES.values()} == {"structured", "binary"}


def test_nothing_was_a_dead_letter(told, broker):
    assert end_offsets(broker.address, {"godwit.deadletter": 1}) == {("godwit.deadletter", 0): 0}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.language)
def test_an_example_is_under_sixty_lines(example):
    assert len((example.source / example.program).read_text().splitlines()) < 60


# Asks through the Python example's own client library; prints {topic: {"partitions": n, setting: value}}.
DESCRIBE = """
import json, sys
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource
TOPIC = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
admin = AdminClient({"bootstrap.servers": sys.argv[1]})
topics = admin.list_topics(timeout=20).topics
asked = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, name) for name in sys.argv[2:]])
print(json.dumps({resource.name: {"partitions": len(topics[resource.name].partitions),
                                  **{name: entry.value for name, entry in answer.result(20).items() if entry.source == TOPIC}}
                  for resource, answer in asked.items()}))
"""


def test_the_topics_are_made_as_the_asyncapi_document_says(told, built, broker):
    document = yaml.safe_load((ROOT / "schemas/asyncapi.yaml").read_text())
    expected = {}
    for channel in document["channels"].values():
        binding = channel["bindings"]["kafka"]
        settings = {name: ",".join(value) if isinstance(value, list) else str(value).lower()
                    for name, value in binding["topicConfiguration"].items()}
        settings["min.insync.replicas"] = "1"  # the document tells of three brokers, this is one
        expected[binding["topic"]] = {"partitions": binding["partitions"], **settings}
    python = built["python"].result() / "venv/bin/python"
    said = subprocess.run([python, "-c", DESCRIBE, broker.address, *expected], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(said.stdout) == expected
