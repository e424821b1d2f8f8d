"""A Go that is new enough: the one in PATH, or a pinned one from Go's module proxy, where newer Go fetches it by itself."""
import json
import pathlib
import subprocess

NEEDED = (1, 24)
PINNED = "v0.0.1-go1.24.0.linux-amd64"
PINNED_SUM = "h1:oPC9yECkA1xwFfkEB5H9B9GDchhCH79d2Y7l4ybHXF0="
DOWNLOAD_S_MAX = 300


def go_command() -> str:
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True, timeout=60).stdout
    if tuple(map(int, said.strip().removeprefix("go").split(".")[:2])) >= NEEDED:
        return "go"
    done = subprocess.run(["go", "mod", "download", "-json", f"golang.org/toolchain@{PINNED}"], cwd="/", capture_output=True, text=True,
                          check=False, timeout=DOWNLOAD_S_MAX)
    found = json.loads(done.stdout or "{}")
    if done.returncode != 0 or found.get("Sum") != PINNED_SUM:
        raise RuntimeError(f"golang.org/toolchain@{PINNED} was not to be had: {found.get('Error') or found.get('Sum') or done.stderr}")
    place = pathlib.Path(found["Dir"])
    for program in (*place.glob("bin/*"), *place.glob("pkg/tool/*/*")):  # modules are kept without modes
        program.chmod(0o555)
    return str(place / "bin/go")
