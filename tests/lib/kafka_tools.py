"""Kafka's own command line tools, and kcat, as tests use them."""
import contextlib
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = ("cd \"$1\" && . deploy/lib/say.sh && . deploy/lib/kafka.sh && kafka_java \"$2\" && shift 2 && "
       "exec \"${KAFKA_COMMAND[@]}\" -Xmx128m \"org.apache.kafka.tools.$@\"")


def run_tool(home, name: str, *arguments: str, stdin: str = "") -> None:
    """One of Kafka's main classes; its log goes to home/log."""
    subprocess.run(["bash", "-c", RUN, "bash", ROOT, home, name, *arguments], check=True, timeout=60, input=stdin, text=True,
                   stdout=subprocess.DEVNULL)


def metadata(brokers: str) -> dict:
    listing = subprocess.run(["kcat", "-L", "-J", "-b", brokers], capture_output=True, check=True, timeout=30)
    return json.loads(listing.stdout)


def end_offsets(brokers: str, counts: dict[str, int]) -> dict[tuple[str, int], int]:
    """(topic, partition) -> the offset its next record will get; `counts` says how many partitions each topic has."""
    asked = [part for topic, count in counts.items() for index in range(count) for part in ("-t", f"{topic}:{index}:-1")]
    said = subprocess.run(["kcat", "-Q", "-b", brokers, *asked], capture_output=True, check=True, text=True, timeout=30)
    ends = {}
    for line in said.stdout.splitlines():  # migrations.lifecycle [0] offset 4711
        topic, partition, _, offset = line.split()
        ends[topic, int(partition.strip("[]"))] = int(offset)
    return ends


def consumed(brokers: str, topic: str, layout: str) -> str:
    """Every record of a topic in kcat's layout. A kcat whose node has gone may wait for an end it is never told of: asked again."""
    command = ["kcat", "-b", brokers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", layout]
    for timeout_s in (30, 60):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=timeout_s).stdout
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
