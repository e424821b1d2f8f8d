"""Load on `godwit emit --follow --ack` as a careful shell worker makes it: what was not acknowledged is sent again, with the same id."""
import collections
import json
import pathlib
import subprocess
import threading
import time

from program import die_with_parent

BEAT_S = 0.02  # between two writes of what has become due


def line(task: int, number: int, last: int) -> str:
    """The task's event `number`, of 1 to `last`; no sequence, so that only the log's order counts."""
    kind, more = ("warning.raised", {"message": f"event {number}"})
    if number == 1:
        kind, more = "task.started", {}
    if number == last:
        kind, more = "task.completed", {"duration_ms": 1000}
    name = f"shell-{task}"
    return json.dumps({"type": kind, "id": f"{name}-{number}", "source": f"/shell/{name}", "subject": name,
                       "data": {"vm_name": name, "provider": "disk", **more}}) + "\n"


class FollowLoad:
    """`count` events of each task, in turns, at `rate` a second of all together; start() again after kill() goes on where it was.

    After a kill it writes again what was not acknowledged, and before that the last `unsure` acknowledged lines, as one that
    has lost its notes would.
    """

    def __init__(self, command: list, directory: pathlib.Path, tasks: int, count: int, rate: float, unsure: int = 0):
        self._command, self._directory, self._rate, self._unsure = command, directory, rate, unsure
        self._lines = [(f"shell-{task}-{number}", line(task, number, count))
                       for number in range(1, count + 1) for task in range(tasks)]
        self.accepted: dict[str, None] = {}  # ids, in the order they were acknowledged first
        self.acknowledgements = 0
        self.slowest_s = 0.0  # between the write of a line and its acknowledgement
        self._position = 0  # of the next line to write
        self._written: collections.deque = collections.deque()  # (id, when) not acknowledged yet
        self._runs = 0

    def start(self) -> "FollowLoad":
        self._runs += 1
        self.errors = self._directory / f"follow-errors-{self._runs}"
        with self.errors.open("wb") as err:
            self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True,
                                            preexec_fn=die_with_parent)
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._write, self._read)]
        for thread in self._threads:
            thread.start()
        return self

    def kill(self) -> None:
        self.process.kill()
        for thread in self._threads:
            thread.join(30)
        self.process.wait()
        self._position = max(0, self._position - len(self._written) - self._unsure)
        self._written.clear()

    def finish(self, timeout_s: float) -> int:
        """Waits until all is written and the program has ended: its exit status."""
        for thread in self._threads:
            thread.join(timeout_s)
        return self.process.wait(timeout_s)

    def _write(self) -> None:
        began, first = time.monotonic(), self._position
        try:
            while self._position < len(self._lines):
                due = min(len(self._lines), first + int((time.monotonic() - began) * self._rate) + 1)
                now, part = time.monotonic(), self._lines[self._position:due]
                self._written.extend((name, now) for name, _ in part)
                self._position += len(part)
                self.process.stdin.write("".join(text for _, text in part))
                self.process.stdin.flush()
                time.sleep(BEAT_S)
            self.process.stdin.close()
        except OSError:
            pass  # killed: what it had not taken is not acknowledged

    def _read(self) -> None:
        for said in self.process.stdout:
            if not said.endswith("\n"):
                return
            name, when = self._written.popleft()
            assert name == said.strip(), f"{said.strip()} is acknowledged, not {name}"
            self.slowest_s = max(self.slowest_s, time.monotonic() - when)
            self.accepted[name] = None
            self.acknowledgements += 1
