"""The gateway against a real Kafka: what it accepted is there, whatever happens to the broker; tokens, audit, signals."""
import collections
import os
import signal

import pytest

from gateway_load import BATCH, Load, event
from http_json import get, post, request
from reading import samples, tasks
from waiting import wait_until
from witness import read_log, stored_in_order

LONG = bool(os.environ.get("GODWIT_LONG"))
LIFECYCLE, ACTIVITY = "migrations.lifecycle", "platform.activity"
EVENTS = "/api/v1/events"
STRUCTURED = "application/cloudevents+json"
SECRET = "s" * 32


def send(gateway, body, kind: str = STRUCTURED, **headers):
    return post(gateway.url + EVENTS, body, kind, headers={name.replace("_", "-"): value for name, value in headers.items()})


def accesses(godwit, brokers: str, source: str) -> list[dict]:
    return [one for one in read_log(godwit, brokers, ACTIVITY) if one["source"] == source]


def test_a_batch_is_answered_event_by_event_and_each_access_is_an_event(run, brokers, godwit):
    gateway = run("godwit-gateway", "--advertise", "http://one", brokers=brokers)
    bad = {**event("mixed", 2), "time": "yesterday"}
    answer = send(gateway, [event("mixed", 1), bad, event("mixed", 3)], BATCH, user_agent="load/1")
    assert answer.status == 207
    assert answer.json["ids"] == ["mixed-1", "mixed-3"]
    assert [(one["index"], one["status"], one["pointer"]) for one in answer.json["refused"]] == [(1, 400, "/time")]
    assert [one["id"] for one in read_log(godwit, brokers, LIFECYCLE) if one["subject"] == "mixed"] == ["mixed-1", "mixed-3"]
    told = wait_until(lambda: accesses(godwit, brokers, "/gateways/http://one"), 10, "the access event")
    assert [one["subject"] for one in told] == ["anonymous"]
    seen = told[0]["data"]
    assert (seen["method"], seen["path"], seen["status_code"], seen["user_agent"]) == ("POST", EVENTS, 207, "load/1")
    assert seen["ip_address"] == "127.0.0.1"


def test_the_same_key_publishes_once(run, brokers, godwit):
    gateway = run("godwit-gateway", brokers=brokers)
    body = event("keyed", 1)
    first, again = (send(gateway, body, Idempotency_Key="k-1") for _ in range(2))
    assert (first.status, again.status, again.text) == (202, 202, first.text)
    assert again.headers["idempotency-replayed"] == "true"
    assert send(gateway, event("keyed", 2), Idempotency_Key="k-1").status == 422
    assert [one["id"] for one in read_log(godwit, brokers, LIFECYCLE) if one["subject"] == "keyed"] == ["keyed-1"]


def test_tokens_are_read_again_on_sighup_without_dropping_a_request(run, brokers, tmp_path):
    file = tmp_path / "tokens"
    file.touch(mode=0o600)
    file.write_text(f"rack-1 {SECRET}\n")
    gateway = run("godwit-gateway", "--tokens", str(file), "--access-events", "off", brokers=brokers)
    bearer = {"Authorization": f"Bearer {SECRET}"}
    assert send(gateway, event("token", 1)).status == 401
    assert send(gateway, event("token", 1), **bearer).status == 202

    def reloads(outcome: str) -> float:
        return samples(gateway, "")[f'godwit_gateway_token_reloads_total{{outcome="{outcome}"}}']

    file.write_text(f"rack-1 {'n' * 32}\nold {SECRET}\n")
    os.kill(gateway.pid, signal.SIGHUP)
    while reloads("done") < 1:
        assert send(gateway, event("token", 1), **bearer).status == 202
    assert send(gateway, event("token", 1), Authorization="Bearer " + "n" * 32).status == 202
    file.write_text("nonsense\n")
    os.kill(gateway.pid, signal.SIGHUP)
    wait_until(lambda: reloads("failed") == 1, 10, "the failed reload")
    assert send(gateway, event("token", 1), **bearer).status == 202
    assert SECRET not in gateway.log()
    assert "the tokens stay as they were" in gateway.log()


def test_a_page_of_a_named_origin_may_ask(run, brokers):
    gateway = run("godwit-gateway", "--cors-origin", "https://ops.example.com", brokers=brokers)
    asked = {"Origin": "https://ops.example.com", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "ce-id"}
    answer = request("OPTIONS", gateway.url + EVENTS, None, 10, asked)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "https://ops.example.com")
    assert get(gateway.url + "/openapi.json").json["openapi"] == "3.1.0"


@pytest.mark.parametrize("flags, reason", [
    (["--tokens", "/nowhere/tokens"], "--tokens: token file /nowhere/tokens: No such file"),
    (["--cors-origin", "*"], "--cors-origin: '*' is no origin"),
])
def test_a_wrong_flag_is_one_clear_line(run, brokers, flags, reason):
    with pytest.raises(AssertionError, match="ended with 2") as ended:
        run("godwit-gateway", *flags, brokers=brokers)
    assert reason in str(ended.value)


def test_what_was_accepted_survives_a_killed_broker(own_broker, run, godwit):
    """Short: 400 events/s, away until clients are told so. GODWIT_LONG=1: 2,000 events/s, away for 60 s."""
    away_s, around_s, rate, senders, tasks_each = (60, 15, 2000, 16, 25) if LONG else (0, 0, 400, 8, 5)
    godwit("topics", "create", "--brokers", own_broker.address)
    gateway = run("godwit-gateway", "--acknowledge-ms", "4000" if LONG else "1500", "--access-events", "off", brokers=own_broker.address)
    progress = run("godwit-progress", brokers=own_broker.address).wait_ready()
    with Load(gateway.address, senders, tasks_each, rate) as load:
        wait_until(lambda: len(load.accepted) > rate, 20, "the first events")
        load.run_for(around_s)
        own_broker.kill()
        wait_until(lambda: load.answers[503] >= senders, 20, "answers that say that Kafka is away")
        assert get(f"{gateway.url}/readyz").status == 503
        assert get(f"{gateway.url}/healthz").status == 200
        load.run_for(away_s)
        own_broker.start()
        before = len(load.accepted)
        wait_until(lambda: len(load.accepted) > before + rate, 60, "events to be accepted again")
        load.run_for(around_s)
    again = send(gateway, [event("task-0-0", number) for number in (1, 2, 3)], BATCH)
    assert again.status == 202, "an event may always be sent again"
    log = read_log(godwit, own_broker.address, LIFECYCLE)
    ids = collections.Counter(one["id"] for one in log)
    assert set(load.accepted) <= ids.keys(), "an event that was accepted is not in Kafka"
    counts = stored_in_order(log)
    assert len(counts) == senders * tasks_each
    progress.wait_ready(60)
    wait_until(lambda: len(tasks(progress)) == len(counts), 30, "all tasks")
    for name, task in tasks(progress).items():
        assert task["warnings"] == [f"event {number}" for number in range(1, counts[name] + 1)][-len(task["warnings"]):]
    print(f"{len(load.accepted)} accepted, {len(log)} records, {len(log) - len(ids)} of them copies, answers {dict(load.answers)}, "
          f"slowest batch {load.slowest_s:.1f} s")
