"""The judges from npm, ajv, the AsyncAPI parser and an OpenAPI validator: installed from the lock file once, asked in JSON."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from cached_build import cached_build  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent / "node"
FILES = sorted(FOLDER.glob("*.json")) + sorted(FOLDER.glob("*.mjs"))


def ask(script: str, *arguments):
    """What node/<script> prints, parsed. Raises when it fails."""
    modules = cached_build("schema-tests", FILES, lambda place: [
        ("cp", *FILES, place), ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")])
    done = subprocess.run(["node", modules / script, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask_of_copies(script: str, document: pathlib.Path, text: str, planted: dict[str, tuple[str, str]], folder: pathlib.Path) -> dict:
    """What a judge says of the document, as "", and of one copy of `text` in `folder` per planted fault (right, wrong)."""
    copies = {"": document}
    for number, (fault, (right, wrong)) in enumerate(planted.items()):
        assert right in text
        copies[fault] = folder / f"{number}{document.suffix}"
        copies[fault].write_text(text.replace(right, wrong, 1), encoding="utf-8")
    answers = ask(script, *copies.values())
    return {fault: answers[str(path)] for fault, path in copies.items()}
