"""Kafka away: programs wait, say so, and go on by themselves; what was acknowledged is in every view."""
import subprocess

from broker import Broker
from conftest import BIN
from http_json import get
from waiting import wait_until
from witness import migrations, read_log


def reasons(program) -> str:
    return " ".join(get(f"{program.url}/readyz").json["reasons"])


def test_consumers_wait_for_a_kafka_that_is_not_there_yet(tmp_path, run, godwit):
    broker = Broker(tmp_path / "kafka")
    with broker:  # only to learn its port, which it keeps
        godwit("topics", "create", "--brokers", broker.address)
    consumers = [run(name, brokers=broker.address) for name in ("godwit-progress", "godwit-metrics", "godwit-audit",
                                                                "godwit-webhooks", "godwit-dashboard")]
    for consumer in consumers:
        answer = wait_until(lambda one=consumer: "Kafka cannot be reached" in reasons(one) and get(f"{one.url}/readyz"), 20,
                            f"{consumer.name} to say that Kafka is away")
        assert answer.status == 503
        assert get(f"{consumer.url}/healthz").status == 200
    with broker:
        for consumer in consumers:
            consumer.wait_ready(60)


def test_consumers_say_that_topics_are_missing(own_broker, run, godwit):
    progress = run("godwit-progress", brokers=own_broker.address)
    wait_until(lambda: "godwit topics create" in reasons(progress), 30, "the reason")
    godwit("topics", "create", "--brokers", own_broker.address)
    progress.wait_ready(60)


def test_a_broker_restart_under_load_loses_nothing(own_broker, run, godwit):
    godwit("topics", "create", "--brokers", own_broker.address)
    metrics = run("godwit-metrics", brokers=own_broker.address).wait_ready()
    load = subprocess.Popen([BIN / "godwit", "bench", "produce", "--brokers", own_broker.address, "--rate", "2000", "--seconds", "15"],
                            stdout=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: get(f"{metrics.url}/stats").json["migrations"]["total"] > 0, 20, "the first migrations")
        own_broker.kill()
        wait_until(lambda: "Kafka cannot be reached" in reasons(metrics), 20, "the consumer to notice")
        own_broker.start()
        said, _ = load.communicate(timeout=120)
        assert load.returncode == 0, said
    finally:
        load.kill()
    assert said.startswith("30000 events stored")
    metrics.wait_ready(60)
    expected = migrations(read_log(godwit, own_broker.address, "migrations.lifecycle"))
    wait_until(lambda: {name: get(f"{metrics.url}/stats").json["migrations"][name] for name in expected} == expected, 30,
               "the counters to equal the log's")
