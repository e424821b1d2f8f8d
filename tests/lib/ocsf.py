"""The published OCSF schema as JSON Schema, from PyPI by a lock file."""
import pathlib
import sys

import jsonschema

from cached_build import cached_build

LOCK = pathlib.Path(__file__).with_name("ocsf.lock")


def validator(version: str, class_name: str) -> jsonschema.Draft202012Validator:
    """Checks events of one class of that version, with all objects in them."""
    built = cached_build("ocsf", [LOCK], lambda place: [
        [sys.executable, "-m", "venv", place / "venv"],
        [place / "venv/bin/pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r", LOCK]])
    sys.path.append(str(next((built / "venv/lib").glob("python3*/site-packages"))))
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
    return jsonschema.Draft202012Validator(OcsfJsonSchemaEmbedded(get_ocsf_schema(version)).get_class_schema(class_name))
