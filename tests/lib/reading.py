"""What one running instance shows over HTTP, all pages of it."""
from http_json import get

ENDED = ("completed", "failed", "cancelled")


def rows(url: str, member: str):
    """Every row of a list, page by page."""
    cursor = None
    while True:
        page = get(f"{url}?limit=1000" + (f"&cursor={cursor}" if cursor else ""), 30)
        assert page.status == 200, f"{url}: {page.status} {page.text}"
        assert not page.json["partial"], f"{url} misses partitions {page.json['missing']}"
        yield from page.json[member]
        cursor = page.json["next_cursor"]
        if not cursor:
            return


def tasks(progress) -> dict[str, dict]:
    return {task["task_id"]: task for task in rows(f"{progress.url}/api/v1/progress", "tasks")}


def task_states(shown: dict[str, dict]) -> dict[str, str]:
    """task_id -> completed, failed, cancelled or open: what witness.final_states() tells of a log."""
    return {name: task["status"] if task["status"] in ENDED else "open" for name, task in shown.items()}


def audit_rows(audit) -> list[dict]:
    return list(rows(f"{audit.url}/api/v1/audit", "events"))


def samples(program, query: str = "?scope=instance") -> dict[str, float]:
    """name{labels} -> value of the instance's own series, or of what it shows to another query; none while it does not answer."""
    page = get(f"{program.url}/metrics{query}")
    lines = page.text.splitlines() if page.status == 200 else []
    return {series: float(value) for series, value in (line.rsplit(" ", 1) for line in lines if line[:1] not in ("", "#"))}


def sum_of(program, family: str) -> float:
    """The sum over a family's series; 0 while the program does not answer."""
    return sum(value for series, value in samples(program).items() if series.startswith(family + "{"))


def positions(program) -> dict[tuple[str, int], int]:
    """(topic, partition) -> next offset to fold, of what the instance owns."""
    found = {}
    for series, value in samples(program).items():
        if series.startswith("godwit_consumer_position{"):
            labels = dict(part.split("=") for part in series[series.index("{") + 1:-1].replace('"', "").split(","))
            found[labels["topic"], int(labels["partition"])] = int(value)
    return found
