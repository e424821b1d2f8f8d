"""A rebuild beside the serving view: no answer goes backwards, kill -9 only delays it, and its result is the live fold's."""
import pathlib
import sqlite3
import subprocess

from conftest import BIN
from http_json import get, post
from reading import sum_of, tasks
from waiting import wait_until


def load(brokers: str, seconds: int, rate: int = 2000) -> subprocess.Popen:
    return subprocess.Popen([BIN / "godwit", "bench", "produce", "--brokers", brokers, "--rate", str(rate), "--seconds",
                             str(seconds), "--tasks", "40", "--seed", "7"], stdout=subprocess.DEVNULL)


def rebuild_of(program) -> dict:
    return get(f"{program.url}/api/v1/rebuild").json


def has_swapped(program) -> bool:
    told = rebuild_of(program)
    return not told["running"] and bool(told["partitions"]) and all(p["state"] == "swapped" for p in told["partitions"])


def caught_up(program) -> None:
    program.wait_ready(60)
    wait_until(lambda: get(f"{program.url}/readyz").json["lag"] == 0, 60, f"{program.name} to catch up")


def folder_of(program) -> pathlib.Path:
    """Of the version that this build writes, the newest."""
    return max((program.data / program.name.removeprefix("godwit-")).glob("v*"), key=lambda path: int(path.name[1:]))


def serving_files(program) -> list[str]:
    return sorted(path.name for path in folder_of(program).glob("*.db"))


def unfinished_files(program) -> list[str]:
    """Of a program that does not run: those that say they are not to be served yet."""
    found = []
    for name in serving_files(program):
        with sqlite3.connect(folder_of(program) / name) as db:
            if db.execute("SELECT 1 FROM meta WHERE name = 'rebuilding'").fetchone():
                found.append(name)
    return found


def kill_in_the_middle(program) -> None:
    """kill -9 while a rebuild is under way; one that was over before it could be killed is begun again."""
    for _ in range(10):
        answer = post(f"{program.url}/api/v1/rebuild", {})
        assert answer.status in (202, 409), answer.text
        again = post(f"{program.url}/api/v1/rebuild", {})
        assert again.status == 409 or has_swapped(program)
        wait_until(lambda: rebuild_of(program)["events"] > 0, 20, "the rebuild to begin")
        program.kill()
        if unfinished_files(program):
            return
        program.start()
        program.wait_ready(60)
    raise AssertionError("the rebuild was never unfinished when it was killed")


def test_a_rebuild_under_load_serves_on_and_survives_a_kill(own_broker, run, godwit):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "4")
    load(brokers, 4, 8000).wait(60)
    progress = run("godwit-progress", brokers=brokers)
    caught_up(progress)
    seen = len(tasks(progress))
    assert seen > 0
    more = load(brokers, 8)
    try:
        kill_in_the_middle(progress)
        assert unfinished_files(progress)
        progress.start()
        progress.wait_ready(60)
        assert any(".g" in name for name in serving_files(progress))

        def swapped() -> bool:
            nonlocal seen
            now = len(tasks(progress))
            assert now >= seen, "an answer went backwards"
            seen = now
            return not rebuild_of(progress)["running"]

        wait_until(swapped, 60, lambda: f"the rebuild to end: {rebuild_of(progress)}")
        assert more.wait(60) == 0
    finally:
        more.kill()
    caught_up(progress)
    fresh = run("godwit-progress", "--group", "fresh", brokers=brokers, data=progress.data.parent / "fresh")
    caught_up(fresh)
    assert tasks(progress) == tasks(fresh)
    assert "rebuild" in get(f"{progress.url}/readyz").json


def test_rebuild_at_the_start_swaps_every_partition_of_every_kind(own_broker, run, godwit):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "3")
    load(brokers, 3).wait(60)
    consumers = [run(name, brokers=brokers) for name in ("godwit-progress", "godwit-audit", "godwit-metrics")]
    for consumer in consumers:
        caught_up(consumer)
        consumer.stop()
    again = [run(consumer.name, "--rebuild", brokers=brokers, data=consumer.data) for consumer in consumers]
    for consumer in again:
        consumer.wait_ready(60)
        wait_until(lambda: has_swapped(consumer), 60, lambda: f"{consumer.name}: {rebuild_of(consumer)}")
        files = serving_files(consumer)
        assert files and all(".g2.db" in name for name in files), files
        assert get(f"{consumer.url}/readyz").status == 200


def test_a_newer_version_serves_the_older_one_while_it_rebuilds(own_broker, run, godwit):
    """Version 0 is what this version folded, moved: there is no older program at hand."""
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "2")
    load(brokers, 2).wait(60)
    progress = run("godwit-progress", brokers=brokers)
    caught_up(progress)
    before = tasks(progress)
    progress.stop()
    folder_of(progress).rename(progress.data / "progress" / "v0")
    for file in (progress.data / "progress" / "v0").glob("*.db"):
        db = sqlite3.connect(file)
        with db:
            db.execute("UPDATE meta SET value = 'progress v0' WHERE name = 'projection'")
        db.close()
    progress.start()
    wait_until(lambda: has_swapped(progress), 60, lambda: f"the rebuild: {rebuild_of(progress)}")
    assert "serves what" in progress.log() and "v0/p-0000.db" in progress.log()
    caught_up(progress)
    assert tasks(progress) == before
    progress.stop()
    assert serving_files(progress) == ["p-0000.db", "p-0001.db"]
    assert not list(progress.data.glob("*/v0/*.db"))


def test_a_rebuild_stops_at_a_record_nobody_knows_as_a_dead_letter(own_broker, run, godwit):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "1")
    godwit("emit", "--brokers", brokers, "--type", "task.queued", "--subject", "t-1", "vm_name=web", "provider=aws")
    subprocess.run(["kcat", "-b", brokers, "-P", "-t", "migrations.lifecycle", "-k", "t-1"], input=b"rubbish", check=True)
    progress = run("godwit-progress", brokers=brokers)
    wait_until(lambda: sum_of(progress, "godwit_dead_letters_total") == 1, 30, "the dead letter")
    progress.stop()
    db = sqlite3.connect(folder_of(progress) / "p-0000.db")
    with db:
        assert db.execute("DELETE FROM dead_letter_place").rowcount == 1  # as if older code had read it as an event
    db.close()
    again = run("godwit-progress", "--rebuild", brokers=brokers, data=progress.data)
    again.wait_ready(30)
    told = wait_until(lambda: (t := rebuild_of(again)) and not t["running"] and t["partitions"] and t, 30, "the rebuild to stop")
    assert told["partitions"][0]["state"] == "stopped"
    assert "migrations.lifecycle/0 offset 1" in told["partitions"][0]["reason"]
    assert list(tasks(again)) == ["t-1"]
    assert get(f"{again.url}/readyz").status == 200


def test_a_full_disk_stops_the_fold_but_not_the_answers_and_heals_by_itself(own_broker, run, godwit):
    brokers = own_broker.address
    godwit("topics", "create", "--brokers", brokers, "--partitions", "1")
    godwit("emit", "--brokers", brokers, "--type", "task.queued", "--subject", "t-1", "vm_name=web", "provider=aws")
    progress = run("godwit-progress", brokers=brokers)
    caught_up(progress)
    limit(progress, "1")
    godwit("emit", "--brokers", brokers, "--type", "task.queued", "--subject", "t-2", "vm_name=web", "provider=aws")
    wait_until(lambda: "p-0000" in get(f"{progress.url}/readyz").text, 30, "the reason in /readyz")
    answer = get(f"{progress.url}/readyz")
    assert answer.status == 503
    assert "p-0000.db" in answer.text
    assert list(tasks(progress)) == ["t-1"]
    limit(progress, "unlimited")
    caught_up(progress)
    assert sorted(tasks(progress)) == ["t-1", "t-2"]


def limit(program, fsize: str) -> None:
    """How large a file the running program may write: 1 byte is a full disk."""
    subprocess.run(["prlimit", "--pid", str(program.pid), f"--fsize={fsize}:unlimited"], check=True)
