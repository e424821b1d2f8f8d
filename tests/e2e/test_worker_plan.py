"""A plan of many VMs: parallel, retried, interrupted and resumed, with the real tools."""
import json
import os
import signal
import subprocess
import sys

import pytest

from conftest import BIN
from program import die_with_parent
from witness import read_log, short

MEBIBYTE = 1 << 20


class Plan:
    """A plan file of VMs web-0, web-1, ... of `disks` raw disks each, and the runs of it."""

    def __init__(self, work, brokers, vms, disks=1, mebibytes=1, **words):
        self.id = f"plan-{os.urandom(4).hex()}"
        self.work, self.brokers, self.target = work, brokers, work / "target"
        self.target.mkdir()
        self.journal = work / "work"
        self.journal.mkdir()
        self.sources = {}
        for vm in range(vms):
            for disk in range(disks):
                path = work / f"web-{vm}-{disk}.raw"
                path.write_bytes(os.urandom(mebibytes * MEBIBYTE))
                self.sources.setdefault(f"web-{vm}", []).append(path.name)
        self.file = work / "plan.yaml"
        self.file.write_text(json.dumps({"plan": self.id, "attempts": 2, "retry_delay": 0,
                                         "defaults": {"target": f"file:{self.target}", "format": "raw", **words},
                                         "vms": [{"name": name, "disks": paths} for name, paths in self.sources.items()]}))

    def start(self, *flags, env=None):
        command = [BIN / "godwit-worker", "plan", self.file, "--work-dir", self.journal, "--spool", self.work / "spool",
                   "--brokers", self.brokers, *flags]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                preexec_fn=die_with_parent, env={**os.environ, **(env or {})})

    def run(self, *flags, env=None):
        process = self.start(*flags, env=env)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def events(self, godwit, vm=None):
        """The plan's own events, or those of one VM, as (type, attempt or 0). What a spool sent twice is there once."""
        subject = f"{self.id}.{vm}" if vm else self.id
        own = {(one["source"], one["id"]): one for one in read_log(godwit, self.brokers, "migrations.lifecycle")
               if one["subject"] == subject}
        return [(short(one), one["data"].get("attempt", 0)) for one in own.values()]

    def all_arrived(self):
        for name, paths in self.sources.items():
            for index, path in enumerate(paths):
                target = self.target / (f"{name}.raw" if len(paths) == 1 else f"{name}-{index}.raw")
                if not target.exists() or target.read_bytes() != (self.work / path).read_bytes():
                    return False
        return True


def read_until(process, text):
    said = ""
    for line in process.stdout:
        said += line
        if text in line:
            return
    raise AssertionError(f"it never said {text!r}: {said}{process.stderr.read()}")


def test_many_vms_of_several_disks_arrive_and_are_told(work, brokers, godwit):
    plan = Plan(work, brokers, vms=3, disks=2)
    status, out, err = plan.run("--parallel", "3")
    assert status == 0, out + err
    assert plan.all_arrived()
    assert plan.events(godwit) == [("plan.created", 0), ("plan.started", 0), ("plan.completed", 0)]
    kinds = [kind for kind, _ in plan.events(godwit, "web-1")]
    assert kinds[:2] == ["task.queued", "task.started"] and kinds[-1] == "task.completed"
    assert kinds.count("disk.started") == kinds.count("disk.completed") == 2
    assert "3 of 3 VMs migrated" in out
    assert "\x1b" not in out  # no terminal, no drawing


@pytest.fixture
def broken_tool(work):
    """PATH with a qemu-img whose first conversion dies by a signal."""
    tools = work / "tools"
    tools.mkdir()
    (tools / "qemu-img").write_text(f"#!/bin/sh\nif [ $1 = convert ] && mkdir {work}/once 2>/dev/null; then kill -KILL $$; fi\n"
                                    'exec /usr/bin/qemu-img "$@"\n')
    (tools / "qemu-img").chmod(0o755)
    return {"PATH": f"{tools}:{os.environ['PATH']}"}


def test_a_failed_attempt_is_followed_by_another_of_the_same_task(work, brokers, godwit, broken_tool):
    plan = Plan(work, brokers, vms=1)
    status, out, err = plan.run(env=broken_tool)
    assert status == 0, out + err
    story = [one for one in plan.events(godwit, "web-0") if one[0].startswith(("task.", "retry."))]
    assert story == [("task.queued", 1), ("task.started", 1), ("task.failed", 1), ("retry.scheduled", 1),
                     ("task.started", 2), ("task.completed", 2)]
    assert plan.all_arrived()


def test_a_plan_killed_in_the_middle_goes_on_where_it_stood(work, brokers, godwit):
    plan = Plan(work, brokers, vms=3, mebibytes=4, rate_limit=8 * MEBIBYTE)
    first = plan.start("--parallel", "1")
    read_until(first, "web-0: migrated")
    read_until(first, "web-1: export")
    first.kill()
    first.communicate()
    status, out, err = plan.run("--parallel", "2")
    assert status == 0, out + err
    assert plan.all_arrived()
    assert [attempt for kind, attempt in plan.events(godwit, "web-0") if kind == "task.started"] == [1]
    assert [attempt for kind, attempt in plan.events(godwit, "web-1") if kind == "task.started"] == [1, 2]
    assert "3 of 3 VMs migrated, 1 of them before" in out
    status, out, err = plan.run()
    assert status == 0 and "3 of them before" in out


def test_a_stop_signal_cancels_what_runs_and_starts_nothing_more(work, brokers, godwit):
    plan = Plan(work, brokers, vms=2, mebibytes=4, rate_limit=MEBIBYTE)
    process = plan.start("--parallel", "1")
    read_until(process, "web-0: export")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert plan.events(godwit, "web-0")[-1] == ("task.cancelled", 1)
    assert plan.events(godwit, "web-1") == [("task.queued", 1)]
    assert plan.events(godwit)[-1] == ("plan.cancelled", 0)


def test_one_vm_is_cancelled_by_order_and_the_others_go_on(work, brokers, godwit):
    plan = Plan(work, brokers, vms=2, mebibytes=4, rate_limit=MEBIBYTE)
    process = plan.start("--parallel", "2", "--control", work / "control")
    read_until(process, "web-1: export")
    order = [BIN / "godwit-worker", "control", "--control", work / "control"]
    subprocess.run([*order, "cancel", "web-1"], check=True)
    subprocess.run([*order, "rate-limit", "0"], check=True)
    refused = subprocess.run([*order, "pause", "web-9"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr) == (2, "godwit-worker: no task or VM 'web-9' runs\n")
    process.communicate(timeout=30)
    assert process.returncode == 1
    assert plan.events(godwit, "web-0")[-1] == ("task.completed", 1)
    assert plan.events(godwit, "web-1")[-1] == ("task.cancelled", 1)


def test_a_bad_plan_is_refused_with_its_line_before_any_event(work, brokers):
    plan = Plan(work, brokers, vms=1)
    text = plan.file.read_text()
    for wrong, said in ((text.replace("web-0-0.raw", "gone.raw"), "line 1: web-0: source"),
                        ("plan: p\nvms:\n- name: a\n  disks: [x]\n  target: file:/\n  sped: 9\n", "line 6: a VM has no 'sped'"),
                        (text.replace('"raw"', '"tar"'), "line 1: web-0: format tar")):
        plan.file.write_text(wrong)
        status, out, err = plan.run()
        assert (status, out) == (2, "")
        assert said in err and len(err.splitlines()) == 1, err


FAKE_V2V = f"""#!{sys.executable}
import json, os, subprocess, sys
arguments = sys.argv[1:]
value = lambda flag: arguments[arguments.index(flag) + 1]
stream = os.fdopen(int(arguments[0].split("fd:")[1]), "w")
def say(kind, text):
    print(json.dumps({{"message": text, "timestamp": "2026-11-21T10:18:05.637069071+00:00", "type": kind}}), file=stream, flush=True)
say("message", "Opening the source")
if os.environ.get("V2V_FAILS"):
    print("virt-v2v: error: inspection could not detect the source guest", file=sys.stderr)
    say("error", "inspection could not detect the source guest (or physical machine).\\n\\nNo root device found.")
    sys.exit(1)
say("message", "Converting Debian GNU/Linux 12 to run on KVM")
say("warning", "no virtio drivers found")
say("message", "Copying disk 1/1")
for percent in (2, 51, 100):
    sys.stderr.write(f"\\u2588 {{percent:3d}}% [**--------]" + ("\\n" if percent == 100 else "\\r"))
    sys.stderr.flush()
source = arguments[arguments.index("-if") + 2]
subprocess.run(["qemu-img", "convert", "-f", value("-if"), "-O", value("-of"), source, value("-os") + "/" + value("-on") + "-sda"], check=True)
say("message", "Finishing off")
"""


def test_virt_v2v_is_followed_step_by_step_and_its_own_words_are_the_failure(work, brokers, godwit):
    tools = work / "tools"
    tools.mkdir()
    (tools / "virt-v2v").write_text(FAKE_V2V)
    (tools / "virt-v2v").chmod(0o755)
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"}
    plan = Plan(work, brokers, vms=1, engine="virt-v2v")
    status, out, err = plan.run(env=env)
    assert status == 0, out + err
    assert "Converting Debian" in out
    kinds = [kind for kind, _ in plan.events(godwit, "web-0")]
    assert "warning.raised" in kinds and kinds.count("stage.completed") == 3
    (plan.journal / f"{plan.id}.journal").unlink()
    status, out, err = plan.run(env={**env, "V2V_FAILS": "1"})
    assert status == 1
    assert "virt-v2v: inspection could not detect the source guest" in out


def test_virt_v2v_that_is_not_there_is_one_line(work, brokers):
    tools = work / "tools"
    tools.mkdir()
    (tools / "qemu-img").symlink_to("/usr/bin/qemu-img")
    plan = Plan(work, brokers, vms=1, engine="virt-v2v")
    status, _, err = plan.run(env={"PATH": str(tools)})
    assert status == 2
    assert "virt-v2v is not installed (Debian: apt install virt-v2v)" in err and len(err.splitlines()) == 1
