"""godwit-worker as a whole: real tools, a real broker, a real HTTP receiver, real signals."""
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
sys.dont_write_bytecode = True
from broker import Broker  # noqa: E402
from waiting import wait_until  # noqa: E402

BIN = pathlib.Path(os.environ["GODWIT_BIN_DIR"])
WORKER = BIN / "godwit-worker"
MEBIBYTE = 1 << 20


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps the checksum of what is PUT to each path; a path with `full` in it is refused with 507."""
    protocol_version = "HTTP/1.1"
    received: dict[str, str] = {}

    def do_PUT(self):
        left, digest = int(self.headers["content-length"]), hashlib.sha256()
        while left > 0 and (piece := self.rfile.read(min(left, 1 << 16))):
            digest.update(piece)
            left -= len(piece)
        if left == 0:
            self.received[self.path] = digest.hexdigest()
        self.send_response(507 if "full" in self.path else 201)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def brokers(tmp_path_factory):
    """HOST:PORT of a broker of this file alone: topic names are fixed, and other tests create other topics."""
    with Broker(tmp_path_factory.mktemp("kafka")) as broker:
        subprocess.run([BIN / "godwit", "topics", "create", "--brokers", broker.address], check=True)
        yield broker.address


@pytest.fixture
def migrate(brokers, disk, tmp_path):
    """Starts one migration of the disk to `target`."""
    return lambda target, *flags: Migration(brokers, disk, tmp_path, target, *flags)


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A sparse VMDK of 40 MiB with 24 MiB of noise in it."""
    folder = tmp_path_factory.mktemp("disk")
    raw, vmdk = folder / "disk.raw", folder / "disk.vmdk"
    with raw.open("wb") as file:
        file.write(os.urandom(8 * MEBIBYTE))
        file.seek(24 * MEBIBYTE)
        file.write(os.urandom(16 * MEBIBYTE))
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "vmdk", raw, vmdk], check=True)
    return vmdk


class Migration:
    def __init__(self, brokers, disk, folder, target, *flags):
        self.brokers = brokers
        self.task_id = f"t-{uuid.uuid4()}"
        self.work = folder / "work"
        self.work.mkdir()
        command = [WORKER, "migrate", "--source", disk, "--target", target, "--vm", "web01", "--task-id", self.task_id,
                   "--work-dir", self.work, "--spool", folder / "spool", "--brokers", brokers, *flags]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.said = ""

    def read_until(self, text):
        """Returns once the worker has said `text`."""
        for line in self.process.stdout:
            self.said += line
            if text in line:
                return
        raise AssertionError(f"it never said {text!r}: {self.said}")

    def wait(self):
        out, self.errors = self.process.communicate(timeout=60)
        self.said += out
        assert list(self.work.iterdir()) == [], "temporary files are left"
        return self.process.returncode

    def events(self):
        run = subprocess.run(["kcat", "-b", self.brokers, "-C", "-t", "migrations.lifecycle", "-e", "-q", "-f", "%s\n"],
                             capture_output=True, text=True, check=False)
        events = [json.loads(line) for line in run.stdout.splitlines()]
        return [event for event in events if event["subject"] == self.task_id]


def names(events):
    return [event["type"].removeprefix("io.godwit.").removesuffix(".v1") for event in events]


def test_a_vmdk_reaches_an_http_receiver_byte_for_byte(migrate, receiver):
    migration = migrate(f"{receiver}/{uuid.uuid4()}/?token=secret")
    assert migration.wait() == 0, migration.errors
    events = migration.events()
    assert names(events) == ["task.started"] + 4 * ["stage.started", "stage.completed"] + ["task.completed"]
    [(path, digest)] = [item for item in Receiver.received.items() if "token=secret" in item[0]]
    assert path.split("?")[0].endswith("/web01.qcow2")
    assert events[6]["data"]["stage"] == "upload"
    assert events[6]["data"]["checksum"] == {"alg": "sha256", "value": digest}
    assert "secret" not in json.dumps(events) + migration.said + migration.errors
    assert migration.task_id in migration.said.splitlines()[-1]


def test_a_refused_upload_fails_the_task_and_the_worker(migrate, receiver):
    migration = migrate(f"{receiver}/full/")
    assert migration.wait() == 1
    events = migration.events()
    assert names(events)[-2:] == ["stage.failed", "task.failed"]
    assert events[-1]["data"]["error"]["code"] == "http_507"


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_cancels_the_task(migrate, receiver, signal_number):
    migration = migrate(f"{receiver}/up/", "--rate-limit", str(2 * MEBIBYTE))
    migration.read_until("export [")
    migration.process.send_signal(signal_number)
    assert migration.wait() == 130
    assert names(migration.events()) == ["task.started", "stage.started", "task.cancelled"]


def children_of(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_killed_tool_fails_the_task_with_its_signal(migrate, receiver):
    migration = migrate(f"{receiver}/up/", "--rate-limit", str(2 * MEBIBYTE))
    migration.read_until("export [")
    for child in children_of(migration.process.pid):
        os.kill(child, signal.SIGKILL)
    assert migration.wait() == 1
    error = migration.events()[-1]["data"]["error"]
    assert (error["code"], error["signal"]) == ("tool_killed", 9)
    assert "exit_code" not in error


def test_tools_die_with_a_killed_worker(migrate, receiver):
    migration = migrate(f"{receiver}/up/", "--rate-limit", str(2 * MEBIBYTE))
    migration.read_until("export [")
    [tool] = children_of(migration.process.pid)
    migration.process.kill()
    migration.process.communicate()

    def is_gone():
        try:
            return pathlib.Path(f"/proc/{tool}/stat").read_text().split()[2] == "Z"
        except FileNotFoundError:
            return True

    wait_until(is_gone, 10, "the tool to end")


def refused(tmp_path, *flags, env=None):
    """The one line said by a worker that must not start, and that it exits with 2."""
    run = subprocess.run([WORKER, "migrate", "--work-dir", tmp_path, *flags],
                         capture_output=True, text=True, check=False, env=env)
    assert run.returncode == 2
    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == 1
    return run.stderr


def test_a_wrong_flag_is_named_and_ends_with_2(disk, tmp_path):
    target = ("--target", f"file:{tmp_path}")
    assert "--source" in refused(tmp_path, *target)
    assert "No such file" in refused(tmp_path, "--source", "/no/such/disk", *target)
    assert "--target" in refused(tmp_path, "--source", disk, "--target", "ftp://host/")
    assert "no directory" in refused(tmp_path, "--source", disk, "--target", "file:/no/such/directory")
    assert "--task-id" in refused(tmp_path, "--source", disk, *target, "--task-id", "a b")
    assert "--provider" in refused(tmp_path, "--source", disk, *target, "--provider", "VMware!")
    assert "--format" in refused(tmp_path, "--source", disk, *target, "--format", "tar")
    assert "--rate-limit" in refused(tmp_path, "--source", disk, *target, "--rate-limit", "5")


def test_a_target_that_is_the_source_is_refused(disk, tmp_path):
    source = tmp_path / "web01.vmdk"
    shutil.copy(disk, source)
    said = refused(tmp_path, "--source", source, "--target", f"file:{tmp_path}", "--format", "vmdk")
    assert "overwrite" in said
    assert source.stat().st_size == disk.stat().st_size


def test_a_missing_tool_is_named_before_any_event(disk, tmp_path):
    said = refused(tmp_path, "--source", disk, "--target", f"file:{tmp_path}", env={"PATH": str(tmp_path)})
    assert "qemu-img is not installed" in said
