"""The gateway's openapi.json is a valid OpenAPI 3.1 document, and what it shows as examples fits what it says."""
import json
import pathlib

import jsonschema
import pytest

from node_tools import ask_of_copies

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "producers" / "gateway" / "openapi.json"
TEXT = DOCUMENT.read_text(encoding="utf-8")
# What a slip of the pen would be: each must be refused, or a valid document would prove nothing.
PLANTED = {
    "an operation nobody knows": ('"options": {', '"opitons": {'),
    "a response without a description": ('"204": {"description": "The page may send events."}', '"204": {}'),
    "a parameter from nowhere": ('"name": "Origin", "in": "header"', '"name": "Origin", "in": "head"'),
    "another version": ('"openapi": "3.1.0"', '"openapi": "3.7.0"'),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the validator says of the document and of one copy per planted fault: {fault or "": answer}."""
    return ask_of_copies("openapi.mjs", DOCUMENT, TEXT, PLANTED, tmp_path_factory.mktemp("openapi"))


def nodes(node):
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


def test_the_validator_has_nothing_to_say_against_the_document(said):
    assert said[""] == {"valid": True, "version": "3.1", "errors": []}


@pytest.mark.parametrize("fault", PLANTED)
def test_the_validator_refuses_a_planted_fault(said, fault):
    assert not said[fault]["valid"] and said[fault]["errors"]


def test_every_reference_leads_somewhere():
    document = json.loads(TEXT)
    references = {node["$ref"] for node in nodes(document) if "$ref" in node}
    assert references
    for reference in references:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_examples_fit_their_schemas():
    document = json.loads(TEXT)
    shown = [node for node in nodes(document) if "example" in node]
    assert shown
    for node in shown:
        jsonschema.Draft202012Validator({**node["schema"], "components": document["components"]}).validate(node["example"])
