"""Checks the rules of this code base that no compiler knows. Usage: tidy.py [ROOT]

Prints `file:line: what is wrong; what to do` for each breach, and fails when there is one.
"""
import pathlib
import sys

import calls
import folders
import layers
import shape
from sources import Finding, read_tree

RULES = layers.RULES + calls.RULES + shape.RULES + folders.RULES


def check(root: pathlib.Path) -> list[Finding]:
    sources = read_tree(root)
    return [finding for rule in RULES for finding in rule(sources)]


def main() -> int:
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    findings = check(root)
    for finding in sorted(findings, key=lambda f: (f.path, f.line)):
        print(finding)
    print(f"{len(findings)} findings" if findings else "tidy")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
