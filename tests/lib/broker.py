"""One real Kafka broker on free ports, for tests.

As a module: `with Broker(directory) as broker: ... broker.address`. Its data, log and pid file are under the
directory, so kill() and start() again keep port and data.
As a script: broker.py start DIR | stop DIR; start begins with an empty log, and DIR/brokers holds HOST:PORT.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from kafka_tools import metadata, run_tool
from waiting import wait_until

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "kafka"


class Broker:
    """A broker in a directory of its own. Not started by the constructor."""

    def __init__(self, directory, options: tuple[str, ...] = ("--port", "0"), **settings: str):
        """`options` are for deploy/kafka/start; `settings` go to server.properties, with _ for dots: log_retention_ms="1"."""
        self.directory = pathlib.Path(directory).resolve()
        self._options = [*options]
        for name, value in settings.items():
            self._options += ["--set", f"{name.replace('_', '.')}={value}"]

    def start(self) -> "Broker":
        """Returns when it answers. Raises with what it said when it does not."""
        run = subprocess.run([SCRIPTS / "start", "--home", self.directory, *self._options], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"no broker: {run.stderr.strip()}")
        return self

    def stop(self) -> None:
        """An orderly stop; the data stays. Harmless when it does not run."""
        subprocess.run([SCRIPTS / "stop", "--home", self.directory], check=True, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """SIGKILL. The next start() takes about 3 s longer: the old session must end first."""
        os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not self.running(), 10, "the broker to die")

    def running(self) -> bool:
        try:  # a dead process that nobody has waited for has no command line
            return str(self.directory).encode() in pathlib.Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return False

    def topics(self) -> set[str]:
        return {topic["topic"] for topic in metadata(self.address)["topics"]}

    def delete_topic(self, name: str) -> None:
        """By Kafka's own tool, as create_topic(). It returns before the topic is gone everywhere."""
        self._topic_tool("--delete", "--topic", name)

    def create_topic(self, name: str, partitions: int) -> None:
        self._topic_tool("--create", "--topic", name, "--partitions", str(partitions), "--replication-factor", "1")

    def produce_with_java(self, topic: str, lines: str) -> None:
        """Sends lines of "key<tab>value" with Java's own producer, which partitions as it does by default."""
        self._tool("ConsoleProducer", "--topic", topic, "--reader-property", "parse.key=true",
                   "--reader-property", "key.separator=\t", stdin=lines)

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """The log of the partition begins at offset `before` from now on."""
        wanted = self.directory / "delete.json"
        wanted.write_text(json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": partition, "offset": before}]}))
        self._tool("DeleteRecordsCommand", "--offset-json-file", str(wanted))

    def truncate(self, topic: str, partition: int) -> None:
        """Cuts the partition in half, as a disk may after a power cut. Of a killed broker only: it mends the log at the start."""
        data = self.directory / "data"
        log = data / f"{topic}-{partition}" / f"{0:020}.log"
        os.truncate(log, log.stat().st_size // 2)
        (data / "recovery-point-offset-checkpoint").unlink(missing_ok=True)  # else it would trust what was flushed

    def _topic_tool(self, *arguments: str) -> None:
        self._tool("TopicCommand", *arguments)

    def _tool(self, name: str, *arguments: str, stdin: str = "") -> None:
        run_tool(self.directory, name, "--bootstrap-server", self.address, *arguments, stdin=stdin)

    @property
    def pid(self) -> int:
        return int((self.directory / "kafka.pid").read_text())

    @property
    def address(self) -> str:
        return (self.directory / "brokers").read_text().strip()

    def __enter__(self) -> "Broker":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ("start", "stop"):
        print("usage: broker.py start|stop DIR", file=sys.stderr)
        return 2
    broker = Broker(arguments[1])
    broker.stop()
    if arguments[0] == "start":
        shutil.rmtree(broker.directory, ignore_errors=True)
        subprocess.run([SCRIPTS / "fetch"], check=True)
        print(broker.start().address)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
