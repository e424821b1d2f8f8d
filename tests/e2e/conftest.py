"""What end-to-end tests are written with: brokers, programs, HTTP, waiting. See tests/README.md."""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lib"))
sys.dont_write_bytecode = True

from broker import Broker  # noqa: E402
from program import Program  # noqa: E402

BIN = pathlib.Path(os.environ.get("GODWIT_BIN_DIR", ROOT / "build" / "release" / "bin"))

# Flags of programs that are given none of the kind: each question to the audit would be an entry of its own, and what it
# holds would never be what the log held before it was asked.
UNWATCHED = ("--access-events", "off")
SILENT = ("--own-events", "off")  # likewise its starts, stops and sealed segments


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """An empty broker of this file alone (topic names are fixed, so sharing one would mix the tests' events)."""
    with Broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="module")
def brokers(broker, godwit):
    """The HOST:PORT of `broker`, with the topics."""
    godwit("topics", "create", "--brokers", broker.address)
    return broker.address


@pytest.fixture
def work():
    """A directory with a short path: unix sockets have no room for a long one."""
    with tempfile.TemporaryDirectory(prefix="gw-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def own_broker(tmp_path):
    """An empty broker of one test, which may kill it, stop it and start it again."""
    with Broker(tmp_path / "kafka") as running:
        yield running


@pytest.fixture(scope="session")
def shared_broker():
    """The HOST:PORT of the broker all tests share; started for the session when ctest has not started one."""
    named = os.environ.get("GODWIT_TEST_BROKERS_FILE")
    if named and pathlib.Path(named).exists():
        yield pathlib.Path(named).read_text().strip()
        return
    with Broker(ROOT / "build" / "release" / "tests" / "kafka") as running:
        yield running.address


@contextlib.contextmanager
def programs(directory):
    """Gives start("godwit-progress", *flags, brokers=..., data=DIR) -> Program, started; all are stopped at the end.

    `data` defaults to a directory shared by the programs, which a second run of one finds again.
    """
    running: list[Program] = []

    def start(name: str, *flags: str, brokers: str = "", data=None, env: dict | None = None) -> Program:
        arguments = [*flags]
        if name == "godwit-audit" and UNWATCHED[0] not in arguments:
            arguments += UNWATCHED
        if name == "godwit-audit" and SILENT[0] not in arguments:
            arguments += SILENT
        if brokers:
            arguments += ["--brokers", brokers]
        program = Program(BIN / name, arguments, directory, data=data or directory / "data", env=env)
        running.append(program)
        return program.start()

    yield start
    for program in reversed(running):
        program.stop()


@pytest.fixture
def run(tmp_path):
    """Starts programs of one test: see programs()."""
    with programs(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def run_for_all(tmp_path_factory):
    """Starts programs that all tests of a file share: see programs()."""
    with programs(tmp_path_factory.mktemp("programs")) as start:
        yield start


@pytest.fixture(scope="session")
def godwit():
    """godwit("topics", "create", "--brokers", address) -> its standard output; raises when it fails."""
    def call(*arguments: str, stdin: str | bytes = "", timeout_s: float = 60) -> str:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run([BIN / "godwit", *arguments], input=data, capture_output=True, timeout=timeout_s,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"godwit {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()

    return call
