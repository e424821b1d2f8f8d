"""A view is never folded on from another log: another cluster or a re-created topic is refused with the way out."""
from broker import Broker
from http_json import get
from waiting import wait_until


def reasons(program) -> str:
    return " ".join(get(f"{program.url}/readyz").json["reasons"])


def emit(godwit, brokers: str, *subjects: str) -> None:
    for subject in subjects:
        godwit("emit", "--brokers", brokers, "--type", "task.queued", "--subject", subject, "vm_name=web", "provider=aws")


def test_a_re_created_topic_is_refused_and_the_view_goes_on_serving_what_it_has(own_broker, run, godwit):
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
    tasks = get(f"{progress.url}/api/v1/progress").json["tasks"]
    assert [task["task_id"] for task in tasks] == ["old-1", "old-2"]


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
