"""Webhooks against receivers that misbehave, endpoints that change, and kill -9: what is owed arrives, once per id."""
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from hook_receiver import HookReceiver
from http_json import get
from waiting import wait_until
from witness import read_log

LONG = os.environ.get("GODWIT_LONG", "") == "1"
KILLS = 100 if LONG else 5


def ask(method, url, body=None):
    """Status and JSON of the answer."""
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


class Misbehaving:
    """A TCP peer that does what `act(connection)` says after it has read a request's head and body."""

    def __init__(self, act, context=None):
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._act, self._context = act, context
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/hook"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        self.connections += 1
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            connection.settimeout(20)
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            self._act(connection)
        except (OSError, ssl.SSLError):
            pass
        finally:
            connection.close()


def answer(status_line, headers="", body=b""):
    def act(connection):
        connection.sendall(f"HTTP/1.1 {status_line}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body)

    return act


def hang(connection):
    connection.recv(1)


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b".")
        time.sleep(0.1)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.fixture(scope="module")
def bad_certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=elsewhere.example",
                    "-keyout", directory / "key.pem", "-out", directory / "cert.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return context


@pytest.fixture
def emit(brokers, godwit):
    def send(subject):
        godwit("emit", "--brokers", brokers, "--type", "task.started", "--subject", subject, "vm_name=vm", "provider=aws")

    return send


@pytest.fixture
def webhooks(brokers, run, tmp_path):
    """start(*flags) -> the program, with data of its own."""
    def start(*flags):
        return run("godwit-webhooks", "--group", tmp_path.name, *flags, brokers=brokers, data=tmp_path / "data").wait_ready()

    return start


def test_each_kind_of_misbehaviour_ends_as_it_should_and_delays_nobody(webhooks, emit, bad_certificate):
    peers = {"error": Misbehaving(answer("500 Oops")), "gone": Misbehaving(answer("410 Gone")),
             "moved": Misbehaving(answer("302 Found", "location: http://127.0.0.1:9/\r\n")), "hangs": Misbehaving(hang),
             "drips": Misbehaving(drip), "resets": Misbehaving(reset),
             "long": Misbehaving(answer("200 OK", body=b"x" * 10_000_000)),
             "busy": Misbehaving(answer("429 Too Many Requests", "retry-after: 3600\r\n")),
             "curt": Misbehaving(answer("429 Too Many Requests")),
             "certificate": Misbehaving(answer("200 OK"), bad_certificate)}
    good = HookReceiver()
    program = webhooks()
    urls = {**{name: peer.url for name, peer in peers.items()}, "good": good.url,
            "turned": good.url.replace("127.0.0.1", "localhost")}
    for name, url in urls.items():
        status, said = ask("POST", f"{program.url}/api/v1/endpoints",
                           {"name": name, "type": "generic", "url": url, "allow_private": name != "turned", "timeout": 1,
                            "retry_schedule": [0, "10ms"]})
        assert status == 201, said
    emit("misbehave-1")
    wait_until(lambda: good.requests, 5, "the delivery to the one who behaves")

    def of(name):
        listed = get(f"{program.url}/api/v1/deliveries?endpoint={name}").json["deliveries"]
        return get(f"{program.url}/api/v1/deliveries/{listed[0]['delivery_id']}").json if listed else {"status": "", "attempts": []}

    expected = {"error": ("exhausted", [500, 500]), "gone": ("exhausted", [410]), "moved": ("exhausted", [302]),
                "hangs": ("exhausted", [None, None]), "drips": ("exhausted", [None, None]), "resets": ("exhausted", [None, None]),
                "long": ("succeeded", [200]), "busy": ("retrying", [429]), "curt": ("exhausted", [429, 429]),
                "certificate": ("exhausted", [None, None]), "good": ("succeeded", [200]), "turned": ("exhausted", [None])}
    for name, (status, codes) in expected.items():
        wait_until(lambda one=name, end=status: (found := of(one))["status"] == end and found["attempts"], 20, lambda one=name: f"{one}: {of(one)}")
        assert [attempt["status_code"] for attempt in of(name)["attempts"]] == codes, name
    assert len(of("long")["attempts"][0]["answer"]) == 4096
    assert of("good")["attempts"][0]["request_headers"]["webhook-id"] == of("good")["delivery_id"]
    assert peers["certificate"].connections == 2
    assert get(f"{program.url}/api/v1/endpoints/gone").json["disabled_because"] == "the endpoint answered 410"
    for name in urls:
        assert ask("DELETE", f"{program.url}/api/v1/endpoints/{name}")[0] == 204
    for peer in peers.values():
        peer.close()
    good.close()


def test_endpoints_changed_by_a_file_and_over_http_hold_for_every_instance_and_lose_nothing(webhooks, emit, tmp_path, run, brokers, godwit):
    receiver = HookReceiver()
    file = tmp_path / "endpoints.yaml"
    secret = tmp_path / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    one = f"  - {{name: one, type: generic, url: '{receiver.url}/one', allow_private: true, secret_file: {secret}}}\n"
    two = f"  - {{name: two, type: generic, url: '{receiver.url}/two', allow_private: true}}\n"
    file.write_text("endpoints:\n" + one)
    key = tmp_path / "key"
    key.write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    program = webhooks("--endpoints", str(file), "--config-key", str(key))
    emit("reload-1")
    wait_until(lambda: len(receiver.requests) == 1, 10, "the first delivery")
    assert "webhook-signature" in receiver.requests[0][0]
    file.write_text("endpoints:\n" + one + "  - {name: broken}\n")
    os.kill(program.pid, signal.SIGHUP)
    wait_until(lambda: "line 3" in program.log(), 10, "the mistake in the log")
    file.write_text("endpoints:\n" + one + two)
    os.kill(program.pid, signal.SIGHUP)
    wait_until(lambda: get(f"{program.url}/api/v1/endpoints").json["count"] == 2, 10, "the second endpoint")
    emit("reload-2")
    wait_until(lambda: len(receiver.requests) == 3, 10, "a delivery to each")
    # Another instance, with the key and without the file, has the same.
    other = run("godwit-webhooks", "--group", tmp_path.name, "--config-key", str(key), brokers=brokers, data=tmp_path / "other").wait_ready()
    wait_until(lambda: get(f"{other.url}/api/v1/endpoints").json["count"] == 2, 10, "the endpoints")
    assert ask("POST", f"{other.url}/api/v1/endpoints/one/test")[1]["succeeded"]
    assert ask("POST", f"{other.url}/api/v1/endpoints", {"name": "three", "type": "generic", "url": receiver.url + "/three",
                                                         "allow_private": True})[0] == 201
    wait_until(lambda: get(f"{program.url}/api/v1/endpoints/three").status == 200, 10, "the change elsewhere")
    before = len(receiver.requests)
    emit("reload-3")
    wait_until(lambda: len(receiver.requests) == before + 3, 20, "a delivery to each of three")
    def told():
        """Who changed what, of these three."""
        return sorted((event["data"]["resource"], event["data"]["user"]) for event in read_log(godwit, brokers, "platform.activity")
                      if event["type"].endswith("config_changed.v1") and event["data"]["resource"] in ("one", "two", "three"))

    wait_until(lambda: told() == [("one", "endpoints-file"), ("three", "anonymous"), ("two", "endpoints-file")], 10, told)
    log = json.dumps(read_log(godwit, brokers, "platform.activity"))
    assert "whsec" not in log and receiver.url + "/" not in log
    file.write_text("endpoints: []\n")
    os.kill(program.pid, signal.SIGHUP)
    wait_until(lambda: get(f"{other.url}/api/v1/endpoints").json["count"] == 1, 10, "the endpoints of the file to be gone")
    assert ask("DELETE", f"{other.url}/api/v1/endpoints/three")[0] == 204
    receiver.close()


def test_killed_between_answer_and_commit_every_delivery_arrives_with_one_id_and_body(webhooks, brokers, godwit):
    receiver = HookReceiver()
    program = webhooks()
    assert ask("POST", f"{program.url}/api/v1/endpoints", {"name": "ops", "type": "generic", "url": receiver.url, "allow_private": True,
                                                           "concurrency": 16})[0] == 201
    sent = 0
    for round_number in range(KILLS):
        events = "\n".join(json.dumps({"specversion": "1.0", "id": f"kill-{round_number}-{number}", "source": "/test",
                                       "type": "io.godwit.task.started.v1", "subject": f"kill-{round_number}-{number}",
                                       "time": "2126-01-01T00:00:00Z", "data": {"vm_name": "vm", "provider": "aws", "attempt": 1}})
                           for number in range(30))
        before = len(receiver.accepted)
        godwit("emit", "--brokers", brokers, stdin=events)
        sent += 30
        wait_until(lambda: len(receiver.accepted) > before, 30, "some to arrive")
        program.kill()
        program.start().wait_ready()
    wait_until(lambda: len(receiver.accepted) == sent, 60, lambda: f"{sent} deliveries; {len(receiver.accepted)} have arrived")
    assert all(len(bodies) == 1 for bodies in receiver.bodies.values()), "one id, one body"
    wait_until(lambda: get(f"{program.url}/api/v1/endpoints/ops").json["owed"] == 0, 30, "nothing to be owed")
    receiver.close()
