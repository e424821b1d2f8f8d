"""godwit as shell workers use it: events from a pipe (`emit --follow`) and around a command (`run`)."""
import json
import os
import pty
import re
import signal
import subprocess

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


def run_command(brokers: str, directory, *command: str, task: str, flags=()) -> list:
    return [BIN / "godwit", "run", "--stage", "conversion", "--vm", "web-1", "--task", task, "--spool", directory / "spool",
            "--brokers", brokers, *flags, "--", *command]


def run_stage(brokers: str, directory, *command: str, task: str, flags=()) -> subprocess.CompletedProcess:
    return subprocess.run(run_command(brokers, directory, *command, task=task, flags=flags), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=30, check=False)


def drain(brokers: str, directory, *flags: str) -> subprocess.CompletedProcess:
    return subprocess.run([BIN / "godwit", "spool", "drain", "--spool", directory / "spool", "--brokers", brokers, *flags],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def wait_gone(pid: int) -> None:
    wait_until(lambda: not os.path.exists(f"/proc/{pid}/exe"), 5, "what the command started to end")


def told(godwit, brokers: str, task: str) -> list[dict]:
    return [event for event in read_log(godwit, brokers, "migrations.lifecycle", "migrations.progress")
            if event["subject"] == task and short(event) != "task.heartbeat"]


def lifecycle(events: list[dict]) -> list[str]:
    return [short(event) for event in events if short(event) != "stage.progress"]


def test_each_bad_line_is_told_by_its_number_and_the_rest_goes_on(brokers, godwit, tmp_path):
    good = warnings("mixed", 3)
    lines = [json.dumps(good[0]), '{"type":', json.dumps(draft("mixed", "task.exploded")), "", json.dumps(good[1]),
             json.dumps(draft("mixed", "stage.progress", **TICK)),
             json.dumps({**draft("mixed", "warning.raised", message="own"), "id": "mine", "source": "/mine"}),
             json.dumps(draft("mixed", "warning.raised")), json.dumps(good[2])]
    follow = Follow(brokers, tmp_path)
    follow.process.communicate("\n".join(lines), timeout=30)  # the last line has no end
    assert follow.process.returncode == 1, follow.said()
    bad = re.findall(r"(?m)^godwit: line (\d+): (.*)$", follow.said())
    assert [number for number, _ in bad] == ["2", "3", "8"], bad
    assert "task.exploded is not in the catalogue" in bad[1][1] and "/data/message" in bad[2][1]
    assert follow.said().endswith("5 accepted, 3 refused, 0 owed\n")
    events = [event for event in read_log(godwit, brokers, "migrations.lifecycle", "migrations.progress") if event["subject"] == "mixed"]
    assert [event["data"]["message"] for event in events if short(event) == "warning.raised"] == ["0", "1", "own", "2"]
    # A tick is best effort: on a slow machine it may be the one that is not there.
    stored = [event["id"] for event in events if short(event) != "stage.progress"]
    assert len(follow.ids()) == 5 and "mine" in stored and set(stored) < set(follow.ids())


def test_what_was_accepted_arrives_although_kafka_was_away_and_the_process_killed(broker, brokers, godwit, tmp_path):
    first = Follow(brokers, tmp_path)
    first.write(ndjson(warnings("killed", 50)))
    first.wait_acked(50)
    broker.stop()
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
    stage = run_stage(brokers, tmp_path, "sh", "-c", "exit 4", task="away", flags=("--timeout", "0"))
    assert stage.returncode == 4 and b"events are not in Kafka yet" in stage.stderr, stage.stderr
    early = drain(brokers, tmp_path, "--timeout-ms", "200")
    assert early.returncode == 3 and re.match(r"(\d+) events found, 0 sent, \1 owed, 0 unreadable", early.stdout), early
    broker.start()
    last = drain(brokers, tmp_path)
    assert last.returncode == 0 and re.match(r"(\d+) events found, \1 sent, 0 owed, 0 unreadable", last.stdout), last
    stored = read_log(godwit, brokers, "migrations.lifecycle")
    assert [short(event) for event in stored if event["subject"] == "away"] == ["stage.started", "stage.failed"]
    events = [event for event in stored if event["subject"] == "killed"]
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


def test_a_command_is_a_stage_and_notices_nothing(brokers, godwit, tmp_path):
    odd = ["", "[a,b]", "--version", "--", "%%", "\udcff"]
    tool = ("import sys, time\nout, err = sys.stdout.buffer, sys.stderr.buffer\n"
            "for share in (0, 25, 50): out.write(b'    (%d.00/100%%)\\r' % share); out.flush(); time.sleep(0.3)\n"
            "err.write(b'\\xff no end'); out.write('|'.join(sys.argv[1:]).encode(errors='surrogateescape'))")
    done = run_stage(brokers, tmp_path, "python3", "-c", tool, *odd, task="tool", flags=("--whole-task", "--plan", "p-1"))
    assert done.returncode == 0, done.stderr
    frames = b"".join(b"    (%d.00/100%%)\r" % share for share in (0, 25, 50))
    assert done.stdout == frames + "|".join(odd).encode(errors="surrogateescape")
    assert done.stderr == b"\xff no end"
    events = told(godwit, brokers, "tool")
    assert lifecycle(events) == ["task.started", "stage.started", "stage.completed", "task.completed"]
    ticks = [event["data"] for event in events if short(event) == "stage.progress"]
    shares = [tick["percentage"] for tick in ticks]
    assert shares and shares == sorted(shares) and set(shares) <= {0, 25, 50}  # each is best effort
    assert {tick["unit_basis"] for tick in ticks} == {"allocated"}
    assert {event["data"]["plan_id"] for event in events} == {"p-1"} and list((tmp_path / "spool").iterdir()) == []


FAILURES = [
    ("echo 'sh: no' >&2; echo 'after' >&2; exit 7",
     7, {"code": "tool_failed", "message": "sh: no", "exit_code": 7, "stderr_tail": "sh: no\nafter\n", "retryable": False}),
    ("echo 40% >&2; echo 'cp: No space left on device' >&2; exit 1",
     1, {"code": "no_space", "class": "storage", "exit_code": 1, "stderr_tail": "cp: No space left on device\n"}),
    ("kill -9 $$", 137, {"code": "tool_killed", "signal": 9, "message": "sh was ended by SIGKILL", "retryable": True}),
]


def test_a_command_that_fails_says_how(brokers, godwit, tmp_path):
    for attempt, (script, status, _) in enumerate(FAILURES, 1):
        done = run_stage(brokers, tmp_path, "sh", "-c", script, task="fails", flags=("--attempt", str(attempt)))
        assert done.returncode == status, done.stderr
    events = [event for event in told(godwit, brokers, "fails") if short(event) != "stage.progress"]
    assert lifecycle(events) == ["stage.started", "stage.failed"] * len(FAILURES)
    for event, (_, _, failure) in zip(events[1::2], FAILURES):
        assert failure.items() <= event["data"]["error"].items()


def test_what_cannot_run_ends_as_in_a_shell_and_wrong_flags_run_nothing(brokers, godwit, tmp_path):
    assert run_stage(brokers, tmp_path, "no-such-tool", task="missing").returncode == 127
    assert told(godwit, brokers, "missing")[-1]["data"]["error"]["code"] == "tool_missing"
    good = {"--stage": "export", "--vm": "web-1", "--brokers": brokers, "--spool": tmp_path / "spool"}
    for flag, value, why in (("--stage", "a b", "/data/stage"), ("--vm", "", "/data/vm_name"), ("--progress", "x", "--progress")):
        flags = [part for pair in {**good, flag: value}.items() for part in pair]
        done = subprocess.run([BIN / "godwit", "run", *flags, "--", "touch", tmp_path / "ran"], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_stop_reaches_the_whole_group_of_the_command(brokers, godwit, tmp_path):
    command = run_command(brokers, tmp_path, "sh", "-c", "sleep 60 & echo $!; wait", task="stopped", flags=("--whole-task",))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=die_with_parent) as process:
        grandchild = int(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 128 + signal.SIGTERM
    wait_gone(grandchild)
    events = told(godwit, brokers, "stopped")
    assert lifecycle(events) == ["task.started", "stage.started", "stage.failed", "task.cancelled"]
    assert events[-1]["data"]["reason"] == "stopped by SIGTERM during conversion"


def test_when_it_is_killed_nothing_of_its_command_runs_on(brokers, tmp_path):
    command = run_command(brokers, tmp_path, "sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait", task="shot")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        grandchild = int(process.stdout.readline())
        process.kill()
    wait_gone(grandchild)
    pid, terminal = pty.fork()  # where the command stays in our process group
    if pid == 0:
        os.execv(BIN / "godwit", [str(word) for word in run_command(brokers, tmp_path, "sh", "-c", "echo $$ ready; exec sleep 60", task="shot")])
    shown = b""
    while b"ready" not in shown:
        shown += os.read(terminal, 4096)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_gone(int(re.search(rb"(\d+) ready", shown)[1]))
    os.close(terminal)
    assert drain(brokers, tmp_path).returncode == 0


def test_ctrl_c_at_a_terminal_reaches_the_command_once(brokers, godwit, tmp_path):
    script = "trap 'n=1; echo hit' INT; echo ready; while [ -z \"$n\" ]; do sleep 0.1; done; sleep 0.3; exit 5"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(BIN / "godwit", [str(word) for word in run_command(brokers, tmp_path, "sh", "-c", script, task="terminal")])
    shown = b""
    while b"ready" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, b"\x03")
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # its last user has ended
            break
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    assert shown.count(b"hit") == 1, shown
    assert lifecycle(told(godwit, brokers, "terminal")) == ["stage.started", "stage.failed"]
