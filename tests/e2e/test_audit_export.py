"""Exports of the audit through HTTP: equal to the log, in constant memory, whole or visibly broken."""
import csv
import http.client
import io
import json
import pathlib
import socket
import subprocess

import pytest

import ocsf
from conftest import ROOT
from http_json import get
from reading import audit_rows, samples
from waiting import wait_until
from witness import read_log

EVENTS = 20_000
FILLER = "x" * 1_000
HOSTILE = ("=1+1", "+1", "-1", "@sum(a)", "=cmd|' /C calc'!A0", 'a,"b"')  # as names of users
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n")
CLIENTS = 6
PIECE_BYTES = 64 * 1024
GROWTH_KIB_MAX = 48 * 1024  # of the program's memory; the exports together are 150 MiB
EXAMPLES = ROOT / "schemas" / "examples" / "good"


def event(number: int) -> dict:
    return {"specversion": "1.0", "id": f"e-{number:05}", "source": "/workers/h1", "type": "io.godwit.task.started.v1",
            "subject": f"t-{number % 300}", "time": f"2026-11-21T10:{number // 1000:02}:{number % 60:02}Z",
            "data": {"vm_name": f"vm-{number % 40}", "provider": "vsphere", "attempt": 1, "user": HOSTILE[number % len(HOSTILE)],
                     "message": FILLER}}


def produce(brokers: str, topic: str, events) -> None:
    lines = "".join(f"{each['subject']}\x1f{json.dumps(each)}\n" for each in events)
    subprocess.run(["kcat", "-b", brokers, "-P", "-t", topic, "-K", "\x1f", "-X", "partitioner=murmur2_random"],
                   input=lines.encode(), check=True, timeout=120)


@pytest.fixture(scope="module")
def audit(brokers, run_for_all):
    """An audit that holds EVENTS events, and says who asked."""
    produce(brokers, "migrations.lifecycle", map(event, range(EVENTS)))
    program = run_for_all("godwit-audit", "--access-events", "on", brokers=brokers)
    return caught_up(program)


def caught_up(program):
    program.wait_ready(60)
    wait_until(lambda: get(f"{program.url}/readyz").json["lag"] == 0, 60, f"{program.name} to catch up")
    return program


def exported(program, query: str, headers: dict | None = None) -> tuple[dict, bytes]:
    """Answer headers and body; raises http.client.IncompleteRead for one that breaks off."""
    connection = http.client.HTTPConnection(program.address, timeout=60)
    connection.request("GET", f"/api/v1/audit?event_type=migration_start&{query}", headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body[:500]
    return {name.lower(): value for name, value in answer.getheaders()}, body


def private_kib(program) -> int:
    status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:"))


def test_ndjson_equals_the_log_and_the_list(audit, brokers, godwit):
    logged = {each["id"]: each for each in read_log(godwit, brokers, "migrations.lifecycle")}
    _, body = exported(audit, "", {"Accept": "application/x-ndjson"})
    told = [json.loads(line) for line in body.decode().splitlines()]
    assert len(told) == len(logged) == EVENTS
    assert [row["timestamp"] for row in told] == sorted((row["timestamp"] for row in told), reverse=True)
    for row in told:
        sent = logged.pop(row["event_id"])
        assert (row["task_id"], row["vm_name"], row["user"]) == (sent["subject"], sent["data"]["vm_name"], sent["data"]["user"])
        assert row["details"]["message"] == FILLER
    page = get(f"{audit.url}/api/v1/audit?event_type=migration_start&limit=1000").json["events"]
    assert told[:1000] == page


def test_csv_equals_the_log_and_holds_no_formula(audit, brokers, godwit):
    headers, body = exported(audit, "order=oldest", {"Accept": "text/csv"})
    assert headers["content-type"].startswith("text/csv")
    assert headers["content-disposition"].endswith('.csv"')
    text = body.decode()
    assert text.count("\r\n") == EVENTS + 1
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    logged = {each["id"]: each for each in read_log(godwit, brokers, "migrations.lifecycle")}
    assert len(rows) == len(logged) == EVENTS
    for row in rows:
        assert not any(cell.startswith(FORMULA_MARKS) for cell in row.values()), row
        sent = logged.pop(row["event_id"])
        user = sent["data"]["user"]
        assert row["user"] == ("'" + user if user.startswith(FORMULA_MARKS) else user)
        assert (row["task_id"], json.loads(row["details"])["message"]) == (sent["subject"], FILLER)


def test_slow_readers_grow_no_memory_and_get_everything(audit):
    exported(audit, "format=ndjson")  # what the program keeps for good
    before = private_kib(audit)
    host, port = audit.address.split(":")
    clients = [socket.create_connection((host, int(port)), timeout=30) for _ in range(CLIENTS)]
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE_BYTES)
        client.sendall(b"GET /api/v1/audit?event_type=migration_start&format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n")
    received = {client: bytearray() for client in clients}
    most, going = 0, set(clients)
    while going:  # each waits for all others between two pieces
        for client in list(going):
            piece = client.recv(PIECE_BYTES)
            received[client] += piece
            if not piece:
                going.discard(client)
                client.close()
        most = max(most, private_kib(audit))
    bodies = set(map(bytes, received.values()))
    assert all(body.endswith(b"0\r\n\r\n") and body.count(b'{"event_id"') == EVENTS for body in bodies)
    assert most - before < GROWTH_KIB_MAX
    wait_until(lambda: samples(audit)["godwit_http_streams_open"] == 0, 10, "the streams to end")


def test_every_question_is_an_entry_of_the_audit(audit):
    exported(audit, "format=csv&limit=7&task_id=t-1")

    def told():
        found = get(f"{audit.url}/api/v1/audit?event_type=api_access&q=task_id%3Dt-1+csv").json["events"]
        return [row["details"] for row in found if row["details"].get("rows") == 7]

    details = wait_until(told, 20, "the event of the export to become an entry")
    assert details[0]["whole"] is True
    assert "task_id=t-1" in details[0]["query"]


def test_ocsf_of_every_type_of_event_is_valid(own_broker, run, godwit):
    godwit("topics", "create", "--brokers", own_broker.address)
    examples = [json.loads(path.read_text()) for path in sorted(EXAMPLES.rglob("*.json"))]
    produce(own_broker.address, "platform.activity", examples)
    subprocess.run(["kcat", "-b", own_broker.address, "-P", "-t", "platform.activity", "-k", "k"], input=b"rubbish", check=True)
    audit = caught_up(run("godwit-audit", brokers=own_broker.address))
    lines = get(f"{audit.url}/api/v1/audit?format=ocsf").text.splitlines()
    assert len(lines) == len(examples) + 1 == len(audit_rows(audit))
    valid = ocsf.validator("1.3.0", "api_activity")
    for line in lines:
        shown = json.loads(line)
        problems = [f"{list(error.absolute_path)}: {error.message}" for error in valid.iter_errors(shown)]
        assert not problems, f"{problems} in {line}"


def test_an_export_that_lacks_a_partition_does_not_look_whole(own_broker, run, godwit, tmp_path):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "4")
    produce(brokers, "migrations.lifecycle", map(event, range(8_000)))
    pair = [run("godwit-audit", brokers=brokers, data=tmp_path / f"audit-{number}") for number in range(2)]
    for program in pair:
        caught_up(program)

    def shared():
        view = get(f"{pair[0].url}/api/v1/cluster").json
        return len(view["instances"]) == 2 and not view["unowned"] and all(
            any(each["caught_up"] for each in one["partitions"]) for one in view["instances"])

    wait_until(shared, 60, "two instances to share the partitions")
    sent = {f"e-{number:05}" for number in range(8_000)}

    def whole():
        asked = get(f"{pair[0].url}/api/v1/audit?format=ndjson", 60)
        return asked.status == 200 and {json.loads(line)["event_id"] for line in asked.text.splitlines()}

    assert wait_until(whole, 60, "an export over both") == sent
    host, port = pair[0].address.split(":")
    client = socket.create_connection((host, int(port)), timeout=60)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE_BYTES)
    client.sendall(b"GET /api/v1/audit?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n")
    begun = client.recv(PIECE_BYTES)
    assert begun.startswith(b"HTTP/1.1 200 ")
    pair[1].kill()
    body = begun + b"".join(iter(lambda: client.recv(PIECE_BYTES), b""))
    assert not body.endswith(b"0\r\n\r\n") and body.count(b'{"event_id"') < 8_000
    asked = get(f"{pair[0].url}/api/v1/audit?format=csv", 60)
    assert (asked.status, "migrations.lifecycle/" in asked.text) == (503, True)
