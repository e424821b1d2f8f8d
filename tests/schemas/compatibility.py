"""Is what the schemas demand today compatible with what was published? `compatibility.py` says how it is not; `--publish` records it.

The record is schemas/published.json: catalogue and schemas without their prose. What was published stays true for ever; another
meaning needs another type, `....v2`. Compatible: new types, new optional members, wider limits.
"""
import json
import pathlib
import sys

from contract import UNIONS, Contract, without_prose

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
RECORD = SCHEMAS / "published.json"
PUBLISH = "python3 tests/schemas/compatibility.py --publish"


def read_schemas(root=SCHEMAS) -> dict:
    """{"types": catalogue rows, "schemas": $id -> schema}, as the record has it."""
    files = [path for folder in ("common", "types") for path in sorted((root / folder).glob("*.json"))]
    schemas = [without_prose(json.loads(path.read_text(encoding="utf-8"))) for path in files]
    rows = json.loads((root / "catalogue.json").read_text(encoding="utf-8"))["types"]
    return {"types": [{name: value for name, value in row.items() if name != "summary"} for row in rows],
            "schemas": {schema["$id"]: schema for schema in schemas}}


def read_record() -> dict:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def breaches(old: dict, new: dict) -> list[str]:
    """Every way in which an event or a reader that was right by `old` would be wrong by `new`."""
    before, after = (Contract(one["types"], one["schemas"]) for one in (old, new))
    found = []
    for name, row in before.rows.items():
        if name not in after.rows or name not in after.types:
            found.append(f"{name}: the type is gone")
            continue
        found += [f"{name}: its {part} was {row[part]}, is {after.rows[name][part]}" for part in ("topic", "subject")
                  if row[part] != after.rows[name][part]]
        for place, rules in before.types[name].items():
            where = f"{name} {place or '/'}"
            if place not in after.types[name]:
                found.append(f"{where}: the member is gone")
            else:
                found += [f"{where}: {what}" for what in _narrowed(rules, after.types[name][place])]
        for place in after.types[name].keys() - before.types[name].keys():
            parent, _, last = place.rpartition("/")
            if last in ("?", "*") and parent in before.types[name] and after.types[name][place]:
                found.append(f"{name} {parent or '/'}: {'unknown members' if last == '?' else 'items'} were free, have rules now")
    return found


def _narrowed(old: dict, new: dict):
    for member in sorted(new.get("required", set()) - old.get("required", set())):
        yield f"{member} is required now"
    for member in sorted(old.get("required", set()) - new.get("required", set())):
        yield f"{member} is no longer required, and readers count on it"
    for keyword in ("type", "one of"):
        if keyword in new and not old.get(keyword, {"anything"}) <= new[keyword]:
            yield f"{keyword} was {sorted(old.get(keyword, ['anything']))}, is {sorted(new[keyword])}"
    for keyword, stricter in UNIONS.items():
        if keyword in new and (keyword not in old or stricter(old[keyword], new[keyword]) != old[keyword]):
            yield f"{keyword} was {old.get(keyword, 'free')}, is {new[keyword]}"
    for keyword in sorted(new.keys() - UNIONS.keys() - {"type", "one of", "required"}):
        if new[keyword] - old.get(keyword, set()):
            yield f"{keyword} has changed"


def publish(contract: dict) -> None:
    """One line for each type and schema, so that a change of the record can be read."""
    def lines(rows):
        return ",\n".join(f"  {row}" for row in rows)

    types = lines(json.dumps(row) for row in contract["types"])
    schemas = lines(f"{json.dumps(name)}: {json.dumps(schema)}" for name, schema in contract["schemas"].items())
    RECORD.write_text(f'{{"types": [\n{types}\n], "schemas": {{\n{schemas}\n}}}}\n', encoding="utf-8")


def main(arguments: list[str]) -> int:
    now = read_schemas()
    found = breaches(read_record(), now) if RECORD.exists() else []
    for breach in found:
        print(breach)
    if not found and arguments == ["--publish"]:
        publish(now)
    elif not found and now != read_record():
        print(f"compatible, but not published: {PUBLISH}")
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
