"""godwit as shell workers use it: events from a pipe (`emit --follow`)."""
import json
import re
import signal
import subprocess

import pytest

from conftest import BIN
from program import die_with_parent
from waiting import wait_until
from witness import read_log, short

TICK = {"stage": "export", "percentage": 50}


def draft(task: str, kind: str, **data) -> dict:
    return {"type": kind, "subject": task, "data": {"vm_name": "web-1", "provider": "disk", **data}}


def warnings(task: str, count: int, first: int = 0) -> list[dict]:
    return [draft(task, "warning.raised", message=str(number)) for number in range(first, first + count)]


def ndjson(drafts: list[dict]) -> str:
    return "".join(json.dumps(one) + "\n" for one in drafts)


def messages(events: list[dict], task: str) -> list[str]:
    """Of the task, in the order of the log, a resent event once."""
    told = {event["id"]: event["data"]["message"] for event in events if event["subject"] == task}
    return list(told.values())


class Follow:
    """A running `godwit emit --follow --ack`."""

    def __init__(self, brokers: str, directory, *flags: str):
        self.acked = directory / "acked"
        self.errors = directory / "errors"
        with self.acked.open("wb") as out, self.errors.open("wb") as err:
            self.process = subprocess.Popen(
                [BIN / "godwit", "emit", "--follow", "--ack", "--spool", directory / "spool", "--brokers", brokers, *flags],
                stdin=subprocess.PIPE, stdout=out, stderr=err, text=True, preexec_fn=die_with_parent)

    def write(self, text: str) -> None:
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def ids(self) -> list[str]:
        return self.acked.read_text().split()

    def wait_acked(self, count: int) -> None:
        wait_until(lambda: len(self.ids()) >= count, 20, lambda: f"{count} accepted lines: {len(self.ids())}, {self.said()}")

    def said(self) -> str:
        return self.errors.read_text()


@pytest.fixture(scope="module")
def brokers(broker, godwit):
    godwit("topics", "create", "--brokers", broker.address)
    return broker.address


def test_each_bad_line_is_told_by_its_number_and_the_rest_goes_on(brokers, godwit, tmp_path):
    good = warnings("mixed", 3)
    lines = [json.dumps(good[0]), '{"type":', json.dumps(draft("mixed", "task.exploded")), "", json.dumps(good[1]),
             json.dumps(draft("mixed", "stage.progress", **TICK)),
             json.dumps({**draft("mixed", "warning.raised", message="own"), "id": "mine", "source": "/mine"}),
             json.dumps(draft("mixed", "warning.raised")), json.dumps(good[2])]
    follow = Follow(brokers, tmp_path)
    follow.process.communicate("\n".join(lines), timeout=30)  # the last line has no end
    said = follow.said().splitlines()
    assert follow.process.returncode == 1, said
    assert [re.match(r"godwit: line (\d+): ", line)[1] for line in said[:-1]] == ["2", "3", "8"], said
    assert "task.exploded is not in the catalogue" in said[1] and "/data/message" in said[2]
    assert said[-1] == "5 accepted, 3 refused, 0 owed"
    events = [event for event in read_log(godwit, brokers, "migrations.lifecycle", "migrations.progress") if event["subject"] == "mixed"]
    assert [event["data"]["message"] for event in events if short(event) == "warning.raised"] == ["0", "1", "own", "2"]
    assert {event["id"] for event in events} == set(follow.ids()) and "mine" in follow.ids()


def test_what_was_accepted_arrives_although_kafka_was_away_and_the_process_killed(broker, brokers, godwit, tmp_path):
    first = Follow(brokers, tmp_path)
    first.write(ndjson(warnings("killed", 50)))
    first.wait_acked(50)
    broker.kill()
    first.write(ndjson(warnings("killed", 150, 50)))
    first.wait_acked(200)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    accepted = first.ids()
    # The next one takes over while Kafka is still away; a stop ends it, and it says what is owed.
    second = Follow(brokers, tmp_path)
    second.write(ndjson(warnings("killed", 100, 200)))
    second.wait_acked(100)
    second.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "waits up to 30 s for Kafka" in second.said(), 10, second.said)
    second.process.send_signal(signal.SIGTERM)  # and one more ends its wait for Kafka
    assert second.process.wait(10) == 3, second.said()
    assert re.search(rf"godwit: (\d+) events are not in Kafka yet; they are kept in {tmp_path}/spool", second.said()), second.said()
    accepted += second.ids()
    broker.start()
    last = Follow(brokers, tmp_path)
    last.process.communicate("", timeout=60)
    assert last.process.returncode == 0, last.said()
    events = [event for event in read_log(godwit, brokers, "migrations.lifecycle") if event["subject"] == "killed"]
    assert list(dict.fromkeys(event["id"] for event in events)) == accepted
    assert messages(events, "killed") == [str(number) for number in range(300)]
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_full_spool_makes_the_writer_wait_and_a_stop_says_what_was_not_taken(tmp_path):
    follow = Follow("127.0.0.1:1", tmp_path, "--owed-max", "3", "--timeout", "1")
    follow.write(ndjson(warnings("full", 5)))
    wait_until(lambda: "line 4: waits: the spool is full" in follow.said(), 10, follow.said)
    assert len(follow.ids()) == 3
    follow.process.send_signal(signal.SIGINT)
    assert follow.process.wait(10) == 1
    said = follow.said()
    assert "line 4: not taken" in said and "line 5: not taken" in said and "3 accepted, 2 refused, 3 owed" in said, said
