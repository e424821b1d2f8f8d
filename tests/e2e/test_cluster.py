"""Any instance answers for all: three instances of a consumer, one of them killed, one that leaves."""
import json
import subprocess
import urllib.request

import pytest

from conftest import BIN
from http_json import get
from waiting import wait_until
from witness import final_states, migrations, read_log

PARTITIONS = 6
SESSION_S = 10  # after which the partitions of a killed instance move
MOVED_S = 90


@pytest.fixture(scope="module")
def loaded(broker, godwit):
    """A broker whose log holds migrations, all told."""
    godwit("topics", "create", "--brokers", broker.address, "--partitions", str(PARTITIONS))
    godwit("bench", "produce", "--brokers", broker.address, "--rate", "4000", "--seconds", "3", "--tasks", "40", "--seed", "3")
    return broker


@pytest.fixture
def trio(loaded, run, tmp_path):
    """trio("godwit-progress") starts three instances with data of their own and waits until each sees all three."""
    def start(name: str, *flags: str) -> list:
        instances = [run(name, "--group", f"{name}-{tmp_path.name}", *flags, brokers=loaded.address, data=tmp_path / f"{name}-{number}")
                     for number in range(3)]
        settle(instances)
        return instances

    return start


def settle(instances: list) -> None:
    for instance in instances:
        instance.wait_ready(60)
    for instance in instances:
        wait_until(lambda one=instance: owns_all(cluster(one), len(instances)), 60,
                   lambda one=instance: f"{one.name} to see {len(instances)} instances own everything: {cluster(one)}")


def cluster(instance) -> dict:
    return get(f"{instance.url}/api/v1/cluster").json


def owned(view: dict) -> list[tuple]:
    return sorted((one["topic"], one["partition"]) for each in view["instances"] for one in each["partitions"] if one["caught_up"])


def owns_all(view: dict, instances: int) -> bool:
    """Every partition of every topic is owned exactly once, and that has caught up."""
    everything = sorted((topic, number) for topic, count in view["partition_counts"].items() for number in range(count))
    return len(view["instances"]) == instances and everything and owned(view) == everything and view["unowned"] == []


def tasks(instance, limit: int = 1000) -> dict[str, dict]:
    found, cursor = {}, ""
    while cursor is not None:
        page = get(f"{instance.url}/api/v1/progress?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json
        assert page["partial"] is False
        for task in page["tasks"]:
            assert task["task_id"] not in found
            found[task["task_id"]] = task
        cursor = page["next_cursor"]
    return found


def states(found: dict[str, dict]) -> dict[str, str]:
    ended = ("completed", "failed", "cancelled")
    return {task: state["status"] if state["status"] in ended else "open" for task, state in found.items()}


def totals(instance) -> list[str]:
    """The migration series of /metrics, without what is the instance's own."""
    page = get(f"{instance.url}/metrics")
    names = ("hypersdk_", "godwit_migration", "godwit_stage", "godwit_bytes")
    return [line for line in page.text.splitlines() if line.startswith(names) and "uptime" not in line] if page.status == 200 else []


def test_any_instance_of_progress_gives_the_same_answers(loaded, trio, godwit):
    instances = trio("godwit-progress")
    log = read_log(godwit, loaded.address, "migrations.lifecycle", "migrations.progress")
    expected = final_states(log)
    for instance in instances:
        found = tasks(instance, limit=37)
        assert states(found) == expected
        for task in list(expected)[:60]:
            one = get(f"{instance.url}/api/v1/progress/{task}")
            assert (one.status, one.json["status"]) == (200, found[task]["status"])
        assert get(f"{instance.url}/api/v1/progress/nobody").status == 404
    done = next(task for task, state in expected.items() if state == "completed")
    for instance in instances:
        with urllib.request.urlopen(f"{instance.url}/api/v1/stream/{done}", timeout=20) as stream:
            frames = [line.decode() for line in stream]
        assert any(line.startswith("data:") and '"status":"completed"' in line for line in frames)
    assert len({each["url"] for each in cluster(instances[0])["instances"]}) == 3


def test_after_a_kill_lists_are_partial_until_the_partitions_have_moved(loaded, trio, godwit):
    instances = trio("godwit-progress")
    victim, *others = instances
    theirs = sorted({one["partition"] for each in cluster(victim)["instances"] if each["url"] == cluster(victim)["url"]
                     for one in each["partitions"]})
    expected = states(tasks(victim))
    victim.kill()
    for other in others:
        page = get(f"{other.url}/api/v1/progress?limit=1000").json
        assert (page["partial"], page["missing"]) == (True, theirs)
        assert 0 < page["count"] < len(expected)
    lost = [task for task in expected if get(f"{others[0].url}/api/v1/progress/{task}").status == 503]
    assert lost and len(lost) + page["count"] == len(expected)
    settle_after_loss(others)
    for other in others:
        assert states(tasks(other)) == expected


def settle_after_loss(others: list) -> None:
    for other in others:
        wait_until(lambda one=other: owns_all(cluster(one), len(others)), MOVED_S,
                   lambda one=other: f"{one.name} to see everything owned again: {cluster(one)}")


def test_metrics_are_whole_on_any_instance_or_refused(loaded, trio, godwit):
    instances = trio("godwit-metrics")
    expected = migrations(read_log(godwit, loaded.address, "migrations.lifecycle"))
    pages = [totals(instance) for instance in instances]
    assert pages[0] and pages[0] == pages[1] == pages[2]
    for instance in instances:
        stats = get(f"{instance.url}/stats").json["migrations"]
        assert {name: stats[name] for name in expected} == expected
    own = get(f"{instances[0].url}/metrics?scope=instance").text
    labels = [line for line in own.splitlines() if line.startswith("hypersdk_migrations_total{partition=")]
    assert 0 < len(labels) < PARTITIONS
    victim, *others = instances
    victim.kill()
    for other in others:
        assert get(f"{other.url}/metrics").status == 503
        assert get(f"{other.url}/stats").status == 503
        assert get(f"{other.url}/metrics?scope=instance").status == 200
    settle_after_loss(others)
    for other in others:
        assert totals(other) == pages[0]


def peers_of(broker, group: str) -> dict[str, str]:
    """The last word of each member of a group, as Kafka keeps it; "" for a tombstone."""
    out = subprocess.run(["kcat", "-b", broker.address, "-C", "-t", "godwit.peers", "-o", "beginning", "-e", "-q", "-f", "%k\t%s\n"],
                         capture_output=True, text=True, check=True, timeout=60).stdout
    words = dict(line.split("\t", 1) for line in out.splitlines())
    return {key: value for key, value in words.items() if key.startswith(f"{group}/")}


def test_who_leaves_says_farewell(loaded, run, tmp_path):
    group = f"farewell-{tmp_path.name}"
    leaving = run("godwit-progress", "--group", group, brokers=loaded.address).wait_ready()
    instance = cluster(leaving)["instance"]
    told = wait_until(lambda: peers_of(loaded, group), 20, "its word")
    assert json.loads(told[f"{group}/{instance}"])["url"] == leaving.url
    assert leaving.stop() == 0
    assert peers_of(loaded, group) == {f"{group}/{instance}": ""}


def ids_of(instance, path: str, member: str, name: str) -> list[str]:
    """All ids of a list, page by page, in its order."""
    found, cursor = [], ""
    while cursor is not None:
        page = get(f"{instance.url}{path}?limit=101" + (f"&cursor={cursor}" if cursor else "")).json
        assert page["partial"] is False, page
        found += [row[name] for row in page[member]]
        cursor = page["next_cursor"]
    return found


def test_the_audit_is_whole_on_any_instance(loaded, trio, godwit):
    instances = trio("godwit-audit")
    logged = read_log(godwit, loaded.address, "migrations.lifecycle", "platform.activity")
    lists = [ids_of(instance, "/api/v1/audit", "events", "event_id") for instance in instances]
    assert sorted(lists[0]) == sorted(event["id"] for event in logged)
    assert lists[0] == lists[1] == lists[2]
    for event_id in lists[0][:20]:
        answers = [get(f"{instance.url}/api/v1/audit/{event_id}") for instance in instances]
        assert {answer.status for answer in answers} == {200}
        assert answers[0].json == answers[1].json == answers[2].json
    assert get(f"{instances[0].url}/api/v1/audit/nothing").status == 404


def test_the_dashboard_is_whole_on_any_instance(loaded, trio, godwit):
    instances = trio("godwit-dashboard")
    expected = migrations(read_log(godwit, loaded.address, "migrations.lifecycle"))
    for instance in instances:
        data = get(f"{instance.url}/api/v1/dashboard").json
        assert data["partial"] is False
        assert data["metrics"]["total_migrations"] == expected["total"]
        assert data["metrics"]["successful_migrations"] == expected["succeeded"]
        assert data["metrics"]["failed_migrations"] == expected["failed"]
    lists = [ids_of(instance, "/api/v1/completions", "completions", "task_id") for instance in instances]
    assert lists[0] and lists[0] == lists[1] == lists[2]


def test_deliveries_are_whole_on_any_instance(loaded, trio, tmp_path, godwit):
    endpoints = tmp_path / "endpoints.yaml"
    endpoints.write_text("endpoints:\n  - {name: nobody, type: generic, url: 'http://127.0.0.1:9/', allow_private: true, "
                         "max_retries: 0, on_start: true}\n")
    instances = trio("godwit-webhooks", "--endpoints", str(endpoints))
    events = "\n".join(json.dumps({"specversion": "1.0", "id": f"hook-{number}", "source": "/test", "type": "io.godwit.task.started.v1",
                                   "subject": f"hook-{number}", "time": "2126-01-01T00:00:00Z",
                                   "data": {"vm_name": "vm", "provider": "vsphere", "attempt": 1}}) for number in range(40))
    godwit("emit", "--brokers", loaded.address, stdin=events)
    for instance in instances:
        wait_until(lambda one=instance: len(ids_of(one, "/api/v1/deliveries", "deliveries", "delivery_id")) == 40, 30, "40 deliveries")
    lists = [ids_of(instance, "/api/v1/deliveries", "deliveries", "delivery_id") for instance in instances]
    assert lists[0] == lists[1] == lists[2]
    for instance in instances:
        assert get(f"{instance.url}/api/v1/deliveries/{lists[0][0]}").json["delivery_id"] == lists[0][0]
        assert get(f"{instance.url}/api/v1/deliveries/nothing").status == 404


def test_an_instance_that_owns_everything_needs_no_others(own_broker, run, godwit):
    godwit("topics", "create", "--brokers", own_broker.address)
    own_broker.delete_topic("godwit.peers")
    wait_until(lambda: "godwit.peers" not in own_broker.topics(), 30, "the topic to be gone")
    progress = run("godwit-progress", brokers=own_broker.address).wait_ready()
    godwit("emit", "--brokers", own_broker.address, "--type", "task.queued", "--subject", "alone", "vm_name=vm", "provider=aws",
           "attempt=1")
    wait_until(lambda: get(f"{progress.url}/api/v1/progress/alone").status == 200, 20, "the task")
    page = get(f"{progress.url}/api/v1/progress").json
    assert (page["count"], page["partial"]) == (1, False)


def test_before_kafka_has_answered_no_list_is_passed_off_as_empty(run):
    progress = run("godwit-progress", brokers="127.0.0.1:1")
    answer = get(f"{progress.url}/api/v1/progress")
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("url", ["nonsense", "ftp://host", "http://host/path", "http://"])
def test_an_advertised_url_that_is_none_is_refused(url):
    done = subprocess.run([BIN / "godwit-progress", "--advertise", url], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "--advertise" in done.stderr
