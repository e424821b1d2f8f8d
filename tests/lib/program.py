"""A Godwit program under test: started on a free port, asked over HTTP, stopped or killed by its pid."""
import ctypes
import os
import pathlib
import signal
import subprocess

from http_json import get
from waiting import wait_until

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def die_with_parent() -> None:
    """In the child before it becomes the program: a killed test leaves no programs behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Program:
    """One process at a time. start() after stop() or kill() runs it again on the same data, on another port."""

    def __init__(self, path, arguments: list[str], directory, data, env: dict | None = None):
        self.path = pathlib.Path(path)
        self.name = self.path.name
        self.directory = pathlib.Path(directory)
        self.data = pathlib.Path(data)
        self.log_path = self._unused_log()
        self._port_file = self.log_path.with_suffix(".port")
        self._arguments = [str(argument) for argument in arguments]
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen | None = None
        self.address = ""
        self.paused = False

    def start(self, ready_s: float = 0) -> "Program":
        """Returns when it listens; with ready_s also when /readyz says ready."""
        assert not self.running(), f"{self.name} runs already"
        self.data.mkdir(parents=True, exist_ok=True)
        self._port_file.unlink(missing_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [self.path, *self._arguments, "--data", self.data, "--listen", "127.0.0.1:0",
                 "--port-file", self._port_file],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env, preexec_fn=die_with_parent)
        self.address = wait_until(self._listening, 20, f"{self.name} to listen")
        if ready_s:
            self.wait_ready(ready_s)
        return self

    def wait_ready(self, timeout_s: float = 30) -> "Program":
        def ready():
            assert self.running(), f"{self.name} ended with {self._process.returncode}:\n{self.log_tail()}"
            answer = get(f"{self.url}/readyz")
            self._reason = answer.text
            return answer.status == 200

        self._reason = "no answer"
        wait_until(ready, timeout_s, lambda: f"{self.name} to be ready: {self._reason}\n{self.log_tail()}")
        return self

    def stop(self, timeout_s: float = 20) -> int | None:
        """SIGTERM, and the exit status; fails the test when it does not end in time. Harmless when it does not run."""
        if not self._process:
            return None
        if self.running():
            self._process.send_signal(signal.SIGTERM)
            self.resume()
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"{self.name} ignored SIGTERM for {timeout_s} s:\n{self.log_tail()}") from None

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self._process.kill()
        self._process.wait()
        self.paused = False

    def pause(self) -> None:
        """SIGSTOP: it keeps what it has and does nothing, as on a machine that hangs."""
        self._process.send_signal(signal.SIGSTOP)
        self.paused = True

    def resume(self) -> None:
        """SIGCONT. Harmless when it is not paused."""
        self._process.send_signal(signal.SIGCONT)
        self.paused = False

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(self.log().splitlines()[-lines:])

    def _listening(self):
        assert self.running(), f"{self.name} ended with {self._process.returncode}:\n{self.log_tail()}"
        return self._port_file.exists() and self._port_file.read_text().strip()

    def _unused_log(self) -> pathlib.Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        count = len(list(self.directory.glob(f"{self.name}.*.log")))
        return self.directory / f"{self.name}.{count + 1}.log"
