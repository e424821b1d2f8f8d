"""What write_messages writes, once for all tests, and the judges from npm."""
import functools
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

from cached_build import cached_build  # noqa: E402

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
HOSTILE = [
    "<!channel> <@U1> & <https://evil.example|here> *x* _y_ `z`\n>q",
    "@everyone @here <@&1> [click](https://evil.example) **x** # y\r\n- z",
    "\"}]}\\\u202egnp.exe\u2066\u200f\x1b[31m\x7f",
    "<script>alert(1)</script> {{DATE(2017-02-14T06:08:39Z,SHORT)}} {{{vm_name}}}",
    "x\r\nBcc: victim@evil.example\r\n\r\n.\r\nQUIT\r\n",
    "=?UTF-8?B?QmNjOg==?= --=_godwit_=--",
    "x" * 10_000,
    "<&>" * 4_000,
    "\"\\\n" * 4_000,
    "*_~`" * 2_500,
    "\U0001F468\u200d\U0001F469\u200d\U0001F467" * 1_000,
    "a" + "\u0301" * 10_000,
    "\u05d0\u202e\u05d1" * 3_000,
    " ",
]


@functools.cache
def messages() -> list[dict]:
    """Signed now, since verifiers look at the time."""
    program = pathlib.Path(os.environ["GODWIT_BIN_DIR"]) / "write_messages"
    done = subprocess.run([program, str(int(time.time())), SECRET, KEY, *HOSTILE], capture_output=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def of_kind(kind: str) -> list[dict]:
    found = [message for message in messages() if message["kind"] == kind]
    assert len(found) > 30
    return found


def judge(lines: list[dict]) -> list[list[str]]:
    """What the judges from npm say against each."""
    files = sorted((HERE / "judge").iterdir())
    place = cached_build("webhook-tests", files, lambda place: [
        ("cp", *files, place), ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")])
    done = subprocess.run(["node", place / "judge.mjs"], input="".join(json.dumps(line) + "\n" for line in lines),
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def complaints(lines: list[dict]) -> list[str]:
    return [f"{line['kind']} of {line['event']}, {line['text'][:30]!r}: {said}" for line, all_said in zip(lines, judge(lines), strict=True)
            for said in all_said]
