"""Live streams to real clients, while the service under them is killed, stopped and replaced."""
import contextlib
import json
import subprocess
import urllib.request

import pytest

from conftest import BIN
from http_json import get
from reading import ENDED
from stream_client import StreamClient, steps_back
from tcp_switch import TcpSwitch
from waiting import wait_until
from witness import final_states, read_log

SEED = 20261122


@pytest.fixture
def topics(own_broker, godwit):
    godwit("topics", "create", "--brokers", own_broker.address)
    return own_broker.address


def emit(godwit, brokers: str, kind: str, task: str, *data: str) -> None:
    godwit("emit", "--brokers", brokers, "--type", kind, "--subject", task, "vm_name=vm", "provider=aws", *data)


def states_of(shown: dict[str, dict]) -> dict[str, str]:
    return {task: state["status"] if state["status"] in ENDED else "open" for task, state in shown.items()}


def test_clients_see_every_end_and_no_step_back_while_instances_are_killed(topics, run, godwit, tmp_path):
    instances = [run("godwit-progress", brokers=topics, data=tmp_path / f"data-{number}").wait_ready() for number in range(2)]
    with contextlib.ExitStack() as stack:
        switch = stack.enter_context(TcpSwitch(instances[0].address))
        base = f"{switch.address}/api/v1"
        clients = [stack.enter_context(StreamClient("sse", f"http://{base}/stream")),
                   stack.enter_context(StreamClient("ws", f"ws://{base}/ws", {"type": "subscribe", "id": "all"}))]
        for client in clients:
            client.wait_for(lambda one: one.of("open"), 20, "the stream")
        load = subprocess.Popen([BIN / "godwit", "bench", "produce", "--brokers", topics, "--rate", "400", "--seconds", "12",
                                 "--tasks", "40", "--seed", str(SEED)], stdout=subprocess.DEVNULL)
        try:
            for victim, other in ((0, 1), (1, 0), (0, 1)):
                seen = [len(client.states()) for client in clients]
                wait_until(lambda: all(len(client.states()) > before + 20 for client, before in zip(clients, seen)), 60, "news")
                switch.target = instances[other].address
                instances[victim].kill()
                instances[victim].start()
            assert load.wait(120) == 0
        finally:
            load.kill()
        log = read_log(godwit, topics, "migrations.lifecycle", "migrations.progress")
        expected = final_states(log)
        for client in clients:
            client.wait_for(lambda one: states_of(one.newest()) == expected, 90, lambda: "every task as the log has it")
            assert steps_back(client.states()) == []
            assert len(client.of("open")) >= 3
            assert client.of("reset") == []


def test_a_stream_of_one_task_survives_a_restart_and_ends_with_it(topics, run, godwit):
    progress = run("godwit-progress", brokers=topics).wait_ready()
    emit(godwit, topics, "task.started", "one", "attempt=1")
    wait_until(lambda: get(f"{progress.url}/api/v1/progress/one").status == 200, 20, "the task")
    with TcpSwitch(progress.address) as switch, StreamClient("sse", f"http://{switch.address}/api/v1/stream/one") as client:
        client.wait_for(lambda one: len(one.states()) == 1, 20, "the first state")
        progress.kill()
        progress.start()
        switch.target = progress.address
        client.wait_for(lambda one: len(one.of("open")) == 2, 30, "the stream again")
        emit(godwit, topics, "task.paused", "one", "attempt=1")
        client.wait_for(lambda one: len(one.states()) == 2, 20, "the pause")
        assert progress.stop() == 0
        client.wait_for(lambda one: one.of("bye"), 10, "the good-bye")
        assert client.of("bye")[0]["data"]["retry_ms"] > 0
        emit(godwit, topics, "task.completed", "one", "attempt=1", "duration_ms=1")
        progress.start()
        switch.target = progress.address
        client.wait_for(lambda one: one.states()[-1]["status"] == "completed", 30, "the end")
        client.wait_for(lambda one: any(each["over"] for each in one.of("error")), 20, "to be told not to come back")
        assert [state["status"] for state in client.states()] == ["running", "paused", "completed"]


def test_curl_gets_the_state_and_the_end(topics, run, godwit):
    progress = run("godwit-progress", brokers=topics).wait_ready()
    emit(godwit, topics, "task.started", "one", "attempt=1")
    emit(godwit, topics, "task.failed", "one", "attempt=1", 'error={"code":"x","message":"broken"}')
    wait_until(lambda: get(f"{progress.url}/api/v1/progress/one").text.find('"failed"') > 0, 20, "the end")
    done = subprocess.run(["curl", "-sN", "-m", "20", "-i", f"{progress.url}/api/v1/stream/one"], capture_output=True, text=True,
                          check=True, timeout=30)
    head, _, body = done.stdout.partition("\n\n")
    assert "text/event-stream" in head and "no-store" in head
    frames = [frame for frame in body.split("\n\n") if frame]
    assert frames[0].startswith("retry: ")
    assert json.loads(frames[1].split("data: ")[1])["status"] == "failed"
    assert len(frames) == 2


def test_streams_take_no_threads_from_other_requests(topics, run, godwit):
    progress = run("godwit-progress", "--http-threads", "2", "--max-streams", "200", brokers=topics).wait_ready()
    emit(godwit, topics, "task.started", "one", "attempt=1")
    wait_until(lambda: get(f"{progress.url}/api/v1/progress/one").status == 200, 20, "the task")
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(urllib.request.urlopen(f"{progress.url}/api/v1/stream/one", timeout=20))
        refused = get(f"{progress.url}/api/v1/stream/one")
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert get(f"{progress.url}/api/v1/progress").json["count"] == 1
