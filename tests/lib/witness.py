"""What the views must show, computed anew from the log by other code than theirs."""
import collections
import json

from kafka_tools import consumed


def read_log(godwit, brokers: str, *topics: str) -> list[dict]:
    """Every event in the topics, as structured JSON, in the order of each partition."""
    flags = [part for topic in topics for part in ("--topic", topic)]
    out = godwit("tail", "--brokers", brokers, "--from", "beginning", "--exit-at-end", "--format", "ndjson", *flags)
    return [json.loads(line) for line in out.splitlines()]


def short(event: dict) -> str:
    return event["type"].removeprefix("io.godwit.").removesuffix(".v1")


def migrations(events: list[dict]) -> dict[str, int]:
    """Counts of attempts started and ended, each (task, attempt) once."""
    began, ended = set(), {}
    for event in events:
        attempt = (event["subject"], event["data"].get("attempt"))
        kind = short(event)
        if kind in ("task.started", "task.completed", "task.failed", "task.cancelled"):
            began.add(attempt)
        if kind in ("task.completed", "task.failed", "task.cancelled"):
            ended.setdefault(attempt, kind)
    ends = collections.Counter(ended.values())
    return {"total": len(began), "succeeded": ends["task.completed"], "failed": ends["task.failed"]}


def bytes_by_stage(events: list[dict]) -> dict[str, int]:
    most: dict[tuple, int] = {}
    for event in events:
        if short(event) in ("stage.completed", "stage.failed") and "bytes_done" in event["data"]:
            key = (event["subject"], event["data"]["attempt"], event["data"]["stage"])
            most[key] = max(most.get(key, 0), event["data"]["bytes_done"])
    totals: dict[str, int] = collections.Counter()
    for (_, _, stage), done in most.items():
        totals[stage] += done
    return dict(totals)


def final_states(events: list[dict]) -> dict[str, str]:
    """task_id -> completed, failed, cancelled, or open, by the newest attempt."""
    attempts: dict[str, dict[int, str]] = collections.defaultdict(dict)
    for event in events:
        ends = {"task.completed": "completed", "task.failed": "failed", "task.cancelled": "cancelled"}
        of_task = attempts[event["subject"]]
        attempt = event["data"]["attempt"]
        if of_task.get(attempt, "open") == "open":
            of_task[attempt] = ends.get(short(event), "open")
    return {task: states[max(states)] for task, states in attempts.items()}


def owed_deliveries(events: list[dict]) -> set[tuple]:
    """(task_id, occasion, time) of what an endpoint that wants every occasion is told: each start and end once."""
    occasions = {"task.started": "start", "task.completed": "complete", "task.failed": "error"}
    return {(event["subject"], occasions[short(event)], event["time"]) for event in events if short(event) in occasions}


def told_deliveries(events: list[dict]) -> set[str]:
    """Ids of the deliveries that the log says have succeeded."""
    return {event["data"]["delivery_id"] for event in events if short(event) == "delivery.succeeded"}


def coordinates(brokers: str, topic: str) -> set[tuple]:
    """(topic, partition, offset) of every record a topic holds, as kcat reads them."""
    out = consumed(brokers, topic, "%p %o\\n")
    return {(topic, *map(int, line.split())) for line in out.splitlines()}


def stored_in_order(log: list[dict]) -> dict[str, int]:
    """task -> how many events of it are stored, of those with ids TASK-1, TASK-2, ...; fails when one is missing or out of order.

    Later copies do not count.
    """
    ids: dict[str, list[str]] = collections.defaultdict(list)
    for identity, subject in dict.fromkeys((one["id"], one["subject"]) for one in log):
        ids[subject].append(identity)
    for subject, found in ids.items():
        assert found == [f"{subject}-{number}" for number in range(1, len(found) + 1)]
    return {subject: len(found) for subject, found in ids.items()}


def read_raw(brokers: str, topic: str) -> list[tuple[str, str]]:
    """(key, value) of every record of a topic whose values are one line each."""
    out = consumed(brokers, topic, "%k\\t%s\\n")
    return [tuple(line.split("\t", 1)) for line in out.splitlines()]
