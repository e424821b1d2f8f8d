"""Runs clang-tidy over every source of ours in a build directory, and fails on any finding.

A file that was clean stays clean while nothing it is made of changes: a stamp in BUILD/clang-tidy/ names the hash
of its own bytes, of the project's headers it includes (as the build's dependency log knows them), of its compile
command and of .clang-tidy. Usage: clang_tidy.py BUILD_DIR
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT}/{folder}/" for folder in ("common", "consumers", "producers", "tests"))


def dependencies(build: pathlib.Path) -> dict[str, list[str]]:
    """Object file -> files of ours it was compiled from, as ninja recorded them."""
    log = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True).stdout
    files: dict[str, list[str]] = {}
    current: list[str] = []
    for line in log.splitlines():
        if line.startswith("    "):
            path = os.path.normpath(build / line.strip())
            if path.startswith(OURS):
                current.append(path)
        elif ": #deps" in line:
            current = files.setdefault(line.split(": #deps")[0], [])
    return files


def object_file(entry: dict) -> str:
    words = shlex.split(entry["command"])
    return words[words.index("-o") + 1]


def fingerprint(entry: dict, inputs: list[str]) -> str:
    digest = hashlib.sha256()
    digest.update((ROOT / ".clang-tidy").read_bytes())
    digest.update(entry["command"].encode())
    for path in sorted({entry["file"], *inputs}):
        digest.update(path.encode() + b"\0" + pathlib.Path(path).read_bytes())
    return digest.hexdigest()


def check(entry: dict, build: pathlib.Path) -> tuple[bool, str]:
    run = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), entry["file"]],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = [line for line in run.stdout.splitlines()
             if not line.endswith("warnings generated.") and "warnings treated as errors" not in line]
    return run.returncode == 0, "\n".join(lines)


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    stamps = build / "clang-tidy"
    stamps.mkdir(exist_ok=True)
    known = dependencies(build)
    todo, hashes, sources = [], set(), 0
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if not entry["file"].startswith(OURS):
            continue
        sources += 1
        inputs = known.get(object_file(entry))
        key = fingerprint(entry, inputs) if inputs else None
        hashes.add(key)
        if key is None or not (stamps / key).exists():
            todo.append((entry, key))
    for stamp in stamps.iterdir():
        if stamp.name not in hashes:
            stamp.unlink()

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda item: (*item, *check(item[0], build)), todo)
        for done, (entry, key, clean, output) in enumerate(results, 1):
            name = os.path.relpath(entry["file"], ROOT)
            print(f"[{done}/{len(todo)}] {name}{'' if clean else ': findings'}", flush=True)
            if not clean:
                failed += 1
                print(output, flush=True)
            elif key:
                (stamps / key).touch()
    print(f"{sources} sources, {len(todo)} checked now, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
