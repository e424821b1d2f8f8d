"""Go's transparency-log libraries and tessera's fsck as a judge of what the audit writes: tests/ledger/judge."""
import pathlib
import subprocess

from cached_build import cached_build
from go_toolchain import go_command

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "ledger" / "judge"


def ledger_judge():
    """run("fsck", url, vkey, origin) -> what it said that is wrong, or nothing. Built once, and kept."""
    def build(place):
        # Not optimised: building takes longer than running.
        yield "env", "CGO_ENABLED=0", "GOTOOLCHAIN=local", go_command(), "build", "-mod=readonly", "-gcflags=all=-N -l", "-o", place / "judge", "."

    program = cached_build("ledger-judge", [*SOURCE.glob("*.go"), SOURCE / "go.mod", SOURCE / "go.sum"], build, cwd=SOURCE) / "judge"

    def run(*arguments) -> str:
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)
        said = _failure(done.stderr)
        assert (done.returncode == 0) == (not said), done
        return said if done.returncode else ""

    return run


def _failure(said: str) -> str:
    """Without the log lines of fsck, such as "I1121 22:59:25.903191 5944 fsck.go:91] ..."."""
    return "\n".join(line for line in said.splitlines() if not line[:5].strip("IWE").isdigit())
