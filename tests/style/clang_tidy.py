"""Runs clang-tidy over every source of ours in a build directory, and fails on any finding.

A file that was clean stays clean while nothing it is made of changes: a stamp in BUILD/clang-tidy/ names the hash
of its own bytes, of the project's headers it includes (as the build's dependency log knows them), of its compile
command and of .clang-tidy. Usage: clang_tidy.py BUILD_DIR

Most of the time goes into the headers of the standard library, which every source includes. So sources with one
compile command are checked several at a time, as one translation unit; only when that has anything to say (a
finding, or names of two files that clash) is each checked by itself, and that verdict counts.
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
TOGETHER_MAX = 8


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


def tidy(*arguments: str) -> tuple[bool, str]:
    run = subprocess.run(["clang-tidy", "--quiet", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    lines = [line for line in run.stdout.splitlines()
             if not line.endswith("warnings generated.") and "warnings treated as errors" not in line]
    return run.returncode == 0, "\n".join(lines)


def flags(entry: dict) -> tuple[str, ...]:
    """The compile command without what names the one file."""
    words = shlex.split(entry["command"])[1:]
    out = words.index("-o")
    return tuple(word for word in words[:out] + words[out + 2:] if word not in ("-c", entry["file"]))


def batches(todo: list[dict]) -> list[list[dict]]:
    """Sources that can be one translation unit: of one folder, compiled alike."""
    alike: dict[tuple, list[dict]] = {}
    for entry in todo:
        alike.setdefault((os.path.dirname(entry["file"]), flags(entry)), []).append(entry)
    return [group[i:i + TOGETHER_MAX] for group in alike.values() for i in range(0, len(group), TOGETHER_MAX)]


def check(batch: list[dict], build: pathlib.Path) -> list[tuple[dict, bool, str]]:
    if len(batch) > 1:
        names = [entry["file"] for entry in batch]
        together = build / "clang-tidy" / f"{hashlib.sha256(repr(names).encode()).hexdigest()[:16]}.cpp"
        together.write_text("".join(f'#include "{name}"\n' for name in names))
        try:
            clean, _ = tidy("--checks=-bugprone-suspicious-include", str(together), "--", *flags(batch[0]))
        finally:
            together.unlink()
        if clean:
            return [(entry, True, "") for entry in batch]
    return [(entry, *tidy("-p", str(build), entry["file"])) for entry in batch]


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    stamps = build / "clang-tidy"
    stamps.mkdir(exist_ok=True)
    known = dependencies(build)
    todo, keys, sources = [], {}, 0
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if not entry["file"].startswith(OURS):
            continue
        sources += 1
        inputs = known.get(object_file(entry))
        key = keys[entry["file"]] = fingerprint(entry, inputs) if inputs else None
        if key is None or not (stamps / key).exists():
            todo.append(entry)
    for stamp in stamps.iterdir():
        if stamp.name not in keys.values():
            stamp.unlink()

    checked = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for results in pool.map(lambda batch: check(batch, build), batches(todo)):
            for entry, clean, output in results:
                checked += 1
                print(f"[{checked}/{len(todo)}] {os.path.relpath(entry['file'], ROOT)}{'' if clean else ': findings'}",
                      flush=True)
                if not clean:
                    failed += 1
                    print(output, flush=True)
                elif keys[entry["file"]]:
                    (stamps / keys[entry["file"]]).touch()
    print(f"{sources} sources, {len(todo)} checked now, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
