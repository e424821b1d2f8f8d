"""What a test builds from a lock file, kept between runs beside the fetched Kafka (~/.cache/godwit)."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "godwit" / "builds"
BUILD_S_MAX = 600


def cached_build(name: str, inputs, command, cwd=None, env: dict | None = None) -> pathlib.Path:
    """The directory that `command(directory)` filled from `inputs`, files whose bytes decide whether it is built anew.

    One directory per name: a build of other inputs replaces it, a failed one leaves nothing that could pass for finished. Raises
    with the end of what it said. Safe when several tests ask at once.
    """
    place = CACHE / name
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = _fingerprint(inputs)
    with _locked(CACHE / f"{name}.lock"):
        stamp = place / ".built-from"
        if stamp.exists() and stamp.read_text() == wanted:
            return place
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for arguments in command(place):
            _run(arguments, cwd or place, env)
        stamp.write_text(wanted)
    return place


def _fingerprint(inputs) -> str:
    digest = hashlib.sha256()
    for path in sorted(map(pathlib.Path, inputs)):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _run(arguments, cwd, env) -> None:
    done = subprocess.run([str(part) for part in arguments], cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=BUILD_S_MAX, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stdout[-3000:]}")


@contextlib.contextmanager
def _locked(path):
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
