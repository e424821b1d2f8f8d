"""What a test builds from a lock file, kept between runs beside the fetched Kafka (~/.cache/godwit)."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "godwit" / "builds"
BUILD_S_MAX = 600
UNUSED_S_MAX = 14 * 24 * 3600


def cached_build(name: str, inputs, command, cwd=None) -> pathlib.Path:
    """The directory that the command lines of `command(directory)` filled from `inputs`, files whose bytes name it.

    Checkouts with other inputs have directories of their own; what nobody has used for two weeks goes with the next build. A failed
    build leaves nothing that could pass for finished. Raises with the end of what it said. Safe when several tests ask at once.
    """
    place = CACHE / f"{name}-{_fingerprint(inputs)}"
    stamp = place / ".built"
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / f"{name}.lock"):
        if not stamp.exists():
            _drop_unused(name)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for arguments in command(place):
                _run(arguments, cwd or place)
        stamp.touch()
    return place


def _drop_unused(name: str) -> None:
    for stamp in CACHE.glob(f"{name}-*/.built"):
        if time.time() - stamp.stat().st_mtime > UNUSED_S_MAX:
            shutil.rmtree(stamp.parent, ignore_errors=True)


def _fingerprint(inputs) -> str:
    digest = hashlib.sha256()
    for path in sorted(map(pathlib.Path, inputs)):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _run(arguments, cwd) -> None:
    done = subprocess.run([str(part) for part in arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=BUILD_S_MAX, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stdout[-3000:]}")


@contextlib.contextmanager
def _locked(path):
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
