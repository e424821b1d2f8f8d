"""From produce to visible: by raw consumer, by GET and by live stream, of the same records under load."""
import http.client
import json
import os
import pathlib
import selectors
import socket
import subprocess
import threading
import time

PROBE_TASKS = 8       # each has a live stream, which tells of its task at most every 200 ms
PROBE_EVERY_S = 0.05  # so each task is told of every 400 ms
GIVE_UP_S = 5


def _event(task: str, number: int, type_name: str, data: dict) -> bytes:
    now = time.time()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    line = json.dumps({"specversion": "1.0", "id": f"probe-{number}", "source": "/bench/probe", "type": type_name,
                       "subject": task, "time": moment,
                       "data": {"vm_name": task, "provider": "vsphere", "task_id": task, "attempt": 1, **data}})
    return line.encode() + b"\n"


class Probes:
    """Sends ticks, each with a number of bytes of its own, and notes when who saw it."""

    def __init__(self, godwit: pathlib.Path, brokers: str, address: str):
        self._godwit, self._brokers, self._address = godwit, brokers, address
        self._tasks = [f"probe-{i}" for i in range(PROBE_TASKS)]
        self._sent: dict[int, float] = {}
        self.seen: dict[str, dict[int, float]] = {"consumer": {}, "get": {}, "stream": {}}
        self._stop = threading.Event()

    def _producer(self) -> subprocess.Popen:
        return subprocess.Popen([self._godwit, "emit", "--brokers", self._brokers], stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _note(self, who: str, number: int) -> None:
        if number in self._sent:
            self.seen[who].setdefault(number, time.monotonic())

    def _consume(self, consumer: subprocess.Popen) -> None:
        for line in consumer.stdout:
            if line.startswith(b"probe-"):
                self._note("consumer", json.loads(line.split(b"\t", 1)[1])["data"]["bytes_done"])

    def _watch(self) -> None:
        chooser = selectors.DefaultSelector()
        host, port = self._address.rsplit(":", 1)
        for task in self._tasks:
            link = socket.create_connection((host, int(port)))
            link.sendall(f"GET /api/v1/stream/{task} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
            chooser.register(link, selectors.EVENT_READ, bytearray())
        while not self._stop.is_set():
            for key, _ in chooser.select(0.1):
                key.data.extend(key.fileobj.recv(65536))
                *lines, rest = bytes(key.data).split(b"\n")
                key.data[:] = rest
                for line in lines:
                    for number in _bytes_done(line):
                        self._note("stream", number)
        for key in list(chooser.get_map().values()):
            key.fileobj.close()

    def _get_until_seen(self, link: http.client.HTTPConnection, task: str, number: int) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while number not in self.seen["get"] and time.monotonic() < deadline:
            link.request("GET", f"/api/v1/progress/{task}")
            if number in _bytes_done(link.getresponse().read()):
                self._note("get", number)

    def run(self, seconds: float) -> None:
        begin = self._producer()
        for i, task in enumerate(self._tasks):
            begin.stdin.write(_event(task, i, "io.godwit.task.started.v1", {"stages": [{"stage": "export", "weight": 1}]}))
        begin.stdin.close()
        begin.wait(30)
        link = http.client.HTTPConnection(self._address, timeout=30)
        for task in self._tasks:
            self._wait_for(link, task)
        consumer = subprocess.Popen(["kcat", "-C", "-b", self._brokers, "-t", "migrations.progress", "-o", "end", "-u", "-q",
                                     "-f", "%k\\t%s\\n", "-X", "fetch.wait.max.ms=50"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threads = [threading.Thread(target=self._consume, args=(consumer,)), threading.Thread(target=self._watch)]
        for thread in threads:
            thread.start()
        producer = self._producer()
        try:
            self._send(producer, link, seconds)
        finally:
            producer.stdin.close()
            producer.wait(30)
            self._stop.set()
            consumer.kill()
            for thread in threads:
                thread.join()
            consumer.wait()

    def _wait_for(self, link: http.client.HTTPConnection, task: str) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            link.request("GET", f"/api/v1/progress/{task}")
            answer = link.getresponse()
            answer.read()
            if answer.status == 200:
                return
            time.sleep(PROBE_EVERY_S)
        raise RuntimeError(f"{task} never appeared")

    def _send(self, producer: subprocess.Popen, link: http.client.HTTPConnection, seconds: float) -> None:
        end, number = time.monotonic() + seconds, 1000
        while time.monotonic() < end:
            number += 1
            task = self._tasks[number % len(self._tasks)]
            data = {"stage": "export", "bytes_done": number, "bytes_total": 1 << 40}
            self._sent[number] = began = time.monotonic()
            os.write(producer.stdin.fileno(), _event(task, number, "io.godwit.stage.progress.v1", data))
            self._get_until_seen(link, task, number)
            time.sleep(max(0.0, began + PROBE_EVERY_S - time.monotonic()))

    def percentiles(self) -> dict[str, tuple[int, float, float]]:
        """who -> (probes seen, p50 ms, p99 ms)."""
        out = {}
        for who, seen in self.seen.items():
            times = sorted((at - self._sent[number]) * 1000 for number, at in seen.items())
            out[who] = (len(times), times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]) if times else (0, 0, 0)
        return out


def _bytes_done(text: bytes) -> list[int]:
    out, at = [], text.find(b'"bytes_done":')
    while at >= 0:
        digits = text[at + 13:at + 33].lstrip()
        end = next((i for i, char in enumerate(digits) if not chr(char).isdigit()), len(digits))
        if end:
            out.append(int(digits[:end]))
        at = text.find(b'"bytes_done":', at + 13)
    return out


def measure(godwit: pathlib.Path, brokers: str, address: str, rate: int, seconds: int) -> dict[str, tuple[int, float, float]]:
    load = subprocess.Popen([godwit, "bench", "produce", "--brokers", brokers, "--rate", str(rate), "--seconds", str(seconds + 10),
                             "--prefix", "load", "--seed", "9"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        probes = Probes(godwit, brokers, address)
        probes.run(seconds)
        return probes.percentiles()
    finally:
        load.terminate()
        load.wait(30)
