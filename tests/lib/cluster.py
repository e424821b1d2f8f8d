"""A Kafka cluster of several nodes on loopback, for tests that take nodes away.

`with Cluster(directory) as cluster: ... cluster.address`. Each node is broker and controller in one process; every topic
and the group's offsets have three copies, two of which must have a record before it counts as stored. So any one node
may be gone; with two gone nothing can be written.
"""
import base64
import concurrent.futures
import pathlib
import random
import secrets
import socket

from broker import Broker
from kafka_tools import metadata

HEAP_MIB = 256
EPHEMERAL = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """Below those the system gives to whoever asks for any: a killed node finds its port free when it comes back."""
    chance, first_ephemeral = random.SystemRandom(), int(EPHEMERAL.read_text().split()[0])
    found: list[int] = []
    while len(found) < count:
        port = chance.randrange(10_000, first_ephemeral)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def new_cluster_id() -> str:
    while True:  # Kafka wants none that begins with a dash
        made = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        if not made.startswith("-"):
            return made


class Cluster:
    """Nodes are numbered from 1. Not started by the constructor."""

    def __init__(self, directory, nodes: int = 3):
        self.directory = pathlib.Path(directory).resolve()
        ports = free_ports(2 * nodes)
        self._ports = dict(enumerate(ports[:nodes], 1))
        controllers = dict(enumerate(ports[nodes:], 1))
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in controllers.items())
        shared = ("--voters", voters, "--cluster-id", new_cluster_id(), "--heap", str(HEAP_MIB))
        copies, in_sync = str(min(nodes, 3)), str(min(nodes, 2))
        self._nodes = {node: Broker(self.directory / str(node),
                                    (*shared, "--node-id", str(node), "--port", str(port),
                                     "--controller-port", str(controllers[node])),
                                    default_replication_factor=copies, min_insync_replicas=in_sync,
                                    offsets_topic_replication_factor=copies,
                                    transaction_state_log_replication_factor=copies,
                                    transaction_state_log_min_isr=in_sync,
                                    share_coordinator_state_topic_replication_factor=copies,
                                    share_coordinator_state_topic_min_isr=in_sync)
                       for node, port in self._ports.items()}

    @property
    def nodes(self) -> list[int]:
        return list(self._nodes)

    @property
    def address(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self._ports.values())

    def start(self, node: int) -> None:
        """Returns when the cluster has taken it in."""
        self._nodes[node].start()

    def stop(self, node: int) -> None:
        """An orderly stop: it hands over what it leads first."""
        self._nodes[node].stop()

    def kill(self, node: int) -> None:
        """SIGKILL. What it leads has no leader until its session has ended (3 s)."""
        self._nodes[node].kill()

    def leader_of(self, topic: str, partition: int) -> int:
        """The node's number; -1 while there is none."""
        found = next(each for each in metadata(self.address)["topics"] if each["topic"] == topic)
        return next(each["leader"] for each in found["partitions"] if each["partition"] == partition)

    def is_whole(self) -> bool:
        """Does every partition have a leader and all its copies in step?"""
        seen = metadata(self.address)
        return len(seen["brokers"]) == len(self._nodes) and all(
            partition["leader"] > 0 and len(partition["isrs"]) == len(partition["replicas"])
            for topic in seen["topics"] for partition in topic["partitions"])

    def __enter__(self) -> "Cluster":
        try:
            with concurrent.futures.ThreadPoolExecutor() as pool:  # none answers before another has voted for it
                list(pool.map(self.start, self.nodes))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        # An orderly stop waits for a majority of controllers that is about to go, and nobody reads the data again.
        for node in self._nodes.values():
            if node.running():
                node.kill()
