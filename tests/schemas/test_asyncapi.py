"""asyncapi.yaml is a valid AsyncAPI 3 document for the official parser, and says what the catalogue says."""
import shutil

import pytest
import yaml

from catalogue import CATALOGUE, ROOT
from node_tools import ask_of_copies

DOCUMENT = ROOT / "asyncapi.yaml"
JSON_SCHEMA = "application/schema+json;version=draft-2020-12"
CE_HEADERS = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"]
# What a slip of the pen would be: each must be refused, or a valid document would prove nothing.
PLANTED = {
    "a payload that is nowhere": ("types/plan.created.v1.json", "types/plan.creatd.v1.json"),
    "a count that is a word": ("partitions: 12", "partitions: twelve"),
    "an operation on no channel": ("#/channels/lifecycle", "#/channels/nowhere"),
    "a name nobody knows": ("    address: migrations.lifecycle", "    adress: migrations.lifecycle"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the parser says of the document and of one copy per planted fault: {fault or "": answer}."""
    folder = tmp_path_factory.mktemp("schemas")
    for part in ("common", "types"):
        shutil.copytree(ROOT / part, folder / part)
    # One message is enough to plant a fault in, and is parsed in a third of the time.
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if "payload:" not in line or "plan.created" in line)
    return ask_of_copies("asyncapi.mjs", DOCUMENT, text, PLANTED, folder)


@pytest.fixture(scope="module")
def channels(said):
    return said[""]["channels"]


def test_the_parser_has_nothing_to_say_against_the_document(said):
    assert (said[""]["valid"], said[""]["errors"]) == (True, [])


@pytest.mark.parametrize("fault", PLANTED)
def test_the_parser_refuses_a_planted_fault(said, fault):
    assert not said[fault]["valid"] and said[fault]["errors"]


def test_each_channel_binds_the_topic_it_is_named_by(channels):
    assert {address: channel["kafka"]["topic"] for address, channel in channels.items()} == {address: address for address in channels}


@pytest.mark.parametrize("topic", sorted({row["topic"] for row in CATALOGUE.values()}))
def test_a_topic_carries_the_types_of_the_catalogue_in_both_modes(channels, topic):
    names = {name for name, row in CATALOGUE.items() if row["topic"] == topic}
    assert channels[topic]["messages"].keys() == names | {f"{name}.binary" for name in names}
    assert channels[topic]["partitioner"] == "murmur2_random"


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_message_has_the_schema_headers_and_key_of_its_mode(channels, name):
    row = CATALOGUE[name]
    messages = channels[row["topic"]]["messages"]
    structured, binary = messages[name], messages[f"{name}.binary"]
    assert (structured["contentType"], structured["headers"]) == ("application/cloudevents+json", ["content-type"])
    assert (binary["contentType"], binary["headers"]) == ("application/json", CE_HEADERS)
    for message in (structured, binary):
        assert (message["name"], message["key"], message["format"]) == (row["type"], "string", JSON_SCHEMA)


@pytest.mark.parametrize("channel", ["lifecycle", "progress", "activity"])
def test_a_payload_is_the_schema_of_its_type(channel):
    # Read as written: resolving a reference, the parser leaves out what stands beside it.
    written = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))["channels"][channel]["messages"]
    for name, message in written.items():
        kind = name.removesuffix(".binary")
        assert message["payload"]["schema"]["$ref"] == f"./types/{kind}.v1.json" + ("" if kind == name else "#/properties/data")
