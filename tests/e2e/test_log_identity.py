"""A view is never folded on from another log, nor over a gap in its own: it is refused with the way out."""
from broker import Broker
from http_json import get
from reading import sum_of
from waiting import wait_until


def reasons(program) -> str:
    return " ".join(get(f"{program.url}/readyz").json["reasons"])


def emit(godwit, brokers: str, *subjects: str) -> None:
    for subject in subjects:
        godwit("emit", "--brokers", brokers, "--type", "task.queued", "--subject", subject, "vm_name=web", "provider=aws")


def test_a_re_created_topic_is_refused_and_served_as_it_was_until_it_is_rebuilt(own_broker, run, godwit):
    godwit("topics", "create", "--brokers", own_broker.address, "--partitions", "1")
    emit(godwit, own_broker.address, "old-1", "old-2")
    progress = run("godwit-progress", brokers=own_broker.address).wait_ready()
    progress.stop()
    own_broker.delete_topic("migrations.lifecycle")
    wait_until(lambda: "migrations.lifecycle" not in own_broker.topics(), 30, "the topic to go")
    godwit("topics", "create", "--brokers", own_broker.address, "--partitions", "1")
    emit(godwit, own_broker.address, "new-1", "new-2", "new-3")
    progress.start()
    wait_until(lambda: "re-created or truncated" in reasons(progress), 30, "the refusal")
    assert task_ids(progress) == ["old-1", "old-2"]
    godwit("replay", "progress", "--url", progress.url)
    assert task_ids(progress) == ["new-1", "new-2", "new-3"]
    progress.wait_ready()


def progress_over(godwit, run, broker, *subjects: str):
    """A progress view that has folded one event each of these, in one partition, and was stopped."""
    godwit("topics", "create", "--brokers", broker.address, "--partitions", "1")
    emit(godwit, broker.address, *subjects)
    progress = run("godwit-progress", brokers=broker.address).wait_ready()
    progress.stop()
    return progress


def task_ids(progress) -> list[str]:
    return [task["task_id"] for task in get(f"{progress.url}/api/v1/progress").json["tasks"]]


def assert_refused(progress, *subjects: str) -> None:
    """It says why, and serves what it had."""
    wait_until(lambda: "is not in the log any more" in reasons(progress), 30, "the refusal")
    assert task_ids(progress) == [*subjects]


def test_a_position_below_the_oldest_record_is_refused(own_broker, run, godwit):
    progress = progress_over(godwit, run, own_broker, "one", "two")
    emit(godwit, own_broker.address, "three", "four", "five")
    own_broker.delete_records("migrations.lifecycle", 0, 4)
    progress.start()
    assert_refused(progress, "one", "two")


def test_a_position_above_the_newest_record_of_a_re_created_topic_is_refused(own_broker, run, godwit):
    progress = progress_over(godwit, run, own_broker, "old-1", "old-2", "old-3")
    own_broker.delete_topic("migrations.lifecycle")
    wait_until(lambda: "migrations.lifecycle" not in own_broker.topics(), 30, "the topic to go")
    godwit("topics", "create", "--brokers", own_broker.address, "--partitions", "1")
    emit(godwit, own_broker.address, "new-1")
    progress.start()
    assert_refused(progress, "old-1", "old-2", "old-3")


def test_a_truncated_log_is_refused(own_broker, run, godwit):
    progress = progress_over(godwit, run, own_broker, "one", "two", "three")
    own_broker.kill()
    own_broker.truncate("migrations.lifecycle", 0)
    own_broker.start()
    progress.start()
    assert_refused(progress, "one", "three", "two")


def test_ticks_that_expired_before_they_were_folded_are_passed_over(own_broker, run, godwit):
    progress = progress_over(godwit, run, own_broker, "one")
    for done in range(1, 4):
        godwit("emit", "--brokers", own_broker.address, "--type", "stage.progress", "--subject", "two", "vm_name=web",
               "provider=aws", "attempt=1", "stage=export", f"bytes_done={done}", "bytes_total=4")
    own_broker.delete_records("migrations.progress", 0, 2)
    progress.start(ready_s=30)
    shown = wait_until(lambda: (answer := get(f"{progress.url}/api/v1/progress/two")).status == 200 and answer.json, 20, "the task")
    assert shown["export_progress"]["bytes_done"] == 3
    assert expired(progress) == 0  # nothing of it was folded before, so it began with the oldest


def expired(progress) -> float:
    return sum_of(progress, "godwit_expired_records_total")


def tick(godwit, broker, done: int) -> None:
    godwit("emit", "--brokers", broker.address, "--type", "stage.progress", "--subject", "one", "vm_name=web",
           "provider=aws", "attempt=1", "stage=export", f"bytes_done={done}", "bytes_total=9")


def test_ticks_that_expired_behind_a_stored_position_are_counted(own_broker, run, godwit):
    progress = progress_over(godwit, run, own_broker, "one")
    progress.start(ready_s=30)
    tick(godwit, own_broker, 1)
    wait_until(lambda: sum_of(progress, "godwit_consumer_position") == 2, 20, "the first tick")
    progress.stop()
    for done in range(2, 7):
        tick(godwit, own_broker, done)
    own_broker.delete_records("migrations.progress", 0, 4)  # 0 to 3; the position is 1
    progress.start(ready_s=30)
    wait_until(lambda: expired(progress) == 3, 20, "the count")
    shown = get(f"{progress.url}/api/v1/progress/one").json
    assert shown["export_progress"]["bytes_done"] == 6


def test_ticks_that_expire_under_a_consumer_that_is_far_behind_are_passed_over(own_broker, run, godwit):
    progress = progress_over(godwit, run, own_broker, "one")
    progress.start(ready_s=30)
    tick(godwit, own_broker, 1)
    wait_until(lambda: sum_of(progress, "godwit_consumer_position") == 2, 20, "the first tick")
    progress.pause()
    for done in range(2, 7):
        tick(godwit, own_broker, done)
    own_broker.delete_records("migrations.progress", 0, 5)  # 0 to 4; at most number 1 was under way to it
    progress.resume()
    wait_until(lambda: get(f"{progress.url}/api/v1/progress/one").json.get("export_progress", {}).get("bytes_done") == 6, 30,
               "the last tick")
    assert expired(progress) in (3, 4)


def test_a_position_at_the_oldest_record_is_folded_on(own_broker, run, godwit):
    progress = progress_over(godwit, run, own_broker, "one", "two")
    emit(godwit, own_broker.address, "three")
    own_broker.delete_records("migrations.lifecycle", 0, 2)  # the last one folded is gone, the next is not
    progress.start(ready_s=30)
    assert task_ids(progress) == ["one", "three", "two"]
    progress.stop()
    own_broker.delete_records("migrations.lifecycle", 0, 3)  # nothing is left
    progress.start(ready_s=30)
    emit(godwit, own_broker.address, "four")
    wait_until(lambda: task_ids(progress) == ["four", "one", "three", "two"], 20, "the fourth")


def test_another_cluster_is_refused(own_broker, run, godwit, tmp_path):
    godwit("topics", "create", "--brokers", own_broker.address)
    progress = run("godwit-progress", brokers=own_broker.address).wait_ready()
    progress.stop()
    with Broker(tmp_path / "other") as other:
        godwit("topics", "create", "--brokers", other.address)
        again = run("godwit-progress", brokers=other.address, data=progress.data)
        wait_until(lambda: "was folded from Kafka cluster" in reasons(again), 30, "the refusal")


def test_topics_of_unequal_partition_counts_are_refused(own_broker, run, godwit):
    godwit("topics", "create", "--brokers", own_broker.address, "--partitions", "3")
    own_broker.delete_topic("migrations.progress")
    wait_until(lambda: "migrations.progress" not in own_broker.topics(), 30, "the topic to go")
    own_broker.create_topic("migrations.progress", 2)
    progress = run("godwit-progress", brokers=own_broker.address)
    wait_until(lambda: "same partition count" in reasons(progress), 30, "the refusal")
    assert get(f"{progress.url}/healthz").status == 200
