"""How long things are, how a header begins, and what nothing is called."""
import bisect
import re

from sources import Finding, Source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

_CONTAINER = re.compile(r"\b(?:namespace|class|struct|enum|union|extern)\b")
_NO_FUNCTION = re.compile(r"^\s*(?:\S+\s*:\s*)?(?:if|for|while|switch|do|else|try|catch|return|using|concept)\b")


def _closing(code: str) -> dict[int, int]:
    """Opening bracket -> its closing one."""
    pairs, stack = {}, []
    for at, char in enumerate(code):
        if char in "({[":
            stack.append(at)
        elif char in ")}]" and stack:
            pairs[stack.pop()] = at
    return pairs


def _without_template(head: str) -> str:
    head = head.lstrip()
    while head.startswith("template"):
        depth = 0
        for at, char in enumerate(head):
            depth += (char == "<") - (char == ">")
            if char == ">" and depth == 0:
                break
        head = head[at + 1:].lstrip()
    return head


def _is_function(head: str) -> bool:
    head = _without_template(re.sub(r"\boperator\s*(?:\(\)|[^\s\w(]+)", "operator_", head))
    outside = re.sub(r"\([^()]*\)", "()", re.sub(r"\([^()]*\)", "", head))
    return "(" in head and not _NO_FUNCTION.match(head) and "=" not in re.sub(r"[=!<>]=", "", outside.split("(")[0])


def functions(source: Source) -> list[tuple[int, int]]:
    """(first line, number of lines) of each function with a body; lambdas belong to the function around them."""
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m[0]), source.code)
    pairs = _closing(code)
    starts = [0] + [match.end() for match in re.finditer("\n", code)]
    found = []
    at = head_from = 0
    while at < len(code):
        char = code[at]
        if char in "([" and at in pairs:
            at = pairs[at]
        elif char in ";}":
            head_from = at + 1
        elif char == ":" and re.search(r"\b(?:public|private|protected)\s*$", code[head_from:at]):
            head_from = at + 1
        elif char == "{" and at in pairs:
            head = code[head_from:at]
            after = code[pairs[at] + 1:].lstrip()[:1]
            if "(" not in _without_template(head) and _CONTAINER.search(_without_template(head)):
                head_from = at + 1  # look inside
            elif after in {",", "{"} and _is_function(head):
                at = pairs[at]  # a member's initialiser: the body comes later
            else:
                if _is_function(head):
                    begin = head_from + len(head) - len(head.lstrip())
                    first = bisect.bisect_right(starts, begin)
                    found.append((first, bisect.bisect_right(starts, pairs[at]) - first + 1))
                at = pairs[at]
                head_from = at + 1
        at += 1
    return found


def lengths(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        if not source.path.endswith((".h", ".cpp", ".h.in", ".py", ".sh", ".ts", ".css")):
            continue
        if len(source.lines) > FILE_LINES_MAX:
            found.append(source.at(FILE_LINES_MAX + 1, f"the file has {len(source.lines)} lines; {FILE_LINES_MAX} is the most, split it"))
        if source.is_cpp:
            found.extend(source.at(line, f"the function has {count} lines; {FUNCTION_LINES_MAX} is the most, split it")
                         for line, count in functions(source) if count > FUNCTION_LINES_MAX)
    return found


def headers(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        if not source.is_header:
            continue
        if not re.match(r"// \S", source.text):
            found.append(source.at(1, "the header does not begin with a comment; say what it is"))
        if not any(line.strip() == "#pragma once" for line in source.lines):
            found.append(source.at(1, "the header lacks #pragma once; add it below its comment"))
    return found


_EMPTY_NAME = r"(?:Manager|Helper|Util(?:s|ity|ities)?(?![a-z]))"
_TYPE = re.compile(r"\b(?:class|struct|union|enum(?:\s+class)?|concept|using)\s+(\w*" + _EMPTY_NAME + r"\w*)")
_FILE = re.compile(r"(?:^|[_\-.])(?:manager|helper|util|utility|utilitie)s?(?:[_\-.]|$)", re.IGNORECASE)


def names(sources: list[Source]) -> list[Finding]:
    found = []
    for source in sources:
        for part in source.path.split("/"):
            if _FILE.search(part):
                found.append(source.at(1, f"{part} says nothing; name it for what it does"))
        if source.is_cpp:
            found.extend(source.at(number, f"{match[1]} says nothing; name it for what it does")
                         for number, line in enumerate(source.code_lines, 1) for match in _TYPE.finditer(line))
    return found


RULES = [lengths, headers, names]
