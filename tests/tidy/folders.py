"""That each folder explains itself, that every event type is complete, and that the texts speak of Godwit alone."""
import re

from sources import Finding, Source

EXPLAINED = re.compile(r"^(?:(?:common|consumers|producers|tests)/[^/]+|schemas|tests|deploy)(?=/)")
CATALOGUE = "common/event/catalogue.cpp"


def readmes(sources: list[Source]) -> list[Finding]:
    paths = {source.path for source in sources}
    folders = {match[0] for path in paths if (match := EXPLAINED.match(path))}
    folders |= {"tests" for path in paths if path.startswith("tests/")}
    return [Finding(f"{folder}/README.md", 1, "is missing; say what the folder is, for whom, and who may depend on it")
            for folder in sorted(folders) if f"{folder}/README.md" not in paths]


def event_types(sources: list[Source]) -> list[Finding]:
    """Every type of the C++ catalogue has a schema, good and bad examples, and a scenario."""
    catalogue = next((source for source in sources if source.path == CATALOGUE), None)
    if catalogue is None:
        return []
    paths = {source.path for source in sources}
    told = set()
    for source in sources:
        if source.path.startswith("tests/scenarios/") and source.path.endswith(".scenario"):
            told |= {line.split()[1] for line in source.lines if len(line.split()) > 1 and not line.startswith("#")}
    found = []
    for number, line in enumerate(catalogue.lines, 1):
        match = re.match(r'\s*\{\w+, "([a-z_.]+)", \w+, \w+, "', line)
        if not match:
            continue
        name = match[1]
        if f"schemas/types/{name}.v1.json" not in paths:
            found.append(catalogue.at(number, f"{name} has no schema; add schemas/types/{name}.v1.json"))
        for kind in ("good", "bad"):
            folder = f"schemas/examples/{kind}/{name}/"
            if not any(path.startswith(folder) for path in paths):
                found.append(catalogue.at(number, f"{name} has no {kind} example; add one in {folder}"))
        if name not in told:
            found.append(catalogue.at(number, f"{name} is in no scenario; let it happen in tests/scenarios/"))
    return found


# Places and words of whoever wrote a line, which mean nothing to whoever reads it.
_PLACES = re.compile(r"(?<![\w$}.\-])/(?:work|root|home/\w+|Users/\w+)(?![\w\-])")
_WORDS = re.compile(r"\b(?:worktree|main session|sub-?agent|language model|chat ?bot|the brief|time budget)\b", re.IGNORECASE)


def texts(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        if source.path.startswith("tests/tidy/"):
            continue  # it has to spell what it looks for
        for number, line in enumerate(source.lines, 1):
            if match := _PLACES.search(line):
                found.append(source.at(number, f"{match[0]} is a place of one machine; write it relative to the repository"))
            if match := _WORDS.search(line):
                found.append(source.at(number, f'"{match[0]}" is not about Godwit; leave it out'))
    return found


RULES = [readmes, event_types, texts]
