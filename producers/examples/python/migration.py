"""Emits the migration of ../migration.ndjson: migration.py BROKERS TASK_ID VM_NAME. Binary mode."""
import json
import pathlib
import sys
import uuid

from cloudevents.http import CloudEvent
from cloudevents.kafka import to_binary
from confluent_kafka import Producer

SCRIPT = pathlib.Path("../migration.ndjson")


def event_of(number: int, step: dict, task_id: str, vm_name: str) -> CloudEvent:
    attributes = {
        "id": str(uuid.uuid4()),
        "source": f"/examples/python/tasks/{task_id}",
        "type": f"io.godwit.{step['type']}.v1",
        "subject": task_id,
        "sequence": f"{number:020}",
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes, {"vm_name": vm_name, "provider": "vsphere", "attempt": 1, **step["data"]})


def main(brokers: str, task_id: str, vm_name: str) -> int:
    producer = Producer({
        "bootstrap.servers": brokers,
        "partitioner": "murmur2_random",  # Java's: one task, one partition
        "enable.idempotence": True,  # and so acks=all
    })
    failed = []

    def delivered(error, _message):
        if error:
            failed.append(error)

    for number, line in enumerate(SCRIPT.read_text().splitlines()):
        step = json.loads(line)
        message = to_binary(event_of(number, step, task_id, vm_name), key_mapper=lambda event: event["subject"])
        producer.produce(step["topic"], message.value, message.key, headers=message.headers, on_delivery=delivered)
    waiting = producer.flush(30)
    for error in failed:
        print(f"not delivered: {error}", file=sys.stderr)
    return 1 if failed or waiting else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
