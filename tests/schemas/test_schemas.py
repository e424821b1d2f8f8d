"""Each sentence here is a promise of schemas/README.md."""

import json
import re
from urllib.parse import urljoin

import pytest
from jsonschema import Draft202012Validator

from catalogue import (BY_ID, CATALOGUE, EXAMPLES, PREFIX, ROOT, SCHEMAS, SUFFIX, VALIDATORS, examples, faults, label, read,
                       schema_of)

TYPES = sorted(CATALOGUE)
TOPICS = {"migrations.lifecycle", "migrations.progress", "platform.activity"}
SUBJECTS = {"task_id", "plan_id", "actor", "worker_id", "endpoint", "dedup_key"}


def node_refs(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from node_refs(child)


def patterns(node):
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from patterns(child)


@pytest.mark.parametrize("path", sorted(SCHEMAS))
def test_every_schema_is_valid_2020_12_and_named_by_its_place(path):
    schema = SCHEMAS[path]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"https://godwit.io/schemas/{path}"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", sorted(SCHEMAS))
def test_every_reference_leads_to_something_on_disk(path):
    resolver = next(iter(VALIDATORS.values())).resolver
    for ref in node_refs(SCHEMAS[path]):
        resolver.resolve(urljoin(SCHEMAS[path]["$id"], ref))


@pytest.mark.parametrize("path", sorted(SCHEMAS))
def test_every_pattern_is_anchored_at_both_ends(path):
    for pattern in patterns(SCHEMAS[path]):
        assert pattern.startswith("^") and pattern.endswith("$"), pattern
        re.compile(pattern)


@pytest.mark.parametrize("path", sorted(SCHEMAS))
def test_unknown_members_of_data_are_never_forbidden(path):
    assert "unevaluatedProperties" not in json.dumps(SCHEMAS[path])
    assert '"additionalProperties": false' not in json.dumps(SCHEMAS[path])


def test_catalogue_and_schema_files_name_the_same_types():
    assert {f"types/{name}.v1.json" for name in TYPES} == {path for path in SCHEMAS if path.startswith("types/")}
    assert len(BY_ID) == len(SCHEMAS)


@pytest.mark.parametrize("name", TYPES)
def test_catalogue_and_schema_agree(name):
    row, schema = CATALOGUE[name], schema_of(name)
    assert row["type"] == PREFIX + name + SUFFIX == schema["title"] == schema["properties"]["type"]["const"]
    assert row["summary"] == schema["description"]
    assert row["topic"] in TOPICS and row["subject"] in SUBJECTS
    data = schema["properties"]["data"]
    of_task = data["$ref"] == "../common/task-data.json"
    assert of_task == (row["topic"] != "platform.activity" and not name.startswith("plan."))
    shared = SCHEMAS["common/task-data.json"]["required"] if of_task else []
    assert row["required"] == shared + data.get("required", [])
    assert ("then" in data) == ("any_of" in row)
    assert ("subject" in schema["properties"]) == (row["topic"] != "platform.activity")


@pytest.mark.parametrize("name", TYPES)
def test_a_member_of_data_means_the_same_in_every_type(name):
    known = SCHEMAS["common/fields.json"]["$defs"]["members"]["properties"]
    for member, rule in schema_of(name)["properties"]["data"].get("properties", {}).items():
        assert member in known
        assert rule["$ref"] == f"../common/fields.json#/$defs/members/properties/{member}"
        assert set(rule) == ({"$ref", "type"} if member in CATALOGUE[name]["required"] else {"$ref"})


@pytest.mark.parametrize("name", TYPES)
def test_each_member_the_catalogue_requires_is_required(name):
    event = read(EXAMPLES / "good" / name / "minimal.json")
    for member in CATALOGUE[name]["required"]:
        without = json.loads(json.dumps(event))
        del without["data"][member]
        null = json.loads(json.dumps(event))
        null["data"][member] = None
        assert faults(name, without) == faults(name, null) == {(f"/data/{member}", "missing")}


@pytest.mark.parametrize("name", TYPES)
def test_the_minimal_example_has_required_members_only(name):
    event = read(EXAMPLES / "good" / name / "minimal.json")
    assert set(event) == {"specversion", "id", "source", "type", "subject", "time", "data"}
    extra = set(event["data"]) - set(CATALOGUE[name]["required"])
    assert extra <= set(CATALOGUE[name].get("any_of", [])) and len(extra) == ("any_of" in CATALOGUE[name])


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_good_and_bad_examples(name):
    assert any((EXAMPLES / "good" / name).glob("*.json"))
    assert any((EXAMPLES / "bad" / name).glob("*.json"))


def test_example_folders_are_types_and_files_have_plain_names():
    for kind in ("good", "bad", "bad-codec-only"):
        assert {path.name for path in (EXAMPLES / kind).iterdir()} <= set(TYPES)
        for path in examples(kind):
            assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*\.json", path.name), path


@pytest.mark.parametrize("path", examples("good"), ids=label)
def test_a_good_example_is_accepted(path):
    event, name = read(path), path.parent.name
    assert faults(name, event) == set()
    row = CATALOGUE[name]
    assert event["type"] == row["type"]
    assert all(event["data"].get(member) is not None for member in row["required"])
    assert event["data"].get(row["subject"]) in (None, event["subject"])


def test_good_events_are_told_apart_by_source_and_id():
    events = [read(path) for path in examples("good")]
    assert len({(event["source"], event["id"]) for event in events}) == len(events)


@pytest.mark.parametrize("name", TYPES)
def test_an_event_of_one_type_is_not_valid_as_another(name):
    event = read(EXAMPLES / "good" / name / "minimal.json")
    other = "task.queued" if name != "task.queued" else "task.started"
    assert ("/type", "const") in faults(other, event)


def well_formed(path):
    example = read(path)
    assert set(example) == {"reason", "pointer", "keyword", "event"}
    assert example["reason"].startswith(example["pointer"] + ": ")
    return example


@pytest.mark.parametrize("path", examples("bad"), ids=label)
def test_a_bad_example_is_refused_for_its_one_fault_at_its_pointer(path):
    example, name = well_formed(path), path.parent.name
    found = faults(name, example["event"])
    assert (example["pointer"], example["keyword"]) in found
    assert {pointer for pointer, _ in found} == {example["pointer"]}


def depth(node):
    if isinstance(node, (dict, list)):
        return 1 + max(map(depth, node.values() if isinstance(node, dict) else node), default=0)
    return 0


@pytest.mark.parametrize("path", examples("bad-codec-only"), ids=label)
def test_what_only_the_codec_refuses_differs_from_the_subject_or_nests_too_deep(path):
    example, name = well_formed(path), path.parent.name
    event, subject = example["event"], CATALOGUE[name]["subject"]
    assert faults(name, event) == set()
    if example["keyword"] == "mismatch":
        assert example["pointer"] == f"/data/{subject}" and event["data"][subject] != event["subject"]
    else:
        assert example["keyword"] == "range" and depth(event["data"][example["pointer"].split("/")[2]]) > 32


def raw_reason(data):
    """Why bytes are no event, found without the schemas; None when they are an object."""
    def no_constant(text):
        raise ValueError(text)

    # Latin-1 maps every byte to one character, so the shape of the JSON can be read before its encoding is judged.
    try:
        json.loads(data.decode("latin-1"), strict=False, parse_constant=no_constant)
    except ValueError:
        return "not_json"
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=no_constant)
    except UnicodeDecodeError:
        return "invalid_utf8"
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, escaped
        return "not_json"
    return None if isinstance(value, dict) else "not_object"


RAW = read(EXAMPLES / "raw" / "index.json")


@pytest.mark.parametrize("row", RAW, ids=lambda row: row["file"])
def test_raw_bytes_are_no_event_for_the_reason_given(row):
    assert raw_reason((EXAMPLES / "raw" / row["file"]).read_bytes()) == row["reason"]


def test_the_index_names_every_raw_file():
    on_disk = {path.name for path in (EXAMPLES / "raw").iterdir()}
    assert {row["file"] for row in RAW} | {"index.json"} == on_disk
    assert {row["reason"] for row in RAW} == {"not_json", "not_object", "invalid_utf8"}


README = (ROOT / "README.md").read_text(encoding="utf-8")


def required_text(row):
    shared = ("vm_name", "provider", "attempt")
    names = [f"`{name}`" for name in row["required"] if name not in shared]
    if "any_of" in row:
        names.append(" or ".join(f"`{name}`" for name in row["any_of"]))
    return ", ".join(names) or "-"


def test_the_guide_lists_the_catalogue_in_its_order():
    topic = {"migrations.lifecycle": "L", "migrations.progress": "P", "platform.activity": "A"}
    expected = [f"| {short} | {topic[row['topic']]} | {row['subject']} | {required_text(row)} | {row['summary']} |"
                for short, row in CATALOGUE.items()]
    assert [line for line in README.splitlines() if re.match(r"\| [a-z]+\.[a-z_]+ \| [LPA] \|", line)] == expected


def test_the_guide_gives_the_limits_of_the_schemas():
    fields = SCHEMAS["common/fields.json"]["$defs"]
    for name, field in fields.items():
        for keyword in ("maxLength", "maximum", "maxItems", "maxProperties"):
            if keyword not in field or name == "members":
                continue
            lines = [line for line in README.splitlines() if line.startswith(f"| {name} |")]
            assert len(lines) == 1, name
            text = "2^53-1" if field[keyword] == 9007199254740991 else str(field[keyword])
            assert text in re.split(r"[ .,;|]+", lines[0]), (name, text)


def test_the_guide_names_every_member_of_data_beside_its_field():
    for member, rule in SCHEMAS["common/fields.json"]["$defs"]["members"]["properties"].items():
        if member == "error":  # has its own sentence
            continue
        field = rule["$ref"].rsplit("/", 1)[1]
        lines = [line for line in README.splitlines() if line.startswith(f"| {field} |")]
        assert len(lines) == 1 and f"`{member}`" in lines[0], member


def test_the_guide_stays_short():
    assert len(README.splitlines()) < 160
