"""A published schema never changes so that what was right becomes wrong; the check finds each such change, and only those."""
import copy

import pytest

from compatibility import PUBLISH, breaches, read_record, read_schemas
from catalogue import ROOT

FIELDS = "https://godwit.io/schemas/common/fields.json"
ENVELOPE = "https://godwit.io/schemas/common/envelope.json"
ERROR = "https://godwit.io/schemas/common/error.json"
TASK = "https://godwit.io/schemas/common/task-data.json"
STARTED = "https://godwit.io/schemas/types/task.started.v1.json"
PROGRESS = "https://godwit.io/schemas/types/stage.progress.v1.json"


def row(contract, name):
    return next(one for one in contract["types"] if one["type"] == f"io.godwit.{name}.v1")


def fields(contract):
    return contract["schemas"][FIELDS]["$defs"]


def data_of(contract, schema):
    return contract["schemas"][schema]["properties"]["data"]


def remove_type(contract, name):
    contract["types"].remove(row(contract, name))
    del contract["schemas"][f"https://godwit.io/schemas/types/{name}.v1.json"]


BREAKING = {
    "a type removed": (lambda c: remove_type(c, "hook.started"), "the type is gone"),
    "another topic": (lambda c: row(c, "task.started").update(topic="platform.activity"), "its topic was"),
    "another subject": (lambda c: row(c, "plan.created").update(subject="task_id"), "its subject was"),
    "a member removed": (lambda c: fields(c)["members"]["properties"].pop("tenant"), "/data/tenant: the member is gone"),
    "a nested member removed": (lambda c: fields(c)["source"]["properties"].pop("host"), "/data/source/host: the member is gone"),
    "an attribute removed": (lambda c: c["schemas"][ENVELOPE]["properties"].pop("traceparent"), "/traceparent: the member is gone"),
    "one more member required": (lambda c: data_of(c, STARTED).setdefault("required", []).append("user"), "user is required now"),
    "one more required in a shared part": (lambda c: c["schemas"][TASK]["required"].append("task_id"), "task_id is required now"),
    "one more required in a list": (lambda c: fields(c)["stages"]["items"]["required"].append("weight"), "weight is required now"),
    "a promise to readers taken back": (lambda c: c["schemas"][ERROR]["required"].remove("code"), "code is no longer required"),
    "null forbidden": (lambda c: fields(c)["text"].update(type="string"), "type was"),
    "a fraction forbidden": (lambda c: fields(c)["percentage"].update(type=["integer", "null"]), "type was"),
    "a shorter text": (lambda c: fields(c)["message"].update(maxLength=8192), "maxLength was 16384, is 8192"),
    "a limit where there was none": (lambda c: fields(c)["metadata"].update(maxProperties=64), "maxProperties was free, is 64"),
    "a higher minimum": (lambda c: fields(c)["whole"].update(minimum=1), "minimum was 0, is 1"),
    "a shorter list": (lambda c: fields(c)["disks"].update(maxItems=256), "maxItems was 1024, is 256"),
    "a narrower pattern": (lambda c: fields(c)["provider"].update(pattern="^[a-z]{1,64}$"), "pattern has changed"),
    "a closed list of values": (lambda c: fields(c)["severity_words"].update(enum=["low", "high"]), "one of was ['anything']"),
    "another name in type": (lambda c: c["schemas"][STARTED]["properties"]["type"].update(const="io.godwit.task.begun.v1"), "one of was"),
    "a stricter condition": (lambda c: data_of(c, PROGRESS)["then"]["required"].append("percentage"), "then has changed"),
    "unknown members forbidden": (lambda c: data_of(c, STARTED).update(additionalProperties=False), "unknown members were free"),
    "unevaluated members forbidden": (lambda c: data_of(c, STARTED).update(unevaluatedProperties=False), "unevaluatedProperties has changed"),
}
COMPATIBLE = {
    "nothing": lambda c: None,
    "an optional member": lambda c: fields(c)["members"]["properties"].update(cluster={"$ref": "#/$defs/text"}),
    "an optional attribute": lambda c: c["schemas"][ENVELOPE]["properties"].update(partition={"type": ["string", "null"]}),
    "a longer text": lambda c: fields(c)["text"].update(maxLength=512),
    "a lower minimum": lambda c: fields(c)["ordinal"].update(minimum=0),
    "a number for an integer": lambda c: fields(c)["whole"].update(type=["number", "null"]),
    "the same said by reference": lambda c: fields(c).update(path={"$ref": "#/$defs/way"}, way=fields(c)["path"]),
}


def few_types():
    """Today's contract with only the types that the changes are about: a check of all takes a second."""
    contract = read_schemas()
    kept = ("task.started", "stage.progress", "plan.created", "hook.started", "alert.fired", "disk.failed")
    for one in {one["type"] for one in contract["types"]} - {f"io.godwit.{name}.v1" for name in kept}:
        remove_type(contract, one.removeprefix("io.godwit.").removesuffix(".v1"))
    return contract


def changed(change):
    contract = few_types()
    # A member with a list of values to close; the catalogue has none today.
    fields(contract)["severity_words"] = {"type": ["string", "null"]}
    fields(contract)["members"]["properties"]["words"] = {"$ref": "#/$defs/severity_words"}
    before = copy.deepcopy(contract)
    change(contract)
    return breaches(before, contract)


def test_todays_schemas_break_nothing_that_was_published():
    assert breaches(read_record(), read_schemas()) == []


def test_todays_schemas_are_published():
    assert read_schemas() == read_record(), f"compatible, but not published: {PUBLISH}"


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_found(name):
    change, said = BREAKING[name]
    assert any(said in breach for breach in changed(change)), changed(change)[:3]


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_compatible_change_passes(name):
    assert changed(COMPATIBLE[name]) == []


def test_a_new_type_passes():
    contract = few_types()
    older = copy.deepcopy(contract)
    remove_type(older, "alert.fired")
    assert breaches(older, contract) == []
    assert breaches(contract, older) == ["io.godwit.alert.fired.v1: the type is gone"]


def test_the_guide_gives_the_command_that_publishes():
    assert PUBLISH in (ROOT / "README.md").read_text(encoding="utf-8")
