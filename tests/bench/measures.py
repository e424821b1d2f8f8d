"""What run_drain measures with: the cost of a process, draining a backlog, reading alone, inserting alone."""
import dataclasses
import json
import pathlib
import subprocess
import time
import os

from http_json import get
from program import Program

LOOK_EVERY_S = 0.05
BATCH_ROWS = 8000  # of one file: about what the audit commits at once while it is behind
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Drained:
    """One backlog, drained once."""
    what: str
    lanes: int
    events: int
    seconds: float
    cpu_seconds: float
    rss_peak_mib: float = 0
    rss_mib: float = 0
    disk_mib: float = 0
    rss_by_lag: dict[int, float] = dataclasses.field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.events / self.seconds if self.seconds else 0

    @property
    def cpu_per_million(self) -> float:
        return self.cpu_seconds * 1e6 / self.events if self.events else 0


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def memory_mib(pid: int, name: str) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0


def disk_mib(directory: pathlib.Path) -> float:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) / 2**20


def folded(program: Program) -> int:
    """Events folded since it started, of whatever type. (The metrics consumer answers for the whole cluster unless asked not to.)"""
    lines = get(f"{program.url}/metrics?scope=instance").text.splitlines()
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines if line.startswith("godwit_events_total{"))


def pause(condition, timeout_s: float, what: str):
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {timeout_s} s for {what}")
        time.sleep(LOOK_EVERY_S)


def ready(program: Program) -> bool:
    answer = get(f"{program.url}/readyz")
    return answer.status == 200 and answer.json["lag"] == 0


def drain(program: Program, what: str, lanes: int, events: int, timeout_s: float) -> Drained:
    """Starts it on an empty directory; from the first event seen folded to readiness without lag."""
    program.start()
    try:
        before = pause(lambda: folded(program), timeout_s, f"the first event of {what}")
        began, cpu_before = time.monotonic(), cpu_seconds(program.pid)
        rss_by_lag: dict[int, float] = {}

        def drained() -> bool:
            answer = get(f"{program.url}/readyz")
            rss_by_lag[answer.json["lag"]] = memory_mib(program.pid, "RssAnon")
            return answer.status == 200 and answer.json["lag"] == 0

        pause(drained, timeout_s, f"{what} to drain")
        seconds, cpu = time.monotonic() - began, cpu_seconds(program.pid) - cpu_before
        after = folded(program)
        if after != events:
            raise RuntimeError(f"{what} folded {after} events of {events}:\n{program.log_tail()}")
        return Drained(what, lanes, after - before, seconds, cpu, memory_mib(program.pid, "VmHWM"),
                       memory_mib(program.pid, "VmRSS"), disk_mib(program.data), rss_by_lag)
    finally:
        program.stop(60)


def read_raw(binary: pathlib.Path, brokers: str, topics: list[str], decode: bool, timeout_s: float) -> Drained:
    command = [binary, "--brokers", brokers, "--log-level", "error"]
    for topic in topics:
        command += ["--topic", topic]
    out = subprocess.run(command + (["--decode"] if decode else []), capture_output=True, text=True, check=True,
                         timeout=timeout_s).stdout
    said = json.loads(out)
    return Drained("consume and decode" if decode else "consume only", 1, said["records"], said["seconds"],
                   said["cpu_seconds"])


def insert_raw(binary: pathlib.Path, audit_data: pathlib.Path, scratch: pathlib.Path, timeout_s: float) -> Drained:
    """The rows of a drained audit once more, by SQLite alone."""
    out = subprocess.run([binary, "--audit", audit_data, "--scratch", scratch, "--batch", str(BATCH_ROWS)], capture_output=True,
                         text=True, check=True, timeout=timeout_s).stdout
    said = json.loads(out)
    return Drained("SQLite insert, audit's rows", 1, said["rows"], said["seconds"], said["cpu_seconds"])
