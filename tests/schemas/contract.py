"""What schemas demand, flattened: for each place in an event, the rules that hold there, references followed, all in one table.

A place is a JSON pointer with `*` for every item of a list and `?` for every member that has no rule of its own.
"""
import json
from urllib.parse import urljoin

PROSE = {"$schema", "$id", "$defs", "$comment", "title", "description"}
UNIONS = {"minimum": max, "minLength": max, "minItems": max, "maximum": min, "maxLength": min, "maxItems": min, "maxProperties": min}


def canonical(value) -> str:
    return json.dumps(value, sort_keys=True)


def without_prose(node):
    """The schema without what only people read; a member of `properties` keeps its name whatever it is."""
    if isinstance(node, list):
        return [without_prose(child) for child in node]
    if not isinstance(node, dict):
        return node
    kept = {name: value for name, value in node.items() if name not in ("$comment", "description") or isinstance(value, dict)}
    return {name: without_prose(value) for name, value in kept.items()}


class Contract:
    """The rules of every type in `schemas` ($id -> schema) and its row of the catalogue."""

    def __init__(self, catalogue: list[dict], schemas: dict[str, dict]):
        self._schemas = schemas
        self.rows = {row["type"]: row for row in catalogue}
        self.types = {}
        for base, schema in schemas.items():
            if "/types/" in base:
                places: dict[str, dict] = {}
                self._flatten(schema, base, "", places)
                self.types[schema["title"]] = places

    def _flatten(self, schema, base: str, place: str, places: dict) -> None:
        rules = places.setdefault(place, {})
        if schema is True:
            return
        if schema is False:
            rules.setdefault("forbidden", set()).add("true")
            return
        for keyword, value in schema.items():
            if keyword == "$ref":
                self._flatten(*self._target(urljoin(base, value)), place, places)
            elif keyword == "allOf":
                for part in value:
                    self._flatten(part, base, place, places)
            elif keyword == "properties":
                for name, part in value.items():
                    self._flatten(part, base, f"{place}/{name}", places)
            elif keyword in ("items", "additionalProperties"):
                self._flatten(value, base, f"{place}/{'*' if keyword == 'items' else '?'}", places)
            elif keyword not in PROSE:
                _add(rules, keyword, value)

    def _target(self, uri: str):
        """The schema a reference leads to and the base of its own references."""
        base, _, pointer = uri.partition("#")
        node = self._schemas[base]
        for part in filter(None, pointer.split("/")):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node, base


def _add(rules: dict, keyword: str, value) -> None:
    """Joins a rule with what already holds at its place: both must be met."""
    if keyword == "type":
        kinds = set([value] if isinstance(value, str) else value)
        kinds |= {"integer"} if "number" in kinds else set()
        rules["type"] = rules.get("type", kinds) & kinds
    elif keyword in ("const", "enum"):
        values = {canonical(each) for each in (value if keyword == "enum" else [value])}
        rules["one of"] = rules.get("one of", values) & values
    elif keyword in UNIONS:
        rules[keyword] = UNIONS[keyword](rules.get(keyword, value), value)
    elif keyword == "required":
        rules.setdefault("required", set()).update(value)
    else:  # pattern, not, if, then, ...: not understood, only compared
        rules.setdefault(keyword, set()).add(canonical(value))
