"""Real clients of live streams: npm's eventsource and ws, pinned by a lock file, and curl."""
import json
import pathlib
import subprocess
import threading

from cached_build import cached_build
from program import die_with_parent
from waiting import wait_until

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "e2e" / "node"
FILES = sorted(FOLDER.glob("*.json")) + sorted(FOLDER.glob("*.mjs"))


class StreamClient:
    """`kind`: "sse" or "ws". Collects what happens, one dictionary each, until it is closed. `with` closes it."""

    def __init__(self, kind: str, url: str, subscription: dict | None = None):
        place = cached_build("stream-clients", FILES, lambda place: [
            ("cp", *FILES, place), ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")])
        self.kind = kind
        self.seen: list[dict] = []
        self._process = subprocess.Popen(["node", place / "watch.mjs", kind, url, json.dumps(subscription or {})],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self.seen.append(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def of(self, kind: str) -> list[dict]:
        return [each for each in self.seen if each["type"] == kind]

    def states(self) -> list[dict]:
        """Every state told, in order."""
        return [each["data"] for each in self.of("progress")]

    def newest(self) -> dict[str, dict]:
        return {state["task_id"]: state for state in self.states()}

    def wait_for(self, condition, timeout_s: float, what) -> None:
        wait_until(lambda: condition(self), timeout_s, lambda: f"{self.kind} client to see {what}; last: {self.seen[-3:]}")


def steps_back(states: list[dict]) -> list[str]:
    """Where a client was told something older than before: of one task, an earlier time, attempt or percentage."""
    found, before = [], {}
    for state in states:
        last = before.get(state["task_id"])
        if last:
            newer = (state["attempt"], state["updated_time"]) >= (last["attempt"], last["updated_time"])
            same_attempt = state["attempt"] == last["attempt"]
            if not newer or (same_attempt and (state["percentage"] or 0) < (last["percentage"] or 0)):
                found.append(f"{state['task_id']}: {last['updated_time']} {last['percentage']} -> "
                             f"{state['updated_time']} {state['percentage']}")
        before[state["task_id"]] = state
    return found
