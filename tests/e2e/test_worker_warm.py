"""A warm migration of disks that are being written to, with the real qemu-storage-daemon."""
import os
import pathlib
import random
import subprocess

from program import die_with_parent
from conftest import BIN
from waiting import wait_until
from witness import read_log, short

MEBIBYTE = 1 << 20
BLOCK = 65536  # what the dirty bitmap counts in
SLACK = BLOCK - 1  # of what a process writes beside a round: less than one block of talk


def noise(path, mebibytes):
    path.write_bytes(random.Random(1).randbytes(mebibytes * MEBIBYTE))
    return path


class Warm:
    """One `godwit-worker migrate --warm`, told when to go on over its control socket."""

    def __init__(self, work, brokers, sources, *flags, interval_s=3600):
        self.task_id = f"warm-{os.urandom(4).hex()}"
        self.brokers, self.socket, self.target = brokers, work / "control", work / "target"
        self.target.mkdir()
        self.addresses = []
        self.said = []
        command = [BIN / "godwit-worker", "migrate", "--warm", "--target", f"file:{self.target}", "--vm", "web01",
                   "--task-id", self.task_id, "--work-dir", work, "--control", self.socket, "--spool", work / "spool",
                   "--brokers", brokers, "--round-interval", str(interval_s), *flags]
        for source in sources:
            command += ["--source", source]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=(work / "stderr").open("w"), text=True, preexec_fn=die_with_parent)

    def until(self, text):
        for line in self.process.stdout:
            self.said.append(line)
            if " is served at " in line:
                self.addresses.append(line.split(" is served at ")[1].strip())
            if text in line:
                return line
        raise AssertionError(f"it never said {text!r}: {self.said}")

    def order(self, *words):
        subprocess.run([BIN / "godwit-worker", "control", "--control", self.socket, *words], check=True)

    def wait(self):
        for line in self.process.stdout:
            self.said.append(line)
        return self.process.wait(30)

    def events(self, godwit):
        return [one for one in read_log(godwit, self.brokers, "migrations.lifecycle") if one["subject"] == self.task_id]

    def daemon(self):
        """The process id of its qemu-storage-daemon."""
        pid = self.process.pid
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                if "qemu-storage" in pathlib.Path(f"/proc/{child}/comm").read_text():
                    return int(child)
        raise AssertionError("no qemu-storage-daemon runs")


def write(address, *extents):
    """Writes (offset, bytes, value) as a guest would."""
    commands = [part for offset, count, value in extents for part in ("-c", f"write -P {value} {offset} {count}")]
    done = subprocess.run(["qemu-io", "-f", "raw", address, *commands], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def written_by(pid):
    """All bytes the process has given to write calls, by the kernel's count."""
    fields = dict(line.split(": ") for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(fields["wchar"])


def blocks(*extents):
    return BLOCK * len({block for offset, count, _ in extents for block in range(offset // BLOCK, -(-(offset + count) // BLOCK))})


def identical(source, target):
    run = subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "raw", source, target], capture_output=True, text=True,
                         check=False)
    return run.stdout == "Images are identical.\n"


def test_each_round_reports_the_bytes_it_wrote_and_the_target_is_identical(work, brokers, godwit):
    source = noise(work / "disk.raw", 8)
    warm = Warm(work, brokers, [source], "--format", "raw", "--rounds", "2")
    warm.until("precopy round 0")
    daemon = warm.daemon()
    rounds = [((0, MEBIBYTE, 1), (3 * MEBIBYTE, 2 * MEBIBYTE, 2), (3 * MEBIBYTE + BLOCK, MEBIBYTE, 3)),
              ((5 * MEBIBYTE + 100, 1000, 4), (7 * MEBIBYTE, BLOCK, 5))]
    measured = []
    for number, extents in enumerate(rounds, 1):
        write(warm.addresses[0], *extents)
        before = written_by(daemon)
        warm.order("round")
        warm.until(f"precopy round {number}")
        measured.append(written_by(daemon) - before)
    final = ((2 * MEBIBYTE, 3 * BLOCK, 6),)
    write(warm.addresses[0], *final)
    warm.order("cutover")
    assert warm.wait() == 0, warm.said + [(work / "stderr").read_text()]

    events = warm.events(godwit)
    reported = [one["data"]["delta_bytes"] for one in events if short(one) == "precopy.completed"]
    assert reported == [8 * MEBIBYTE, *(blocks(*extents) for extents in rounds)]
    for said, wrote in zip(reported[1:], measured):
        assert said <= wrote <= said + SLACK
    [cutover] = [one["data"] for one in events if short(one) == "cutover.completed"]
    assert cutover["final_delta_bytes"] == blocks(*final)
    assert cutover["downtime_ms"] > 0
    assert identical(source, warm.target / "web01.raw")
    stages = [one["data"]["stage"] for one in events if short(one) == "stage.completed"]
    assert stages == ["precopy", "cutover", "upload", "validation"]
    order = [short(one) for one in events]
    assert order.index("cutover.requested") < order.index("downtime.started") < order.index("downtime.ended")
    assert (order[0], order[-1]) == ("task.started", "task.completed")


def test_nobody_writes_once_the_source_is_frozen_and_two_disks_arrive_whole(work, brokers, godwit):
    sources = [noise(work / "a.raw", 2), noise(work / "b.raw", 3)]
    warm = Warm(work, brokers, sources, "--format", "qcow2")
    warm.until("precopy round 0")
    write(warm.addresses[1], (0, MEBIBYTE, 9))
    warm.order("cutover")
    warm.until("cutover: ")
    refused = subprocess.run(["qemu-io", "-f", "raw", warm.addresses[0], "-c", "write 0 64k"], capture_output=True, check=False)
    assert refused.returncode != 0
    assert warm.wait() == 0, (work / "stderr").read_text()
    for index, source in enumerate(sources):
        compared = subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "qcow2", source,
                                   warm.target / f"web01-{index}.qcow2"], capture_output=True, check=False)
        assert compared.returncode == 0
    kinds = [short(one) for one in warm.events(godwit)]
    assert kinds.count("disk.started") == kinds.count("disk.completed") == 2


def test_a_pause_stops_the_copy_and_a_new_limit_speeds_it_up(work, brokers, godwit):
    warm = Warm(work, brokers, [noise(work / "disk.raw", 16)], "--format", "raw", "--rate-limit", str(2 * MEBIBYTE), interval_s=0)
    warm.until("precopy [")
    warm.order("pause")
    warm.until("paused")
    daemon = warm.daemon()

    def stands_still():  # for longer than two of its slices take at this rate
        before = written_by(daemon)
        return not happens(lambda: written_by(daemon) - before > SLACK, 1.2)

    wait_until(stands_still, 10, "the copy to stand still")  # what is in flight settles first
    warm.order("rate-limit", "0")
    warm.order("resume")
    assert warm.wait() == 0, (work / "stderr").read_text()
    kinds = [short(one) for one in warm.events(godwit)]
    assert kinds.count("task.paused") == kinds.count("task.resumed") == 1
    assert kinds.index("task.paused") < kinds.index("task.resumed")


def happens(condition, timeout_s):
    try:
        return wait_until(condition, timeout_s, patience=1)
    except AssertionError:
        return False


def test_a_cancel_leaves_no_target_and_a_source_that_is_whole(work, brokers, godwit):
    source = noise(work / "disk.raw", 16)
    before = source.read_bytes()
    warm = Warm(work, brokers, [source], "--format", "raw", "--rate-limit", str(MEBIBYTE))
    warm.until("precopy started")
    warm.order("cancel")
    assert warm.wait() == 130
    assert short(warm.events(godwit)[-1]) == "task.cancelled"
    assert list(warm.target.iterdir()) == []
    assert source.read_bytes() == before


def test_a_daemon_that_dies_fails_the_round_and_the_task(work, brokers, godwit):
    warm = Warm(work, brokers, [noise(work / "disk.raw", 16)], "--format", "raw", "--rate-limit", str(MEBIBYTE))
    warm.until("is served at")
    os.kill(warm.daemon(), 9)
    assert warm.wait() == 1
    events = warm.events(godwit)
    assert [short(one) for one in events][-3:] == ["precopy.failed", "stage.failed", "task.failed"]
    assert events[-1]["data"]["error"]["phase"] == "qemu-storage-daemon"
