"""Reads schemas/ from disk and validates events against it. Needs no network: every $id is loaded beforehand."""

import json
import pathlib
import re

from jsonschema import Draft202012Validator, FormatChecker, RefResolver, ValidationError, validators

ROOT = pathlib.Path(__file__).resolve().parents[2] / "schemas"
EXAMPLES = ROOT / "examples"
PREFIX, SUFFIX = "io.godwit.", ".v1"

# What a JSON Schema keyword is called in the `keyword` of a bad example.
FAULT = {
    "required": "missing", "type": "type", "pattern": "pattern", "const": "const", "not": "pattern",
    "minimum": "range", "maximum": "range", "minLength": "range", "maxLength": "range",
    "maxItems": "range", "maxProperties": "range",
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def short(event_type):
    """io.godwit.task.started.v1 -> task.started"""
    return event_type[len(PREFIX):-len(SUFFIX)]


CATALOGUE = {short(row["type"]): row for row in read(ROOT / "catalogue.json")["types"]}
SCHEMAS = {path.relative_to(ROOT).as_posix(): read(path)
           for folder in ("common", "types") for path in sorted((ROOT / folder).glob("*.json"))}
BY_ID = {schema["$id"]: schema for schema in SCHEMAS.values()}


def ecma_pattern(_validator, pattern, instance, _schema):
    # Python's $ also matches before a last newline; the standard's (ECMA-262) does not. Ours ends every pattern.
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


Validator = validators.extend(Draft202012Validator, {"pattern": ecma_pattern})


class Offline(RefResolver):
    """Resolves what is on disk and refuses all else."""

    def resolve_remote(self, uri):
        raise AssertionError(f"{uri} is not in schemas/")


def schema_of(name):
    return SCHEMAS[f"types/{name}.v1.json"]


def validator(schema):
    return Validator(schema, resolver=Offline(schema["$id"], schema, store=BY_ID), format_checker=FormatChecker())


VALIDATORS = {name: validator(schema_of(name)) for name in CATALOGUE}


def faults(name, event):
    """The set of (pointer, keyword) an event of this type is refused for; empty when it is valid."""
    found = set()
    for error in VALIDATORS[name].iter_errors(event):
        path = [str(part) for part in error.absolute_path]
        keyword = FAULT[error.validator]
        if error.validator == "required":
            path.append(re.match(r"'(.*)' is a required property", error.message).group(1))
        elif error.instance is None:
            keyword = "missing"  # null means absent
        found.add(("".join("/" + part for part in path), keyword))
    return found


def examples(kind):
    return sorted((EXAMPLES / kind).glob("*/*.json"))


def label(path):
    return f"{path.parent.name}/{path.stem}"
