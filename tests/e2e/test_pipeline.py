"""From a producer to five views: the command line, the gateway's three modes, a webhook, a live stream."""
import json
import threading
import urllib.request

import pytest

from hook_receiver import HookReceiver
from http_json import get, post
from waiting import wait_until
from witness import read_log, short

CONSUMERS = ("godwit-progress", "godwit-metrics", "godwit-audit", "godwit-dashboard")


def event(kind: str, subject: str, number: int, **data) -> dict:
    return {"specversion": "1.0", "id": f"{subject}-{number}", "source": "/test", "type": f"io.godwit.{kind}.v1",
            "subject": subject, "time": f"2026-11-21T10:00:{number:02}Z",
            "data": {"vm_name": f"vm-{subject}", "provider": "vsphere", "attempt": 1, **data}}


def migration(subject: str) -> list[dict]:
    out = [event("task.started", subject, 0, user="ada")]
    for index, stage in enumerate(("export", "conversion", "upload")):
        out.append(event("stage.started", subject, 10 * index + 1, stage=stage, stage_index=index, total_stages=3))
        out.append(event("stage.progress", subject, 10 * index + 2, stage=stage, bytes_done=500, bytes_total=1000))
        out.append(event("stage.completed", subject, 10 * index + 3, stage=stage, duration_ms=2000, bytes_done=1000))
    out.append(event("task.completed", subject, 40, duration_ms=40000))
    return out


@pytest.fixture(scope="module")
def ready(broker, run_for_all, godwit):
    godwit("topics", "create", "--brokers", broker.address)
    started = {name: run_for_all(name, brokers=broker.address) for name in CONSUMERS}
    return {name: program.wait_ready() for name, program in started.items()}


def is_completed(ready, task_id: str) -> bool:
    answer = get(f"{ready['godwit-progress'].url}/api/v1/progress/{task_id}")
    return answer.status == 200 and answer.json["status"] == "completed"


def test_a_migration_emitted_as_ndjson_shows_in_every_view(ready, broker, godwit):
    godwit("emit", "--brokers", broker.address, stdin="\n".join(json.dumps(one) for one in migration("cli-1")))
    wait_until(lambda: is_completed(ready, "cli-1"), 20, "the migration to complete")
    task = get(f"{ready['godwit-progress'].url}/api/v1/progress/cli-1").json
    assert (task["percentage"], task["user"], task["upload_progress"]["bytes_done"]) == (100, "ada", 1000)
    metrics = ready["godwit-metrics"]
    wait_until(lambda: get(f"{metrics.url}/stats").json["migrations"]["succeeded"] >= 1, 20, "the counters")
    audit = ready["godwit-audit"]
    rows = wait_until(lambda: len(found := get(f"{audit.url}/api/v1/audit?task_id=cli-1").json["events"]) == 8 and found, 20,
                      "eight audit rows")
    assert [row["event_type"] for row in rows][-1] == "migration_start"
    assert get(f"{audit.url}/api/v1/audit/{rows[0]['event_id']}").json["event"] == rows[0]
    dashboard = ready["godwit-dashboard"]
    wait_until(lambda: "cli-1" in get(f"{dashboard.url}/api/v1/completions").text, 20, "the dashboard")


def test_one_event_from_flags_is_tailed_back_as_it_was_sent(ready, broker, godwit):
    godwit("emit", "--brokers", broker.address, "--type", "task.queued", "--subject", "flags-1", "--mode", "binary",
           "vm_name=web", "provider=aws", "attempt=2")
    tailed = [one for one in read_log(godwit, broker.address, "migrations.lifecycle") if one["subject"] == "flags-1"]
    assert [(short(one), one["data"]) for one in tailed] == [("task.queued", {"attempt": 2, "provider": "aws", "vm_name": "web"})]
    human = godwit("tail", "--brokers", broker.address, "--from", "beginning", "--exit-at-end", "--task", "flags-1")
    assert "flags-1 task.queued vm=web provider=aws attempt=2" in human


def test_the_gateway_takes_structured_binary_and_batch(ready, broker, run):
    gateway = run("godwit-gateway", brokers=broker.address).wait_ready()
    url = f"{gateway.url}/api/v1/events"
    events = migration("http-1")
    structured = post(url, events[0], "application/cloudevents+json")
    assert (structured.status, structured.json["ids"]) == (202, ["http-1-0"])
    attributes = {f"ce-{name}": events[1][name] for name in ("specversion", "id", "source", "type", "subject", "time")}
    assert post(url, events[1]["data"], "application/json", headers=attributes).status == 202
    batch = post(url, events[2:], "application/cloudevents-batch+json")
    assert (batch.status, batch.json["count"]) == (202, len(events) - 2)
    wait_until(lambda: is_completed(ready, "http-1"), 20, "the migration to complete")
    bad = event("task.started", "http-2", 0)
    del bad["data"]["provider"]
    refused = post(url, bad, "application/cloudevents+json")
    assert (refused.status, refused.json["pointer"]) == (400, "/data/provider")
    assert refused.headers["content-type"] == "application/problem+json"
    assert post(url, "x", "text/plain").status == 415
    assert get(f"{ready['godwit-progress'].url}/api/v1/progress/http-2").status == 404


def test_a_stream_begins_with_the_state_and_ends_after_the_terminal_one(ready, broker, godwit):
    events = migration("sse-1")
    progress = ready["godwit-progress"]
    godwit("emit", "--brokers", broker.address, stdin="\n".join(json.dumps(one) for one in events[:3]))
    wait_until(lambda: get(f"{progress.url}/api/v1/progress/sse-1").status == 200, 20, "the task to appear")
    frames = []

    def watch():
        with urllib.request.urlopen(f"{progress.url}/api/v1/stream/sse-1", timeout=30) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            frames.extend(line.decode().rstrip("\n") for line in stream)

    watcher = threading.Thread(target=watch)
    watcher.start()
    wait_until(lambda: any(line.startswith("data:") for line in frames), 20, "the first frame")
    godwit("emit", "--brokers", broker.address, stdin="\n".join(json.dumps(one) for one in events[3:]))
    watcher.join(30)
    assert not watcher.is_alive()
    states = [json.loads(line.removeprefix("data: ")) for line in frames if line.startswith("data:")]
    ids = [line.removeprefix("id: ") for line in frames if line.startswith("id:")]
    assert states[0]["status"] == "exporting"
    assert states[-1]["status"] == "completed"
    assert [state["percentage"] for state in states] == sorted(state["percentage"] for state in states)
    assert get(f"{progress.url}/api/v1/stream/sse-1", headers={"Last-Event-ID": ids[-1]}).status == 204


def test_a_webhook_is_delivered_under_one_id_and_its_outcome_is_an_event(ready, broker, run, godwit, tmp_path):
    statuses = iter((500, 200))
    receiver = HookReceiver(lambda: next(statuses))
    endpoints = tmp_path / "endpoints.yaml"
    endpoints.write_text("endpoints:\n"
                         f"  - {{name: ops, type: generic, url: '{receiver.url}', on_complete: true, on_start: false, on_error: false,\n"
                         "     on_warning: false, retry_delay: 1, allow_private: true}\n")
    webhooks = run("godwit-webhooks", "--endpoints", str(endpoints), brokers=broker.address).wait_ready()
    try:
        # An endpoint owes nothing for what happened before it was there, so these events are of now.
        godwit("emit", "--brokers", broker.address, "--type", "task.started", "--subject", "hook-1", "vm_name=web", "provider=aws")
        godwit("emit", "--brokers", broker.address, "--type", "task.completed", "--subject", "hook-1", "vm_name=web", "provider=aws",
               "duration_ms=5")
        wait_until(lambda: len(receiver.requests) == 2, 30, "the delivery and its retry")
        (first, body), (second, again) = receiver.requests
        assert first["webhook-id"] == second["webhook-id"]
        assert body == again and body["event_type"] == "complete" and body["task_id"] == "hook-1"
        listed = wait_until(lambda: [one for one in get(f"{webhooks.url}/api/v1/deliveries").json["deliveries"]
                                     if one["status"] == "succeeded"], 20, "the delivery to succeed")
        assert listed[0]["task_id"] == "hook-1"
        assert receiver.url not in get(f"{webhooks.url}/api/v1/endpoints").text
        kinds = wait_until(lambda: (found := [short(one) for one in read_log(godwit, broker.address, "platform.activity")
                                              if one["subject"] == "hook-1"]) and len(found) == 2 and found, 20, "the outcomes")
        assert kinds == ["delivery.failed", "delivery.succeeded"]
    finally:
        receiver.close()


def test_wrong_parameters_are_named_and_an_idle_system_is_healthy(ready):
    for name, path, parameter in (("godwit-progress", "/api/v1/progress?limit=0", "limit"),
                                  ("godwit-progress", "/api/v1/progress?staus=failed", "staus"),
                                  ("godwit-audit", "/api/v1/audit?start=yesterday", "start"),
                                  ("godwit-audit", "/api/v1/audit?success=maybe", "success"),
                                  ("godwit-dashboard", "/api/v1/completions?limit=x", "limit")):
        answer = get(f"{ready[name].url}{path}")
        assert (answer.status, answer.json["parameter"]) == (400, parameter), path
    assert get(f"{ready['godwit-dashboard'].url}/api/v1/status").json["status"] == "healthy"
    for name in CONSUMERS:
        assert get(f"{ready[name].url}/nowhere").status == 404
