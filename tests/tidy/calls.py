"""Calls that are not made here, and what to use instead."""
import re

from sources import Finding, Source

BANNED = [
    (r"\bsystem_clock\s*::\s*now\b", "asks for the time; take a Clock", {"common/base/clock.cpp"}),
    (r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.:>])(?:::)?sleep\s*\(",
     "sleeps; wait for the condition itself, with a deadline", set()),
    (r"\bstd\s*::\s*cout\b", "writes to std::cout; use fmt::print or the log", set()),
    (r"\bstd\s*::\s*w?(?:regex|cmatch|smatch)\b|#\s*include\s*<regex>", "uses std::regex; write a small parser", set()),
    (r"\bv?(?:f|s|sn|d|as)?printf\s*\(", "uses printf; use fmt", set()),
]
NEW = re.compile(r"\bnew\b(?!\s*\()\s*[A-Za-z_:]|\bnew\s*\(")
DELETE = re.compile(r"\bdelete\b")
NOLINT = re.compile(r"NOLINT(?:NEXTLINE|BEGIN)?(?P<check>\([^)]*\))?(?P<reason>:\s*\S+)?")


def banned(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        if not source.is_cpp:
            continue
        for pattern, what, excepted in BANNED:
            if source.path in excepted:
                continue
            for number, line in enumerate(source.code_lines, 1):
                if re.search(pattern, line):
                    found.append(source.at(number, what))
    return found


def _excused(source: Source, number: int) -> bool:
    here = NOLINT.search(source.lines[number - 1])
    above = NOLINT.search(source.lines[number - 2]) if number > 1 else None
    return bool((here and here["reason"]) or (above and "NEXTLINE" in above[0] and above["reason"]))


def naked_memory(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        if not source.is_cpp:
            continue
        for number, line in enumerate(source.code_lines, 1):
            deletes = DELETE.search(re.sub(r"=\s*delete\b|operator\s+(?:new|delete)\b", "", line))
            creates = NEW.search(re.sub(r"operator\s+(?:new|delete)\b", "", line))
            if (deletes or creates) and not _excused(source, number):
                found.append(source.at(number, f"a naked {'delete' if deletes else 'new'}; let an owner do it, or say why not: "
                                               "// NOLINT: reason"))
    return found


def reasons(sources: list[Source]) -> list[Finding]:
    return [source.at(number, "NOLINT that does not say of what; write // NOLINT(check) or // NOLINT: reason")
            for source in sources if source.is_cpp
            for number, line in enumerate(source.lines, 1)
            if (match := NOLINT.search(line)) and not match["reason"] and not match["check"] and "NOLINTEND" not in line]


RULES = [banned, naked_memory, reasons]
