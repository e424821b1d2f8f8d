"""The dashboard's page in a real browser, fed by the real pipeline. What happens in the browser is told in page/*.mjs; here
is what happens outside of it. Pictures of the pages are kept in build/<preset>/tests/page."""
import datetime
import json
import os
import pathlib
import subprocess

import pytest

from conftest import BIN, ROOT
from relay import Relay
from waiting import wait_until

HERE = pathlib.Path(__file__).resolve().parent
MAKE = ROOT / "consumers" / "dashboard" / "web" / "make"
PICTURES = BIN.parent / "tests" / "page"
HOSTILE = "<img src=x onerror=document.title='run'>"
GIB = 2**30
SCENARIO_S_MAX = 120


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    done = subprocess.run([MAKE, tmp_path_factory.mktemp("web"), "modules"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def pipeline(brokers, run_for_all, tmp_path_factory):
    """The dashboard behind a relay, with all the others."""
    endpoints = tmp_path_factory.mktemp("hooks") / "endpoints.yaml"
    endpoints.write_text("endpoints:\n  - {name: ops, type: generic, url: 'http://127.0.0.1:9/x', allow_private: true, max_retries: 0, on_error: true}\n")
    flags = {"webhooks": ["--endpoints", endpoints], "audit": ["--checkpoint-interval-s", "1"]}
    others = {name: run_for_all(f"godwit-{name}", *flags.get(name, []), brokers=brokers) for name in ("progress", "audit", "webhooks", "metrics")}
    urls = [part for name, program in others.items() for part in (f"--{name}-url", program.url)]
    dashboard = run_for_all("godwit-dashboard", *urls, brokers=brokers)
    for program in (*others.values(), dashboard):
        program.wait_ready(60)
    relay = Relay(lambda: dashboard.address)
    yield dashboard, relay
    relay.close()


@pytest.fixture(scope="module")
def emit(brokers, godwit):
    """emit([event, ...]) sends them in order."""
    def send(events):
        godwit("emit", "--brokers", brokers, stdin="\n".join(json.dumps(event) for event in events))

    return send


@pytest.fixture(scope="module")
def told(pipeline, emit):
    """A few migrations of every kind, and a record that is no event."""
    emit(story())
    return pipeline


@pytest.fixture
def play(modules, pipeline):
    """play("tour", {"kill it": function}) runs a scenario; what it asks for is done here."""
    def run_scenario(name: str, deeds: dict | None = None) -> None:
        _, relay = pipeline
        env = {**os.environ, "PAGE_URL": relay.url, "PAGE_MODULES": modules, "PAGE_PICTURES": str(PICTURES)}
        with subprocess.Popen(["timeout", str(SCENARIO_S_MAX), "node", HERE / "page" / "main.mjs", name], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, env=env) as process:
            said = []
            for line in process.stdout:
                if not line.startswith("@"):
                    said.append(line)
                    continue
                deeds[line[1:].strip()]()
                process.stdin.write("ok\n")
                process.stdin.flush()
        assert process.returncode == 0, "".join(said)

    return run_scenario


def event(kind: str, task: str, ago_s: float = 0, **data) -> dict:
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
    members = {"vm_name": f"vm-{task}", "provider": "vsphere", "attempt": 1, **data}
    if kind.startswith("plan."):
        members = data
    return {"type": kind, "subject": task, "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "data": members}


def stage(name: str, index: int = 0) -> dict:
    return {"stage": name, "stage_index": index, "total_stages": 3}


def failure(message: str) -> dict:
    return {"code": "E1", "message": message, "class": "target", "retryable": True, "exit_code": 1, "stderr_tail": "last words on stderr"}


def story() -> list[dict]:
    hostile = {"vm_name": HOSTILE, "plan_id": "wave-1"}
    events = [event("plan.created", "wave-1", 4000, plan_id="wave-1", plan_name="Wave one", vm_count=9),
              event("plan.started", "wave-1", 3900, plan_id="wave-1")]
    for i in range(5):
        task = {"plan_id": "wave-1", "provider": ("vsphere", "hyperv", "aws")[i % 3]}
        events += [event("task.started", f"t-done-{i}", 3000, **task), event("stage.started", f"t-done-{i}", 2990, **stage("export"), **task),
                   event("stage.completed", f"t-done-{i}", 2000, stage="export", duration_ms=990_000, bytes_done=40 * GIB, **task),
                   event("task.completed", f"t-done-{i}", 1500 - i, duration_ms=1_500_000, bytes_exported=40 * GIB, **task)]
    events += [event("task.started", "t-failed", 900, plan_id="wave-1"), event("stage.started", "t-failed", 890, **stage("export")),
               event("warning.raised", "t-failed", 880, message="the snapshot is old"),
               event("stage.failed", "t-failed", 700, stage="export", error=failure("no space left"), duration_ms=190_000),
               event("task.failed", "t-failed", 699, error=failure("no space left"))]
    events += [event("task.started", "t-hostile", 60, **hostile), event("stage.started", "t-hostile", 55, **stage("export"), **hostile),
               event("stage.progress", "t-hostile", 30, stage="export", bytes_done=GIB, bytes_total=4 * GIB, **hostile),
               event("disk.progress", "t-hostile", 20, stage="export", disk_index=0, bytes_done=GIB, bytes_total=2 * GIB, **hostile),
               event("stage.progress", "t-hostile", 10, stage="export", bytes_done=2 * GIB, bytes_total=4 * GIB, **hostile)]
    return events


def test_every_page_is_whole_in_light_and_dark_and_axe_finds_nothing(told, play):
    play("tour")


def test_the_page_fits_the_narrowest_and_the_widest_screen(told, play):
    play("sizes")


def test_a_record_is_proved_in_the_browser(told, play):
    play("proof")


def test_everything_can_be_done_by_keyboard(told, play):
    play("keyboard")


def test_a_migration_is_watched_from_start_to_end(pipeline, emit, play):
    one = {"vm_name": "live-one"}
    again = {**one, "attempt": 2}
    play("life", {
        "start": lambda: emit([event("task.started", "live-1", **one), event("stage.started", "live-1", **stage("export"), **one)]),
        "export at 30 %": lambda: emit([event("stage.progress", "live-1", stage="export", percentage=30, **one)]),
        "export done": lambda: emit([event("stage.completed", "live-1", stage="export", duration_ms=1000, bytes_done=GIB, **one)]),
        "fail": lambda: emit([event("task.failed", "live-1", error=failure("the target is full"), **one)]),
        "second attempt": lambda: emit([event("task.started", "live-1", **again), event("stage.started", "live-1", **stage("export"), **again)]),
        "complete": lambda: emit([event("task.completed", "live-1", duration_ms=2000, **again)])})


def test_an_open_page_survives_the_death_of_its_server(pipeline, emit, play):
    dashboard, _ = pipeline
    emit([event("task.started", "steady-1")])

    def back():
        emit([event("task.started", "while-away")])
        dashboard.start()

    play("restart", {"kill the dashboard": dashboard.kill, "start the dashboard": back})
    emit([event("task.cancelled", "while-away")])


def test_an_open_page_survives_a_network_that_goes(pipeline, emit, play):
    _, relay = pipeline
    emit([event("task.started", "steady-1"), event("task.started", "while-away", attempt=1)])

    def back():
        emit([event("task.started", "while-away", attempt=2)])
        relay.mend()

    play("offline", {"cut the network": relay.cut, "mend the network": back})


def test_more_tabs_than_connections_are_all_live(pipeline, emit, play):
    play("tabs", {"a task for all tabs": lambda: emit([event("task.started", "for-all-tabs", vm_name="tabs")])})


def test_ten_thousand_rows_are_shown_by_a_window(pipeline, emit, play):
    dashboard, _ = pipeline
    emit(event("task.started", f"many-{i:05}", 5, vm_name=f"many-{i:05}") for i in range(10_000))
    wait_until(lambda: _active(dashboard) >= 10_000, 60, "ten thousand active migrations")
    last = {"vm_name": "many-09999", "stage": "export"}
    # The last by name is under the window's last row by then; "t-" and "vm-" come behind it.
    play("many", {"update": lambda: emit([event("stage.progress", "many-09999", percentage=40, **last)])})


def _active(dashboard) -> int:
    from http_json import get
    answer = get(f"{dashboard.url}/api/v1/status")
    return get(f"{dashboard.url}/api/v1/dashboard").json["metrics"]["active_migrations"] if answer.status == 200 else 0
