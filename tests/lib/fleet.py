"""All instances of one consumer: started, stopped, waited for, and read as one.

Any instance answers for all of them, so every one is asked, and all must say the same.
"""
import pathlib

from http_json import get
from program import Program
from reading import audit_rows, positions, samples, tasks
from waiting import wait_until

FOLDED = {
    "godwit-progress": ("migrations.lifecycle", "migrations.progress", "platform.activity"),
    "godwit-metrics": ("migrations.lifecycle", "platform.activity"),
    "godwit-audit": ("migrations.lifecycle", "platform.activity"),
    "godwit-webhooks": ("migrations.lifecycle", "platform.activity"),
}
# Series of the metrics consumer that are folded from the log, in contrast to those of its process.
FOLDED_SERIES = ("godwit_migration", "godwit_bytes_total", "godwit_errors_total", "godwit_stage_", "godwit_retries_total",
                 "godwit_webhook_deliveries_total")


class Fleet:
    """Instance number n keeps its data in <directory>/<name>-<n>, also over stops and starts."""

    def __init__(self, name: str, directory, run, brokers: str, *flags: str):
        """`run` is the fixture of that name: it stops at the end what runs then."""
        self.name = name
        self._directory = pathlib.Path(directory)
        self._run = run
        self._brokers = brokers
        self._flags = flags
        self._known: list[Program] = []
        self.instances: list[Program] = []  # those that are meant to run

    def scale(self, count: int) -> None:
        """Starts the next ones, or stops the last ones in an orderly way. Waits for no partition."""
        while len(self.instances) > count:
            self.instances.pop().stop()
        while len(self.instances) < count:
            number = len(self.instances)
            if number < len(self._known):
                self.instances.append(self._known[number].start())
                continue
            self._known.append(self._run(self.name, *self._flags, brokers=self._brokers,
                                         data=self._directory / f"{self.name}-{number + 1}"))
            self.instances.append(self._known[-1])

    def owned(self) -> list[dict[tuple[str, int], int]]:
        """What each instance owns, (topic, partition) -> next offset to fold. Of a paused one nothing can be known."""
        return [positions(program) for program in self.instances if not program.paused]

    def wait_shared(self, partitions: int, timeout_s: float = 60) -> None:
        """Until every partition has one owner among those that are not paused, and each of them owns some."""
        whole = sorted((topic, number) for topic in FOLDED[self.name] for number in range(partitions))

        def shared():
            self._seen = self.owned()
            return all(self._seen) and sorted(at for share in self._seen for at in share) == whole

        wait_until(shared, timeout_s, lambda: f"{self.name} to share {partitions} partitions; they own "
                                              f"{[sorted(share) for share in self._seen]}\n{self._logs()}")

    def wait_folded(self, read_ends, timeout_s: float = 90) -> None:
        """Until every instance is ready, knows of all the others, and together they have folded all of the log once.

        read_ends() -> (topic, partition) -> offset behind the last record; asked each time, as somebody may write yet.
        """
        def folded():
            self._whole = sorted((at, end) for at, end in read_ends().items() if at[0] in FOLDED[self.name])
            answers = [get(f"{program.url}/readyz") for program in self.instances]
            self._seen = sorted(item for share in self.owned() for item in share.items())
            self._said = [answer.text for answer in answers]
            return (all(answer.status == 200 for answer in answers) and self._seen == self._whole
                    and all(map(self._sees_all, self.instances)))

        wait_until(folded, timeout_s,
                   lambda: f"{self.name} to fold all; not as in the log: {sorted(set(self._seen) ^ set(self._whole))}, "
                           f"ready: {self._said}\n{self._logs()}")

    def tasks(self) -> dict[str, dict]:
        """Of godwit-progress. What depends on the time of asking is left out."""
        def read(program):
            return {name: {key: value for key, value in task.items() if key != "stalled"}
                    for name, task in tasks(program).items()}

        return self._of_any(read)

    def audit_rows(self) -> dict[tuple, dict]:
        """Of godwit-audit, by topic, partition and offset."""
        def read(program):
            shown = {}
            for row in audit_rows(program):
                at = row["topic"], row["partition"], row["offset"]
                assert at not in shown, f"the record at {at} is shown twice"
                shown[at] = row
            return shown

        return self._of_any(read)

    def stats(self) -> dict[str, float]:
        """Of godwit-metrics: migrations and bytes of /stats."""
        def read(program):
            answer = get(f"{program.url}/stats").json
            return {**answer["migrations"], **answer["bytes"]}

        return self._of_any(read)

    def totals(self) -> dict[str, float]:
        """Of godwit-metrics: every folded series, whole-cluster."""
        return self._of_any(lambda program: {series: value for series, value in samples(program, query="").items()
                                             if series.startswith(FOLDED_SERIES)})

    def _of_any(self, read):
        """Any instance answers for all: what each shows, which must be the same."""
        shown = [read(program) for program in self.instances]
        assert shown[0], f"{self.name} shows nothing"
        for program, each in zip(self.instances, shown):
            assert each == shown[0], f"{program.log_path.name} shows something else than {self.instances[0].log_path.name}"
        return shown[0]

    def _sees_all(self, program) -> bool:
        """Does it know an owner, caught up, for every partition, and of nobody who is gone?"""
        view = get(f"{program.url}/api/v1/cluster").json
        return (len(view["instances"]) == len(self.instances) and view["unowned"] == []
                and all(one["caught_up"] for each in view["instances"] for one in each["partitions"]))

    def _logs(self) -> str:
        return "\n".join(f"--- {program.log_path}\n{program.log_tail(8)}" for program in self.instances)
