"""The programs of producers/examples: how each is built, with its ecosystem's own tool and lock file, and how it is run."""
import dataclasses
import pathlib
import subprocess
from collections.abc import Callable

from cached_build import cached_build

ROOT = pathlib.Path(__file__).resolve().parents[2] / "producers" / "examples"


@dataclasses.dataclass(frozen=True)
class Example:
    language: str
    program: str  # what a reader copies
    mode: str  # structured or binary
    inputs: tuple[str, ...]  # a change of these builds anew
    build: Callable  # (source, place) -> commands, run in the source folder, that write to the place only
    command: Callable  # place -> the start of its command line

    @property
    def source(self) -> pathlib.Path:
        return ROOT / self.language

    def built(self) -> pathlib.Path:
        """Builds it unless it is built; see cached_build."""
        return cached_build(f"example-{self.language}", [self.source / name for name in self.inputs],
                            lambda place: self.build(self.source, place), cwd=self.source)

    def run(self, to: str, task_id: str, vm_name: str) -> None:
        """Emits its migration, to brokers or a gateway. Raises with what it said when it fails."""
        command = [str(part) for part in (*self.command(self.built()), to, task_id, vm_name)]
        done = subprocess.run(command, cwd=self.source, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              check=False)
        assert done.returncode == 0, f"{self.language}: {done.returncode}\n{done.stdout}\n{done.stderr}"


def _python(source, place):
    yield "/usr/bin/python3", "-m", "venv", place / "venv"
    yield (place / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:",
           "-r", source / "requirements.txt")


def _go(_source, place):
    yield "go", "build", "-mod=readonly", "-o", place / "migration", "."


def _node(source, place):
    yield "cp", source / "package.json", source / "package-lock.json", source / "migration.js", place
    yield "npm", "ci", "--prefix", place, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"


def _java(source, place):
    yield "cp", source / "pom.xml", source / "Migration.java", place
    yield "mvn", "-B", "-q", "-C", "-f", place / "pom.xml", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime"
    yield "sh", "-c", f"cd '{place}/target/dependency' && sha256sum --quiet -c '{source}/jars.sha256'"


def _rust(_source, place):
    yield "cargo", "build", "--quiet", "--locked", "--target-dir", place / "target"
    yield "mv", place / "target/debug/migration", place / "migration"
    yield "rm", "-rf", place / "target"


EXAMPLES = {example.language: example for example in (
    Example("python", "migration.py", "binary", ("requirements.txt",), _python, lambda place: (place / "venv/bin/python", "migration.py")),
    Example("go", "main.go", "structured", ("go.mod", "go.sum", "main.go"), _go, lambda place: (place / "migration",)),
    Example("node", "migration.js", "binary", ("package-lock.json", "migration.js"), _node,
            lambda place: ("node", place / "migration.js")),
    Example("java", "Migration.java", "binary", ("pom.xml", "jars.sha256", "Migration.java"), _java,
            lambda place: ("java", "-cp", f"{place}/target/classes:{place}/target/dependency/*", "Migration")),
    Example("rust", "src/main.rs", "structured", ("Cargo.toml", "Cargo.lock", "src/main.rs"), _rust,
            lambda place: (place / "migration",)),
    Example("shell", "migration.sh", "structured", (), lambda _source, _place: (), lambda _place: ("./migration.sh",)),
)}
