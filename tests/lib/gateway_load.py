"""Load on a gateway as careful clients make it: each event is sent again, with the same id, until it is answered 202."""
import collections
import dataclasses
import http.client
import json
import threading
import time

BATCH = "application/cloudevents-batch+json"
PAUSE_S = 0.1  # after an answer that says "later"; shorter than Retry-After, for more retries


def event(task: str, number: int) -> dict:
    """One that is not the task's last, so that any number of them makes sense."""
    return {"specversion": "1.0", "id": f"{task}-{number}", "source": f"/load/{task}", "type": "io.godwit.warning.raised.v1",
            "subject": task, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "sequence": f"{number:020d}",
            "data": {"vm_name": task, "provider": "load", "attempt": 1, "message": f"event {number}"}}


@dataclasses.dataclass
class Load:
    """`senders` connections, each with `tasks` of its own; a batch has the next event of each, so a task's events go one by one."""
    address: str
    senders: int
    tasks: int
    rate: float  # events per second of all together
    accepted: list[str] = dataclasses.field(default_factory=list)  # ids answered 202, or in the `ids` of a 207
    answers: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # by status; 0: none
    slowest_s: float = 0
    _stop: threading.Event = dataclasses.field(default_factory=threading.Event)
    _threads: list[threading.Thread] = dataclasses.field(default_factory=list)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    _local: threading.local = dataclasses.field(default_factory=threading.local)

    def __enter__(self) -> "Load":
        self._threads = [threading.Thread(target=self._send, args=(index,)) for index in range(self.senders)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        """Begins no further batch; what is under way is sent until it is accepted, for at most two minutes."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)

    def run_for(self, seconds: float) -> None:
        """Waits while it goes on."""
        self._stop.wait(seconds)

    def _send(self, index: int) -> None:
        names = [f"task-{index}-{task}" for task in range(self.tasks)]
        interval, began, number = self.senders * self.tasks / self.rate, time.monotonic(), 0
        while not self._stop.is_set():
            number += 1
            self._until_accepted([event(name, number) for name in names])
            self._stop.wait(max(0.0, began + number * interval - time.monotonic()))

    def _until_accepted(self, waiting: list[dict]) -> None:
        give_up, began = time.monotonic() + 110, time.monotonic()
        while waiting and time.monotonic() < give_up:
            status, ids = self._post(waiting)
            with self._lock:
                self.answers[status] += 1
                self.accepted += ids
            waiting = [one for one in waiting if one["id"] not in ids]
            if waiting:
                time.sleep(PAUSE_S)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    def _post(self, events: list[dict]) -> tuple[int, set[str]]:
        link = getattr(self._local, "link", None) or http.client.HTTPConnection(self.address, timeout=30)
        try:
            link.request("POST", "/api/v1/events", json.dumps(events), {"content-type": BATCH})
            answer = link.getresponse()
            body = answer.read()
            self._local.link = link
            return answer.status, set(json.loads(body).get("ids", []))
        except (OSError, http.client.HTTPException):
            link.close()
            self._local.link = None
            return 0, set()
